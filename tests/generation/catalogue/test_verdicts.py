"""Every row's verdict: what is to be made of it, or all that is wrong with it in words."""

import io
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from brandkit.accounts.models import Brand, User
from brandkit.common.errors import NotFound
from brandkit.common.storage import digest
from generation.batches.plans import Line, Plan
from generation.catalogue import importing
from generation.catalogue.archive import Zip
from generation.catalogue.columns import TableRefused
from generation.catalogue.importing import Order
from generation.catalogue.table import Row, Table
from generation.catalogue.verdicts import Usual
from generation.models import Batch, Generation, Priority, Subject
from generation.provider import get_provider
from templates_app.models import OutputFormat, SceneVersion
from tests.conftest import stored_files
from tests.factories import make_brand, make_format, make_prompt, make_scene, make_subject, make_user
from tests.generation.catalogue.files import HEADER, disc, zipped

pytestmark = pytest.mark.django_db
MUG, BOWL = disc(1), disc(2)


@pytest.fixture
def kitchen(brand: Brand) -> SceneVersion:
    return make_scene(brand, slug="kitchen")


@pytest.fixture
def garden(brand: Brand) -> SceneVersion:
    version = make_scene(brand, slug="garden-2")
    version.scene.name = "Garden, in May"
    version.scene.save(update_fields=["name"])
    return version


@pytest.fixture
def square(brand: Brand) -> OutputFormat:
    return make_format(brand, slug="square", name="Square")


def photos() -> Zip:
    return Zip(io.BytesIO(zipped({"photos/mug.png": MUG, "photos/bowl.png": BOWL, "notes.txt": b"words"})))


def table(*rows: str, header: str = HEADER) -> Table:
    """Cells are kept apart by a bar here."""
    found = [Row(number=n, cells=tuple(row.split("|"))) for n, row in enumerate(rows, start=2)]
    return Table(header=tuple(header.split(",")), rows=tuple(found))


def plan(brand: Brand, found: Table, *, by: User | None = None, alone: bool = False, **usual: Any) -> Plan:
    order = Order(
        brand=brand,
        by=by,
        prompt_version=make_prompt(brand),
        provider=get_provider("compositor"),
        usual=Usual(**usual),
    )
    return importing.plan(order, found, "spring.csv", None if alone else photos())


def only(brand: Brand, row: str, **usual: Any) -> Line:
    [line] = plan(brand, table(row), **usual).lines
    return line


@pytest.mark.usefixtures("garden")
def test_it_reads_a_whole_row(brand: Brand, kitchen: SceneVersion, square: OutputFormat) -> None:
    line = only(brand, " M-1|A  red mug|photos/mug.png|Kitchen|SQUARE|3|High")
    assert (line.number, line.sku, line.name, line.photo) == (2, "M-1", "A red mug", "photos/mug.png")
    assert (line.scenes, line.formats, line.variations) == ([kitchen], [square], 3)
    assert (line.priority, line.subject, line.problem, line.pictures) == (Priority.HIGH, None, "", 3)
    assert line.cells["sku"] == " M-1"


@pytest.mark.parametrize(
    "cell", ["kitchen;garden-2", "garden-2,KITCHEN", "Kitchen\ngarden-2", "kitchen, kitchen; Garden-2"]
)
def test_it_takes_several_apart(
    brand: Brand, kitchen: SceneVersion, garden: SceneVersion, square: OutputFormat, cell: str
) -> None:
    line = only(brand, f"M-1||mug.png|{cell}|square||")
    assert {scene.pk for scene in line.scenes} == {kitchen.pk, garden.pk}
    assert len(line.scenes) == 2


def test_a_name_may_have_a_comma_in_it(brand: Brand, garden: SceneVersion, square: OutputFormat) -> None:
    assert only(brand, "M-1||mug.png|garden, in may|square||").scenes == [garden]


def test_empty_cells_take_what_was_chosen_for_all(
    brand: Brand, kitchen: SceneVersion, square: OutputFormat
) -> None:
    line = only(
        brand, "M-1||mug.png||||", scenes=[kitchen], formats=[square], variations=2, priority=Priority.LOW
    )
    assert (line.scenes, line.formats, line.variations, line.priority) == ([kitchen], [square], 2, 1)


