"""The pages of an import: a form, every row's verdict, a start; and what goes away by itself."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from brandkit.accounts.models import Brand, User
from brandkit.common.models import Event
from generation.batches import asking
from generation.batches.chores import work_off
from generation.batches.plans import Line, Plan
from generation.catalogue import leftovers, photos
from generation.models import Batch, Generation, Subject
from generation.provider import get_provider
from templates_app.models import OutputFormat, PromptVersion, SceneVersion
from tests.conftest import stored_files
from tests.factories import make_brand, make_format, make_prompt, make_scene, make_subject, make_user
from tests.generation.catalogue.files import disc, rows, zipped

pytestmark = pytest.mark.django_db
GOOD, BAD = "M-1,A mug,mug.png,kitchen,square,2,", "C-1,=1+1,cup.png,cellar,,,"


@pytest.fixture
def scene(brand: Brand) -> SceneVersion:
    return make_scene(brand, slug="kitchen")


@pytest.fixture
def square(brand: Brand) -> OutputFormat:
    return make_format(brand, slug="square")


@pytest.fixture
def prompt(brand: Brand) -> PromptVersion:
    return make_prompt(brand)


@pytest.fixture
def client(client: Client, designer: User) -> Client:
    client.force_login(designer)
    return client


@pytest.fixture
def form(scene: SceneVersion, square: OutputFormat, prompt: PromptVersion) -> dict[str, Any]:
    return {"prompt": prompt.pk, "priority": 2}


def address(name: str, brand: Brand, *more: Any) -> str:
    return reverse(f"batches:{name}", args=[brand.slug, *more])


def check(client: Client, brand: Brand, form: dict[str, Any], table: str, packed: bytes = b"") -> Any:
    files = {"table": SimpleUploadedFile("spring-shop.csv", table.encode())}
    if packed:
        files["photos"] = SimpleUploadedFile("photos.zip", packed)
    return client.post(address("import-check", brand), {**form, **files})


def drafted(client: Client, brand: Brand, form: dict[str, Any], *below: str, packed: bytes = b"") -> Batch:
    answer = check(client, brand, form, rows(*below), packed or zipped({"mug.png": disc(1)}))
    batch = Batch.objects.get()
    assert answer["Location"] == address("import-draft", brand, batch.pk)
    return batch


def test_it_shows_what_a_table_may_say(client: Client, brand: Brand, form: dict[str, Any]) -> None:
    page = client.get(address("import", brand)).content.decode()
    for words in ("From a file", "Columns that are read", "kitchen", "square", "low, normal or high"):
        assert words in page


def test_it_checks_a_file_and_asks_for_nothing_yet(
    client: Client, brand: Brand, designer: User, form: dict[str, Any]
) -> None:
    batch = drafted(client, brand, form, GOOD, BAD)
    assert (batch.state, batch.name, batch.requested_by) == ("draft", "Spring shop", designer)
    assert (batch.progress.lines, batch.progress.problems, batch.progress.wanted) == (1, 1, 2)
    assert [name.rpartition("/")[2] for name in stored_files() if "/batches/" in name] == [
        "photos.zip",
        "source.csv",
    ]
    page = client.get(address("import-draft", brand, batch.pk)).content.decode()
    for words in ("1 row can&#x27;t be made", "There is no scene “cellar”", "There is no photo “cup.png”"):
        assert words.replace("&#x27;", "'") in page.replace("&#x27;", "'")
    assert not Generation.objects.exists()
    assert not Subject.objects.exists()


def test_it_starts_what_was_checked(client: Client, brand: Brand, form: dict[str, Any]) -> None:
    batch = drafted(client, brand, form, GOOD, BAD)
    answer = client.post(address("import-start", brand, batch.pk))
    assert answer["Location"] == address("show", brand, batch.pk)
    work_off()
    batch.refresh_from_db()
    assert (batch.state, Generation.objects.count(), Subject.objects.get().sku) == ("running", 2, "M-1")
    photos._zips.close_unused(0)
    again = client.get(address("import-draft", brand, batch.pk))
    assert again["Location"] == address("show", brand, batch.pk)
    assert client.post(address("import-start", brand, batch.pk)).status_code == 409
    assert client.post(address("import-discard", brand, batch.pk)).status_code == 409
    assert Generation.objects.count() == 2


def test_it_throws_away_what_was_checked(client: Client, brand: Brand, form: dict[str, Any]) -> None:
    before = stored_files()
    batch = drafted(client, brand, form, GOOD)
    answer = client.post(address("import-discard", brand, batch.pk), follow=True)
    assert "“Spring shop” is thrown away. Nothing was asked for." in answer.content.decode()
    assert not Batch.objects.exists()
    assert stored_files() == before


def test_a_zip_that_is_not_needed_is_not_kept(client: Client, brand: Brand, form: dict[str, Any]) -> None:
    make_subject(brand, sku="M-1")
    batch = drafted(client, brand, form, "M-1,,,kitchen,square,,")
    assert (str(batch.photos), batch.progress.problems) == ("", 0)


def test_what_is_chosen_is_for_rows_that_say_nothing(
    client: Client, brand: Brand, scene: SceneVersion, square: OutputFormat, form: dict[str, Any]
) -> None:
    form |= {"scene": scene.pk, "format": square.pk, "variations": 3, "priority": 3, "name": "Autumn"}
    batch = drafted(client, brand, form, "M-1,,mug.png,,,,")
    line = batch.lines.get()
    assert (batch.name, batch.priority) == ("Autumn", 3)
    assert (line.scenes, line.formats, line.variations, line.priority) == ([scene.pk], [square.pk], 3, 3)


@pytest.mark.parametrize(
    ("table", "packed", "more", "words"),
    [
        ("", b"", {}, "This file is empty"),
        ("colour\nred\n", b"", {}, "It says “colour”"),
        (rows(GOOD), b"words", {}, "This is no zip"),
        (rows(GOOD), b"", {"variations": "many"}, "Ask for 1 to 20 variations of each."),
        (rows(GOOD), b"", {"scene": "77"}, "A scene that you chose is no longer offered."),
        (rows(GOOD), b"", {"prompt": ""}, "There is no approved prompt yet."),
        (rows(GOOD), b"", {"name": "x" * 121}, "Give it a name of at most 120 letters."),
    ],
)
def test_it_says_on_the_page_why_a_file_is_not_taken(
    client: Client,
    brand: Brand,
    form: dict[str, Any],
    table: str,
    packed: bytes,
    more: dict[str, Any],
    words: str,
) -> None:
    before = stored_files()
    answer = check(client, brand, {**form, **more}, table, packed)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Batch.objects.exists()
    assert stored_files() == before


def test_it_wants_a_table(client: Client, brand: Brand, form: dict[str, Any]) -> None:
    answer = client.post(address("import-check", brand), form)
    assert "No table came with this." in answer.content.decode()


def test_it_shows_another_providers_formats_and_keeps_what_is_chosen(
    client: Client, brand: Brand, square: OutputFormat, form: dict[str, Any]
) -> None:
    given = {**form, "format": square.pk, "name": "Autumn", "provider": "compositor"}
    part = client.post(address("import-look", brand), given, headers={"HX-Request": "true"}).content.decode()
    assert f'value="{square.pk}"' in part
    assert "<html" not in part
    page = client.post(address("import-look", brand), given).content.decode()
    assert 'value="Autumn"' in page


def test_a_page_of_verdicts_costs_the_same_for_any_number_of_rows(
    client: Client, brand: Brand, form: dict[str, Any]
) -> None:
    def count(times: int) -> int:
        below = [f"M-1,,mug.png,kitchen,square,{n + 1}," for n in range(times)]
        below += [f"X-{n},,mug.png,cellar,square,,".replace("mug", f"cup{n}") for n in range(times)]
        batch = drafted(client, brand, form, *below)
        with CaptureQueriesContext(connection) as asked:
            page = client.get(address("import-draft", brand, batch.pk), {"rows": "bad"}).content.decode()
        assert page.count("There is no scene “cellar”") == min(times, 100)
        assert ("Next rows" in page) == (times > 100)
        asking.discard(batch, None)
        return len(asked)

    assert count(1) == count(120)


def test_the_next_page_begins_after_the_last_row(client: Client, brand: Brand, form: dict[str, Any]) -> None:
    batch = drafted(client, brand, form, *(f"X-{n},,cup{n}.png,kitchen,square,," for n in range(150)))
    page = client.get(address("import-draft", brand, batch.pk), {"after": 101}).content.decode()
    assert "X-99<" not in page
    assert all(f"X-{n}<" in page for n in (100, 149))
    assert "Next rows" not in page


# The file to fix


def fix_file(client: Client, batch: Batch) -> list[list[str]]:
    answer = client.get(address("fix", batch.brand, batch.pk))
    assert answer["Content-Disposition"] == f'attachment; filename="rows-to-fix-{batch.pk}.csv"'
    return list(csv.reader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))


def test_bad_rows_can_be_had_as_a_file_that_a_spreadsheet_does_not_compute(
    client: Client, brand: Brand, form: dict[str, Any]
) -> None:
    header, row = fix_file(client, drafted(client, brand, form, GOOD, BAD))
    assert header == ["sku", "name", "photo", "scenes", "formats", "variations", "priority", "problem"]
    assert row[:7] == ["C-1", "'=1+1", "cup.png", "cellar", "", "", ""]
    assert row[7].startswith("There is no scene “cellar”")


def test_lines_that_came_from_no_file_are_written_as_rows(
    client: Client, brand: Brand, scene: SceneVersion, square: OutputFormat, prompt: PromptVersion
) -> None:
    line = Line(
        number=1,
        sku="M-1",
        name="A mug",
        subject=make_subject(brand),
        scenes=[scene],
        formats=[square],
        problem="It can't be.",
    )
    plan = Plan(
        brand=brand,
        by=None,
        name="Chosen",
        prompt_version=prompt,
        provider=get_provider("compositor"),
        lines=[line],
    )
    [_, row] = fix_file(client, asking.draft(plan))
    assert row == ["M-1", "A mug", "", "kitchen", "square", "1", "normal", "It can't be."]


def test_another_brands_drafts_are_not_there(client: Client, brand: Brand, form: dict[str, Any]) -> None:
    batch = drafted(client, brand, form, GOOD)
    stranger = Client()
    elsewhere = make_brand()
    stranger.force_login(make_user(elsewhere))
    for name in ("import-draft", "fix"):
        assert stranger.get(address(name, elsewhere, batch.pk)).status_code == 404
    for name in ("import-start", "import-discard"):
        assert stranger.post(address(name, elsewhere, batch.pk)).status_code == 404
    batch.refresh_from_db()
    assert batch.state == "draft"


# What goes away


def test_a_draft_goes_after_a_day_with_its_files(client: Client, brand: Brand, form: dict[str, Any]) -> None:
    before = stored_files()
    drafted(client, brand, form, GOOD)
    leftovers.throw_away_drafts()
    assert Batch.objects.count() == 1
    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=1)):
        leftovers.throw_away_drafts()
    assert not Batch.objects.exists()
    assert stored_files() == before
    assert Event.objects.filter(kind="batch.discarded").count() == 1


@pytest.mark.parametrize(
    ("state", "rule", "days"), [("ended", None, 7), ("cancelled", 30, 7), ("ended", 2, 2)]
)
def test_a_zip_goes_some_days_after_its_batch_was_asked_for_once_that_is_over(
    client: Client, brand: Brand, form: dict[str, Any], state: str, rule: int | None, days: int
) -> None:
    Brand.objects.filter(pk=brand.pk).update(keep_originals_days=rule)
    batch = drafted(client, brand, form, GOOD)

    def is_there(after: timedelta) -> bool:
        with time_machine.travel(batch.created_at + after):
            leftovers.delete_zips()
        return any(name.endswith("photos.zip") for name in stored_files())

    early, late = timedelta(days=days, minutes=-1), timedelta(days=days, minutes=1)
    Batch.objects.filter(pk=batch.pk).update(state="running")
    assert is_there(late)
    Batch.objects.filter(pk=batch.pk).update(state=state)
    assert (is_there(early), is_there(late)) == (True, False)
    batch.refresh_from_db()
    assert (str(batch.photos), str(batch.source).endswith("source.csv")) == ("", True)
    assert Event.objects.filter(kind="batch.photos_removed").count() == 1
