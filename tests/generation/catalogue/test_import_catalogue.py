"""`manage.py import_catalogue`: from a table and a folder to a batch, and what it says on the way."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from brandkit.accounts.models import Brand, User
from brandkit.common.models import Event
from generation import runner
from generation.batches.chores import work_off
from generation.catalogue import telling
from generation.models import Batch, Generation, Subject
from tests.conftest import stored_files
from tests.factories import make_format, make_prompt, make_scene
from tests.generation.catalogue.files import HEADER, disc, put, rows, workbook, zipped

pytestmark = pytest.mark.django_db(transaction=True)
GOOD = ("M-1,A mug,mug.png,kitchen,square,,", "B-1,A bowl,bowl.png,kitchen,square,2,high")
BAD = "C-1,A cup,cup.png,kitchn,square,,"


@pytest.fixture
def brand(brand: Brand) -> Brand:
    make_scene(brand, slug="kitchen")
    make_format(brand, slug="square")
    template = make_prompt(brand).template
    template.is_default = True
    template.save(update_fields=["is_default"])
    return brand


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    put(folder, disc(1), "mug.png")
    put(folder, disc(2), "bowl.png")
    return folder


def run(*arguments: Any) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of the command."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("import_catalogue", *map(str, arguments), stdout=out, stderr=err)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def everything() -> tuple[int, ...]:
    """How much there is that an import could write."""
    counts = [model.objects.count() for model in (Batch, Generation, Subject, Event)]
    return (*counts, len(stored_files()))


def test_it_asks_for_what_a_table_lists(brand: Brand, designer: User, photos: Path, tmp_path: Path) -> None:
    table = put(tmp_path, rows(*GOOD), "spring-shop.csv")
    status, out, err = run(table, "--photos", photos, "--by", designer.username, "--priority", "low")
    batch = Batch.objects.get()
    assert (status, out) == (0, f"{batch.pk}\n")
    assert (batch.name, batch.source_name, batch.requested_by) == ("Spring shop", "spring-shop.csv", designer)
    assert (batch.priority, batch.progress.wanted, batch.progress.filled) == (1, 3, 2)
    found = Generation.objects.order_by("pk").values_list("subject__sku", "variation", "priority", "state")
    assert set(found) == {("M-1", 1, 1, "queued"), ("B-1", 1, 3, "queued"), ("B-1", 2, 3, "queued")}
    assert {subject.created_by for subject in Subject.objects.all()} == {designer}
    assert [line.split()[0] for line in err.splitlines()] == ["rows", "pictures", "batch"]
    assert "3, of which 0 are there already and 3 are new: free" in err


def test_a_dry_run_tells_all_and_writes_nothing(brand: Brand, photos: Path, tmp_path: Path) -> None:
    table = put(tmp_path, rows(*GOOD, BAD))
    before = everything()
    status, out, err = run(table, "--photos", photos, "--dry-run", "--json")
    assert everything() == before
    assert status == 3
    facts = json.loads(out)
    [bad] = facts.pop("bad")
    assert facts == {
        "batch": None,
        "rows": 3,
        "good": 2,
        "pictures": 3,
        "there": 0,
        "new": 3,
        "price": "0.00000",
        "seconds": None,
        "budget_left": None,
    }
    assert bad["row"] == 4
    assert "There is no scene “kitchn”" in bad["problem"]
    assert "There is no photo “cup.png”" in bad["problem"]
    assert bad["problem"] in err


def test_bad_rows_come_back_as_a_file_and_mended_add_just_what_was_missing(
    brand: Brand, photos: Path, tmp_path: Path
) -> None:
    table = put(tmp_path, rows(*GOOD, BAD.replace(",", ";")).replace(",", ";"))
    fix = tmp_path / "fix.csv"
    assert run(table, "--photos", photos, "--out", fix)[0] == 3
    assert Generation.objects.count() == 3
    [header, row] = csv.reader(io.StringIO(fix.read_text("utf-8-sig")), delimiter=";")
    assert header == [*HEADER.split(","), "problem"]
    assert row[:-1] == BAD.split(",")
    put(photos, disc(3), "cup.png")
    fix.write_text(fix.read_text("utf-8-sig").replace("kitchn;", "kitchen;", 1))
    status, _, err = run(fix, "--photos", photos)
    assert (status, Generation.objects.count(), Subject.objects.count()) == (0, 4, 3)
    assert "1, of which 0 are there already and 1 are new" in err


def test_the_same_file_again_adds_nothing_and_says_so(brand: Brand, photos: Path, tmp_path: Path) -> None:
    table = put(tmp_path, workbook({"Shop": [row.split(",") for row in (HEADER, *GOOD)]}), "shop.xlsx")
    assert run(table, "--photos", photos)[0] == 0
    packed = put(tmp_path, zipped({"new/mug.png": disc(1), "new/bowl.png": disc(2)}), "photos.zip")
    status, _, err = run(table, "--photos", packed)
    assert (status, Generation.objects.count(), Subject.objects.count()) == (0, 3, 2)
    assert "3, of which 3 are there already and 0 are new" in err
    second = Batch.objects.first()
    assert second
    assert (second.progress.reused, second.progress.wanted) == (3, 3)


def test_a_photo_that_can_not_be_opened_is_its_rows_problem(
    brand: Brand, photos: Path, tmp_path: Path
) -> None:
    put(photos, disc(3)[:300], "cup.png")
    table = put(tmp_path, rows(*GOOD, BAD.replace("kitchn", "kitchen")))
    status, out, err = run(table, "--photos", photos, "--json", "--out", tmp_path / "fix.csv")
    facts = json.loads(out)
    assert (status, facts["good"], Generation.objects.count()) == (3, 2, 3)
    assert [bad["row"] for bad in facts["bad"]] == [4]
    assert "This PNG is damaged" in facts["bad"][0]["problem"]
    assert "This PNG is damaged" in (tmp_path / "fix.csv").read_text()
    assert "rows     3, of which 3 are good" in err


def test_it_waits_for_the_end(
    brand: Brand, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(seconds: float) -> None:
        """What workers do meanwhile."""
        while runner.run_next():
            pass
        work_off()

    monkeypatch.setattr("time.sleep", work)
    table = put(tmp_path, rows(*GOOD))
    status, out, err = run(table, "--photos", photos, "--wait", "--json")
    facts = json.loads(out)
    assert (status, facts["state"], facts["succeeded"], facts["failed"]) == (0, "ended", 3, 0)
    assert "3 succeeded, 0 refused, 0 failed, 0 cancelled" in err


@pytest.mark.parametrize(
    ("content", "more", "words"),
    [
        (rows(BAD), (), "Nothing can be made of any row"),
        (rows(*GOOD), ("--brand", "nowhere"), "There is no brand “nowhere”"),
        (rows(*GOOD), ("--by", "nobody"), "There is nobody called “nobody”"),
        (rows(*GOOD), ("--scenes", "kitchen,cellar"), "There is no scene “cellar”"),
        (rows(*GOOD), ("--formats", "poster"), "There is no format “poster”"),
        (rows(*GOOD), ("--prompt", "verse"), "There is no prompt “verse”"),
        (rows(*GOOD), ("--provider", "magic"), "magic"),
        (rows(*GOOD), ("--photos", "nowhere.zip"), "There is no zip and no folder nowhere.zip"),
        (rows(*GOOD), ("--photos", __file__), "This is no zip"),
        (rows(*GOOD), ("--var", "tone"), "“tone” is no variable"),
        (rows(*GOOD), ("--out", "nowhere/fix.csv"), "There is no folder"),
        ("colour\nred\n", (), "It says “colour”"),
        ("", (), "This file is empty"),
    ],
)
def test_it_says_why_nothing_was_asked_for(
    brand: Brand, tmp_path: Path, content: str, more: tuple[str, ...], words: str
) -> None:
    table = put(tmp_path, content)
    before = everything()
    status, out, err = run(table, *more)
    assert (status, out) == (1, "")
    assert words in err
    assert everything() == before


def test_it_does_not_write_over_the_table(brand: Brand, tmp_path: Path) -> None:
    table = put(tmp_path, rows(BAD))
    assert run(table, "--out", table)[0] == 1
    assert table.read_text() == rows(BAD)


def test_the_operator_may_ask_for_rows_that_say_little(brand: Brand, photos: Path, tmp_path: Path) -> None:
    table = put(tmp_path, "photo\nmug.png\nbowl.png\n")
    assert run(table, "--photos", photos, "--scenes", "kitchen", "--formats", "square")[0] == 0
    assert set(Subject.objects.values_list("name", flat=True)) == {"Mug", "Bowl"}
    assert not Subject.objects.exclude(created_by=None).exists()


def test_a_log_is_told_now_and_then_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    now = iter([0.0, 0.0, 5.0, 12.0, 13.0, 40.0])
    monkeypatch.setattr("time.monotonic", lambda: next(now))
    with telling.Telling("photos", 900, "photos", said.append) as told:
        for done in (0, 5, 24, 26, 80):
            told.at(done)
    assert said == [
        "photos   24 of 900, 2.0 photos a second, 7 min left",
        "photos   80 of 900, 2.0 photos a second, 7 min left",
    ]
