"""Asking for many together: what is refused, what is written, and that nothing is left where it is not."""

from dataclasses import replace
from typing import Any

import pytest

from brandkit.accounts.models import Brand, User
from brandkit.common.errors import Conflict, Invalid, NotFound
from brandkit.common.models import history
from generation.batches import asking
from generation.batches.plans import Line
from generation.models import Batch, BatchChore, BatchItem, BatchLine, BatchProgress, Generation
from templates_app.models import OutputFormat
from tests.conftest import stored_files
from tests.factories import (
    make_brand,
    make_format,
    make_prompt,
    make_scene,
    make_subject,
    make_user,
    set_state,
)
from tests.generation.batches.plans import as_is, asked, counted, lines_of, pictures, plan_of

pytestmark = pytest.mark.django_db
KINDS = (Batch, BatchChore, BatchItem, BatchLine, BatchProgress, Generation)


def rows() -> list[int]:
    """How many there are of all that asking writes."""
    return [kind.objects.count() for kind in KINDS]


def test_it_writes_a_draft_and_asks_for_nothing(brand: Brand, designer: User) -> None:
    lines = lines_of(brand, 2, scenes=3, variations=2)
    lines.append(Line(number=3, sku="A-3", cells={"sku": "A-3"}, problem="There is no photo."))
    plan = plan_of(brand, lines, by=designer, priority=3, source_name="spring.csv", variables={})
    batch = as_is(asking.draft(plan, source=b"sku\n", photos=b"zip"))
    assert (batch.state, batch.name, batch.requested_by_id, batch.priority) == (
        "draft",
        "Spring",
        designer.pk,
        3,
    )
    assert batch.scenes == [scene.pk for scene in lines[0].scenes]
    progress = batch.progress
    assert (progress.lines, progress.problems, progress.wanted, progress.filled) == (2, 1, 12, 0)
    assert [line.problem for line in batch.lines.all()] == ["", "", "There is no photo."]
    assert batch.lines.get(number=3).cells == {"sku": "A-3"}
    with batch.source.open() as source, batch.photos.open() as photos:
        assert (source.read(), photos.read(), batch.source_name) == (b"sku\n", b"zip", "spring.csv")
    assert str(batch.source).endswith("/source.csv")
    assert [event.kind for event in history(batch)] == ["batch.draft"]
    assert Generation.objects.count() == 0


def test_it_asks_for_every_picture_once_with_what_it_is_made_from(brand: Brand, told: list[int]) -> None:
    lines = lines_of(brand, 2, scenes=2, formats=[make_format(brand), make_format(brand)], variations=2)
    batch = asked(brand, [lines[0], replace(lines[1], scenes=lines[1].scenes[:1], variations=1, priority=3)])
    made = pictures(batch)
    of_first = [(row.subject, row.scene_version, row.output_format, row.variation) for row in made[:8]]
    assert of_first == [
        (lines[0].subject, scene, each, variation)
        for variation in (1, 2)
        for scene in lines[0].scenes
        for each in lines[0].formats
    ]
    assert [(row.priority, row.batch_id, row.state) for row in made[7:]] == [
        (2, batch.pk, "queued"),
        (3, batch.pk, "queued"),
        (3, batch.pk, "queued"),
    ]
    assert [event.kind for event in history(made[0])] == ["generation.queued"]
    assert (batch.state, counted(batch), batch.progress.wanted) == ("running", {"queued": 10}, 10)


def test_it_counts_the_same_picture_in_two_lines_once(brand: Brand) -> None:
    [line] = lines_of(brand, 1)
    again = Line(number=2, subject=line.subject, scenes=line.scenes, formats=line.formats, variations=2)
    batch = asked(brand, [line, again])
    assert [row.variation for row in pictures(batch)] == [1, 2]
    assert (counted(batch), batch.progress.wanted, batch.progress.filled) == ({"queued": 2}, 2, 2)


def test_it_makes_nothing_again_that_is_there_or_on_its_way(brand: Brand) -> None:
    lines = lines_of(brand, 4)
    prompt = make_prompt(brand)
    first = asked(brand, lines[:3], prompt_version=prompt)
    made, under_way, refused = pictures(first)
    Generation.objects.filter(pk=made.pk).update(state="succeeded")
    under_way.move("running")
    Generation.objects.filter(pk=refused.pk).update(state="refused", failure_code="no")
    second = asked(brand, lines, prompt_version=prompt)
    assert Generation.objects.count() == 4
    assert counted(second) == {"succeeded": 1, "running": 1, "queued": 2}
    assert [item.new for item in second.items.order_by("pk")] == [False, False, True, True]
    assert second.progress.reused == 2
    refused.refresh_from_db()
    assert (refused.state, refused.batch_id, refused.failure_code) == ("queued", second.pk, "")


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"lines": []}, Invalid, "at least one photo"),
        ({"name": " "}, Invalid, "name"),
        ({"name": "n" * 121}, Invalid, "120"),
        ({"priority": 9}, Invalid, "priority"),
        ({"variables": {"nobody": 1}}, Invalid, "no variable “nobody”"),
    ],
)
def test_it_refuses_a_plan_that_is_none(
    brand: Brand, change: dict[str, Any], error: type[Exception], words: str
) -> None:
    plan = plan_of(brand, **change)
    before = rows()
    with pytest.raises(error, match=words):
        asking.draft(plan, source=b"a file")
    assert (rows(), [name for name in stored_files() if "batches" in name]) == (before, [])