@pytest.mark.one_database
@pytest.mark.usefixtures("kitchen", "square")
@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("M-1||mug.png||square||", "Name a scene, or choose scenes for the rows that name none."),
        ("M-1||mug.png|kitchen|||", "Name a format, or choose formats for the rows that name none."),
        ("M-1||mug.png|cellar|square||", "There is no scene “cellar”. There are: kitchen."),
        ("M-1||mug.png|kitchen;cellar;attic|square||", "There are: kitchen. There is no scene “attic”"),
        ("M-1||mug.png|;|square||", "“;” names nothing."),
        ("M-1||mug.png|draft|square||", "The scene “Draft” is only a draft. Ask a curator to approve it."),
        ("M-1||mug.png|kitchen|old||", "The format “Old” is switched off."),
        ("M-1||mug.png|kitchen|huge||", "The format “Huge” can't be made: The format huge needs 9000 × 9000"),
        ("M-1||mug.png|kitchen|square|0|", "“0” is no number of variations: 1 to 1000."),
        ("M-1||mug.png|kitchen|square|1001|", "“1001” is no number of variations"),
        ("M-1||mug.png|kitchen|square|٣|", "is no number of variations"),
        ("M-1||mug.png|kitchen|square|1.5|", "“1.5” is no number of variations"),
        ("M-1||mug.png|kitchen|square||urgent", "“urgent” is no priority. There are: low, normal, high."),
        (f"{'x' * 61}||mug.png|kitchen|square||", "This SKU has 61 characters. It may have 60."),
        (f"M-1|{'x' * 121}|mug.png|kitchen|square||", "This name has 121 characters. It may have 120."),
        (f"M-1||{'x' * 1001}|kitchen|square||", "This photo's path or address has 1001 characters."),
        ("M-1||cup.png|kitchen|square||", "There is no photo “cup.png”."),
        ("M-1||notes.txt|kitchen|square||", "“notes.txt”: This file is text."),
        ("M-1||http://example.com/a.jpg|kitchen|square||", "a public one that begins with https://"),
        ("M-1||https://[|kitchen|square||", "a public one that begins with https://"),
        ("M-1||file:///etc/passwd|kitchen|square||", "a public one that begins with https://"),
        ("M-1|||kitchen|square||", "There is no photo of SKU M-1 here yet. Name its photo."),
        ("|A mug||kitchen|square||", "Name a photo, or the SKU of one that is here already."),
        ("M-1||mug.png|kitchen|square|||left over", "more cells than there are columns"),
    ],
)  # fmt: skip
def test_it_says_what_is_wrong_with_a_row(brand: Brand, row: str, words: str) -> None:
    make_scene(brand, slug="draft", state="draft")
    make_format(brand, slug="old", name="Old", active=False)
    make_format(brand, slug="huge", name="Huge", width=9000, height=9000)
    line = only(brand, row)
    assert words in line.problem
    assert (line.subject, line.pictures) == (None, 0)


def test_it_says_all_that_is_wrong_at_once(brand: Brand, kitchen: SceneVersion, square: OutputFormat) -> None:
    line = only(brand, "M-1||cup.png|cellar|poster|0|soon")
    for words in ("“cellar”", "“poster”", "“0”", "“soon”", "“cup.png”"):
        assert words in line.problem


def test_it_knows_photos_by_their_bytes_and_by_sku(
    brand: Brand, kitchen: SceneVersion, square: OutputFormat
) -> None:
    mug = make_subject(brand, original_sha256=digest(MUG), sku="M-1")
    make_subject(brand, sku="B-1")
    newest = make_subject(brand, sku="B-1")
    make_subject(make_brand(), sku="S-1")
    found = table("M-1||photos/mug.png|kitchen|square||", "B-1|||kitchen|square||", "S-1|||kitchen|square||")
    lines = plan(brand, found).lines
    assert [line.subject for line in lines] == [mug, newest, None]
    assert [bool(line.problem) for line in lines] == [False, False, True]


def test_a_row_without_a_photo_takes_the_one_that_another_row_gives(
    brand: Brand, kitchen: SceneVersion, garden: SceneVersion, square: OutputFormat
) -> None:
    found = table("M-1|||kitchen|square||", "M-1||mug.png|garden-2|square||")
    assert [(line.photo, line.problem) for line in plan(brand, found).lines] == [("mug.png", "")] * 2


