"""A catalogue from a file, in a real browser: checked, mended, started."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import expect

from generation.batches.chores import work_off
from generation.catalogue import photos
from generation.models import Batch, Generation, Subject
from tests.generation.catalogue.files import HEADER, disc, put, rows, zipped
from tests.pages.conftest import Visit, assert_accessible, assert_fits, shoot, work
from tests.pages.factories import Shop, make_shop

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
GOOD = ("M-1,A mug,mug.png,kitchen,square;wide,,", "B-1,A bowl,bowl.png,,,,high")
BAD = "C-1,A cup,cup.png,cellar,square,0,"


@pytest.fixture
def shop(transactional_db: None) -> Shop:
    return make_shop()


def test_a_catalogue_is_checked_before_it_is_started(visit: Visit, shop: Shop, tmp_path: Path) -> None:
    page = visit(f"/b/{shop.brand.slug}/batches/", shop.designer)
    page.get_by_role("link", name="From a file").first.click()
    expect(page.get_by_role("heading", name="From a file")).to_be_visible()
    page.get_by_text("Columns that are read").click()
    assert_accessible(page)
    shoot(page, "import")
    page.set_input_files("#table", put(tmp_path, rows(*GOOD, BAD), "spring.csv"))
    page.set_input_files("#photos", put(tmp_path, zipped({"mug.png": disc(1), "bowl.png": disc(2)}), "p.zip"))
    page.get_by_role("checkbox", name="Picnic").check()
    page.get_by_role("button", name="Check the file").click()

    expect(page.get_by_role("heading", name="Spring")).to_be_visible()
    expect(page.get_by_role("complementary").locator(".big")).to_have_text("3")
    expect(page.get_by_text("1 row can't be made.")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="A cup")).to_contain_text("There is no scene “cellar”")
    expect(page.get_by_role("row").filter(has_text="A bowl")).to_contain_text(
        "Picnic × Square · priority high"
    )
    assert not Subject.objects.exists()
    assert not Generation.objects.exists()
    assert_accessible(page)
    shoot(page, "import-checked")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        assert_fits(page)

    with page.expect_download() as downloading:
        page.get_by_role("link", name="File to fix").click()
    with downloading.value.path().open(encoding="utf-8-sig", newline="") as file:
        [header, row] = csv.reader(file)
    assert (header, row[:-1]) == ([*HEADER.split(","), "problem"], BAD.split(","))

    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("Under way").or_(page.get_by_text("Getting ready")).first).to_be_visible()
    work_off()
    work()
    work_off()
    photos._zips.close_unused(0)
    batch = Batch.objects.get()
    assert (batch.state, batch.progress.succeeded, Subject.objects.count()) == ("ended", 3, 2)
    page.reload()
    expect(page.get_by_role("heading", name="Spring")).to_be_visible()
    page.get_by_text("1 line can't be made").click()
    expect(page.get_by_text("There is no photo “cup.png”").first).to_be_visible()


def test_a_file_of_which_nothing_can_be_made_is_thrown_away(visit: Visit, shop: Shop, tmp_path: Path) -> None:
    page = visit(f"/b/{shop.brand.slug}/batches/import/", shop.designer, width=390, dark=True)
    assert_fits(page)
    page.set_input_files("#table", put(tmp_path, rows(BAD), "spring.csv"))
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("None of the rows can be made.")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="cellar")).to_contain_text("There is no scene “cellar”")
    expect(page.get_by_text("There is no scene “cellar”")).to_be_visible()
    expect(page.get_by_text("about 1 s")).to_have_count(0)
    expect(page.get_by_role("button", name="Start")).to_have_count(0)
    assert_accessible(page)
    assert_fits(page)
    page.get_by_role("button", name="Throw away").click()
    expect(page.get_by_text("“Spring” is thrown away. Nothing was asked for.")).to_be_visible()
    assert not Batch.objects.exists()
