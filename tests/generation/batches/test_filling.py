"""A batch is written in chunks: none twice, none lost, and a line that can't be made holds up no other."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from brandkit.accounts.models import Brand
from brandkit.common.errors import Invalid, StorageFailed
from brandkit.common.models import Event
from generation import services
from generation.batches import asking, controls, filling, photos
from generation.batches.chores import work_off
from generation.batches.plans import Line
from generation.models import Batch, BatchLine, Generation, Subject
from tests.factories import make_format, make_prompt, make_scene, make_subject, set_state
from tests.generation.batches.plans import (
    as_is,
    asked,
    counted,
    lines_of,
    pictures,
    plan_of,
    truly,
)
from tests.races import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "CHUNK", 4)


def sure(batch: Batch) -> tuple[str, int, dict[str, int]]:
    """State, lines written, and the counts, which are what they should be."""
    batch = as_is(batch)
    assert counted(batch) == truly(batch)
    assert Event.objects.filter(kind="generation.queued").count() == Generation.objects.count()
    return batch.state, batch.progress.filled, counted(batch)


def test_it_writes_the_first_chunk_at_once_and_the_others_in_turns(brand: Brand, told: list[int]) -> None:
    batch = asking.ask(plan_of(brand, lines_of(brand, 3, scenes=3)))
    assert sure(batch) == ("filling", 1, {"queued": 4})
    assert filling.fill_some(batch) is False
    assert sure(batch) == ("filling", 2, {"queued": 8})
    assert filling.fill_some(batch) is True
    assert sure(batch) == ("running", 3, {"queued": 9})
    assert filling.fill_some(batch) is True
    made = [(row.subject_id, row.scene_version_id) for row in pictures(batch)]
    wanted = [(line.subject_id, scene) for line in batch.lines.all() for scene in line.scenes]
    assert made == wanted
    assert [row.batch_id for row in pictures(batch)] == [batch.pk] * 9


def test_a_line_of_many_pictures_is_written_in_several(brand: Brand) -> None:
    batch = asking.ask(plan_of(brand, lines_of(brand, 1, variations=11)))
    work_off()
    assert sure(batch) == ("running", 1, {"queued": 11})
    assert [row.variation for row in pictures(batch)] == list(range(1, 12))


def test_a_chunk_that_fails_is_written_whole_the_next_time(
    brand: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = asking.draft(plan_of(brand, lines_of(brand, 2, scenes=3)))
    real = services.add_all

    def break_off(*args: Any, **kwargs: Any) -> Any:
        real(*args, **kwargs)
        raise KeyboardInterrupt

    monkeypatch.setattr(filling, "add_all", break_off)
    with pytest.raises(KeyboardInterrupt):
        asking.start(batch, None)
    assert sure(batch) == ("filling", 0, {})
    monkeypatch.setattr(filling, "add_all", real)
    work_off()
    assert sure(batch) == ("running", 2, {"queued": 6})


def test_a_line_that_cannot_be_asked_for_is_left_out_with_its_problem(brand: Brand) -> None:
    prompt = make_prompt(brand, text="Set {{ subject.name }} in. {{ vars.tag }}", variables={"tag": None})
    batch = asked(brand, 2, prompt_version=prompt)
    words = "The prompt uses “tag”, and there is no value for it."
    assert [line.problem.startswith(words) for line in batch.lines.all()] == [True, True]
    progress = batch.progress
    assert (progress.lines, progress.problems, progress.wanted, progress.filled) == (0, 2, 0, 0)
    assert (batch.state, Generation.objects.count()) == ("ended", 0)


def test_a_scene_that_was_retired_meanwhile_takes_only_its_own_lines_out(brand: Brand) -> None:
    gone, there = make_scene(brand), make_scene(brand, ground=0.6)
    lines = [
        *lines_of(brand, [make_subject(brand)], scenes=[there]),
        Line(number=2, subject=make_subject(brand), scenes=[gone, there], formats=[make_format(brand)]),
        Line(number=3, subject=make_subject(brand), scenes=[there], formats=[make_format(brand)]),
    ]
    batch = asking.draft(plan_of(brand, lines))
    set_state(gone, "retired")
    asking.start(batch, None)
    assert sure(batch) == ("running", 2, {"queued": 2})
    assert ["retired" in line.problem for line in batch.lines.all()] == [False, True, False]
    progress = as_is(batch).progress
    assert (progress.lines, progress.problems, progress.wanted) == (2, 1, 2)


def test_a_batch_whose_prompt_is_retired_in_the_middle_keeps_what_it_has(brand: Brand) -> None:
    batch = asking.ask(plan_of(brand, lines_of(brand, 3, scenes=3)))
    set_state(batch.prompt_version, "retired")
    work_off()
    assert sure(batch) == ("running", 1, {"queued": 4})
    batch = as_is(batch)
    assert "retired" in batch.refusal
    assert ["retired" in line.problem for line in batch.lines.all()] == [False, True, True]
    assert (batch.progress.problems, batch.progress.wanted, batch.chores.count()) == (2, 4, 0)


def test_two_who_write_the_same_chunk_write_it_once(brand: Brand) -> None:
    batch = asking.ask(plan_of(brand, lines_of(brand, 3, scenes=3)))
    chore = batch.chores.get()
    late = filling._fill  # what another worker does that has looked already
    real = filling._write

    def first(*args: Any, **kwargs: Any) -> bool:
        filling._write = real
        assert late(batch, chore, True) is False
        return real(*args, **kwargs)

    filling._write = first
    try:
        assert filling.fill_some(batch) is False
    finally:
        filling._write = real
    assert sure(batch) == ("filling", 2, {"queued": 8})


# Photos


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Photos that were asked for, by name; each is a new thing, but the broken one."""
    names: list[str] = []

    def take_in_line(line: BatchLine) -> Subject:
        assert not connection.in_atomic_block or connection.savepoint_ids == []
        names.append(line.photo)
        if line.photo == "broken.jpg":
            raise Invalid("This is no photo.")
        if line.photo == "full.jpg":
            raise StorageFailed
        return make_subject(line.batch.brand)

    monkeypatch.setattr(photos, "take_in_line", take_in_line)
    return names