@pytest.mark.usefixtures("kitchen", "square")
def test_one_photo_is_one_thing(brand: Brand) -> None:
    make_subject(brand, original_sha256=digest(BOWL), sku="B-7")
    found = table(
        "M-1||mug.png|kitchen|square||",
        "M-2||photos/mug.png|kitchen|square|2|",
        "B-1||bowl.png|kitchen|square||",
    )
    assert [line.problem for line in plan(brand, found).lines] == [
        "",
        "Row 2 has the same photo, as SKU M-1.",
        "This photo is here already, as SKU B-7.",
    ]


@pytest.mark.usefixtures("kitchen", "square")
def test_what_another_row_asks_for_just_so_is_left_out(brand: Brand) -> None:
    make_subject(brand, original_sha256=digest(MUG), sku="M-1")
    found = table(
        "M-1||mug.png|kitchen|square||", "M-1|||Kitchen|Square|1|high", "M-1||mug.png|kitchen|square|2|"
    )
    assert [line.problem for line in plan(brand, found).lines] == ["", "Row 2 asks for just the same.", ""]


@pytest.mark.usefixtures("kitchen", "square")
def test_photos_by_address_need_no_zip(brand: Brand, settings: Settings) -> None:
    settings.BRANDKIT_PHOTO_HOSTS = ["pictures.test:8080"]
    found = table(
        "M-1||https://example.com/mug.jpg|kitchen|square||",
        "M-2||http://pictures.test:8080/a.jpg|kitchen|square||",
        "M-3||mug.png|kitchen|square||",
    )
    lines = plan(brand, found, alone=True).lines
    assert [line.problem for line in lines[:2]] == ["", ""]
    assert lines[2].problem.startswith("No photos came with the table.")


def test_it_says_how_a_table_was_read(brand: Brand, kitchen: SceneVersion, square: OutputFormat) -> None:
    found = table(
        "M-1|https://example.com/a.jpg|kitchen|square|red", header="sku,photo,scenes,formats,Colour"
    )
    [unused, fetched] = importing.notes(found, plan(brand, found).lines)
    assert unused.startswith("Not used: “Colour”. The columns that are: sku, name, photo")
    assert fetched.startswith("1 photo is fetched by address once it starts")


def test_it_says_first_which_columns_are_missing(brand: Brand) -> None:
    with pytest.raises(TableRefused, match="sku, name, photo, scenes, formats, variations, priority"):
        plan(brand, table("x", header="colour"))


def test_people_of_other_brands_learn_nothing(brand: Brand, kitchen: SceneVersion) -> None:
    with pytest.raises(NotFound):
        plan(brand, table("M-1||mug.png|kitchen|square||"), by=make_user(make_brand()))


def test_a_verdict_writes_nothing(brand: Brand, kitchen: SceneVersion, square: OutputFormat) -> None:
    make_subject(brand, sku="B-1")
    rows = table("M-1||mug.png|kitchen|square|2|", "X||nothing|cellar|||", "B-1|||kitchen|square||")
    before = stored_files()
    found = plan(brand, rows)
    with CaptureQueriesContext(connection) as asked:
        _, estimate = importing.estimated(importing.plan(order_of(found), rows, "spring.csv", photos()))
    assert {each["sql"].split()[0] for each in asked.captured_queries} == {"SELECT"}
    assert (estimate.pictures, estimate.there, estimate.new) == (3, 0, 3)
    assert stored_files() == before
    assert not Batch.objects.exists()
    assert not Generation.objects.exists()
    assert Subject.objects.count() == 1


def order_of(found: Plan) -> Order:
    return Order(
        brand=found.brand,
        by=None,
        prompt_version=found.prompt_version,
        provider=found.provider,
        usual=Usual(),
    )


def test_many_rows_cost_no_more_queries_than_few(
    brand: Brand, kitchen: SceneVersion, square: OutputFormat
) -> None:
    def count(rows: int) -> int:
        found = table(*(f"M-{n}||mug.png|cellar;kitchen|square||" for n in range(rows)))
        with CaptureQueriesContext(connection) as asked:
            plan(brand, found)
        return len(asked)

    assert count(2) == count(300)