def test_it_refuses_lines_that_ask_for_nothing(brand: Brand) -> None:
    [line] = lines_of(brand, 1)
    changes: list[dict[str, Any]] = [{"scenes": []}, {"formats": []}, {"subject": None}]
    for change in (*changes, {"variations": 0}, {"variations": 1001}):
        given = {name: getattr(line, name) for name in ("subject", "scenes", "formats", "variations")}
        with pytest.raises(Invalid):
            asking.draft(plan_of(brand, [Line(number=1, **{**given, **change})]))
    with pytest.raises(Invalid, match="two lines 1"):
        asking.draft(plan_of(brand, [line, line]))
    assert Batch.objects.count() == 0


def test_it_refuses_what_is_not_approved_switched_off_or_cannot_be_made(brand: Brand) -> None:
    draft, off = make_scene(brand, state="draft"), make_format(brand, active=False)
    large = make_format(brand, width=9000)
    for change, words in (
        ({"scenes": [draft]}, "only a draft"),
        ({"formats": [off]}, "switched off"),
        ({"formats": [large]}, "can't be made"),
    ):
        with pytest.raises(Invalid, match=words):
            asking.ask(plan_of(brand, lines_of(brand, 1, **change)))
    with pytest.raises(Invalid, match="retired"):
        asking.ask(plan_of(brand, prompt_version=make_prompt(brand, state="retired")))
    assert rows() == [0] * len(KINDS)


def test_it_knows_nothing_of_other_brands_and_people(brand: Brand) -> None:
    other = make_brand()
    for change in ({"scenes": [make_scene(other)]}, {"formats": [make_format(other)]}):
        with pytest.raises(NotFound):
            asking.ask(plan_of(brand, lines_of(brand, 1, **change)))
    with pytest.raises(NotFound):
        asking.ask(plan_of(brand, lines_of(brand, [make_subject(other)])))
    with pytest.raises(NotFound):
        asking.ask(plan_of(brand, by=make_user(other)))
    with pytest.raises(NotFound):
        asking.discard(asking.draft(plan_of(brand)), make_user(other))
    assert Generation.objects.count() == 0


def test_it_starts_a_draft_once(brand: Brand, designer: User) -> None:
    batch = asking.draft(plan_of(brand))
    asking.start(batch, designer)
    with pytest.raises(Conflict):
        asking.start(as_is(batch), designer)
    assert [event.kind for event in history(batch)] == ["batch.draft", "batch.filling", "batch.running"]
    assert Generation.objects.count() == 2


def test_it_does_not_start_where_nothing_can_be_made(brand: Brand) -> None:
    only_problems = [Line(number=1, problem="No photo."), Line(number=2, problem="No scene.")]
    batch = asking.draft(plan_of(brand, only_problems))
    with pytest.raises(Invalid, match="every line has a problem"):
        asking.start(batch, None)
    with pytest.raises(Invalid, match="at least one photo"):
        asking.ask(plan_of(brand, only_problems))
    assert as_is(batch).state == "draft"


def test_it_does_not_start_with_a_prompt_that_was_retired_meanwhile(brand: Brand) -> None:
    batch = asking.draft(plan_of(brand))
    set_state(batch.prompt_version, "retired")
    with pytest.raises(Invalid, match="retired"):
        asking.start(batch, None)
    assert (as_is(batch).state, Generation.objects.count()) == ("draft", 0)


def test_it_throws_a_draft_away_with_its_files(brand: Brand, designer: User) -> None:
    batch = asking.draft(plan_of(brand), source=b"sku", photos=b"zip")
    asking.discard(batch, designer)
    assert rows() == [0] * len(KINDS)
    assert [name for name in stored_files() if "batches" in name] == []
    started = asked(brand)
    with pytest.raises(Conflict):
        asking.discard(started, designer)
    assert as_is(started).progress.queued == 2


def test_a_scene_of_which_a_line_has_a_problem_is_not_looked_at(brand: Brand) -> None:
    [good] = lines_of(brand, 1)
    bad = Line(number=2, scenes=[make_scene(brand, state="draft")], problem="The scene is only a draft.")
    batch = asked(brand, [good, bad])
    assert (batch.progress.lines, batch.progress.problems, counted(batch)) == (1, 1, {"queued": 1})
    assert OutputFormat.objects.count() == 1