def with_photos(brand: Brand, *names: str) -> Batch:
    shared: dict[str, Any] = {"scenes": [make_scene(brand)], "formats": [make_format(brand)]}
    lines = [Line(number=number, photo=name, **shared) for number, name in enumerate(names, start=1)]
    return asking.ask(plan_of(brand, lines))


def test_the_one_who_asks_does_not_wait_for_photos(brand: Brand, taken: list[str]) -> None:
    batch = with_photos(brand, "a.jpg", "b.jpg")
    assert (taken, sure(batch)) == ([], ("filling", 0, {}))
    work_off()
    assert (taken, sure(batch)) == (["a.jpg", "b.jpg"], ("running", 2, {"queued": 2}))


def test_a_photo_that_is_none_is_its_lines_problem_only(brand: Brand, taken: list[str]) -> None:
    batch = with_photos(brand, "a.jpg", "broken.jpg", "c.jpg")
    work_off()
    assert sure(batch) == ("running", 2, {"queued": 2})
    assert [line.problem for line in batch.lines.all()] == ["", "This is no photo.", ""]
    assert (as_is(batch).progress.wanted, as_is(batch).progress.problems) == (2, 1)


def test_a_photo_that_our_full_store_refuses_is_tried_again_later(brand: Brand, taken: list[str]) -> None:
    batch = with_photos(brand, "a.jpg", "full.jpg")
    work_off()
    assert sure(batch) == ("filling", 0, {})
    batch.lines.filter(photo="full.jpg").update(photo="b.jpg")
    work_off()
    assert (taken, sure(batch)) == (["a.jpg", "full.jpg", "b.jpg"], ("running", 2, {"queued": 2}))


def test_photos_that_take_long_are_asked_for_a_few_at_a_time(
    brand: Brand, taken: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = with_photos(brand, "a.jpg", "b.jpg", "c.jpg")
    monkeypatch.setattr(photos, "AT_MOST", -1.0)
    filling.fill_some(batch)
    assert sure(batch) == ("filling", 0, {})
    monkeypatch.setattr(photos, "AT_MOST", 5.0)
    work_off()
    assert sure(batch) == ("running", 3, {"queued": 3})


# Several at once


def test_it_asks_as_much_of_the_database_for_many_lines_as_for_two(
    brand: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "CHUNK", 500)
    asked(brand, 1)
    counts = []
    for things in (2, 12):
        batch = asking.draft(plan_of(brand, things))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            asking.start(batch, None)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
def test_ten_batches_of_the_same_pictures_at_once_make_each_once(brand: Brand) -> None:
    plan = plan_of(brand, lines_of(brand, 3, scenes=2))
    batches = at_once(10, lambda: asking.ask(plan))
    work_off()
    assert Generation.objects.count() == 6
    assert {str(sure(batch)) for batch in batches} == {str(("running", 3, {"queued": 6}))}
    assert sum(as_is(batch).progress.reused for batch in batches) == 9 * 6


@pytest.mark.django_db(transaction=True)
def test_a_person_asks_while_the_same_is_being_written(brand: Brand) -> None:
    lines = lines_of(brand, 4, scenes=2)
    plan = plan_of(brand, lines)
    batch = asking.draft(plan)
    turns = iter(range(100))

    def both() -> None:
        if next(turns) == 0:
            asking.start(batch, None)
            work_off()
            return
        services.request_grid(
            brand=brand,
            by=None,
            subjects=[line.subject for line in lines if line.subject],
            scene_versions=lines[0].scenes,
            prompt_version=plan.prompt_version,
            output_formats=lines[0].formats,
        )

    at_once(4, both)
    assert sure(batch) == ("running", 4, {"queued": 8})
    assert Generation.objects.filter(batch=None).count() == 8
    controls.cancel(as_is(batch), None)
    assert counted(batch) == {"queued": 8}
