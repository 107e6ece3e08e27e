"""What the pages of batches answer, without a browser."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from brandkit.accounts.models import Brand, User
from generation.batches.chores import work_off
from generation.models import Batch, BatchLine, BatchProgress, Generation, Priority, WorkerSign
from tests.factories import (
    add_line,
    make_batch,
    make_brand,
    make_format,
    make_generation,
    make_output,
    make_scene,
    make_subject,
)
from tests.generation.batches.pages import HTMX, address, grid, queries_of, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("providers")]


# The list


def test_it_lists_the_newest_first_and_goes_on(client: Client, brand: Brand, monkeypatch: Any) -> None:
    monkeypatch.setattr("generation.batches.selectors.BATCHES", 2)
    names = [make_batch(brand, name=f"Run {n}").name for n in range(3)]
    make_batch(make_brand(), name="Theirs")
    first = client.get(address(brand, "home"))
    assert [batch.name for batch in first.context["page"].batches] == names[:0:-1]
    before = first.context["page"].before
    assert f'href="?before={before}"' in text(first)
    assert "Theirs" not in text(first)
    then = client.get(address(brand, "home"), {"before": before})
    assert [batch.name for batch in then.context["page"].batches] == names[:1]


def test_it_says_that_there_is_none_yet(client: Client, brand: Brand) -> None:
    assert "No batch yet" in text(client.get(address(brand, "home")))


def test_it_follows_those_under_way_only(client: Client, brand: Brand) -> None:
    moving, ended = make_batch(brand, name="Moving"), make_batch(brand, name="Done", state="ended")
    told = text(client.get(address(brand, "home")))
    assert f'name="open" value="{moving.pk}"' in told
    assert f'name="open" value="{ended.pk}"' not in told
    news = text(client.get(address(brand, "home"), {"open": moving.pk}, headers=HTMX))
    assert "Moving" in news
    assert "Done" not in news
    assert "hx-get" in news
    Batch.objects.filter(pk=moving.pk).update(state="ended")
    assert "hx-get" not in text(client.get(address(brand, "home"), {"open": moving.pk}, headers=HTMX))


# One batch


def make_run(brand: Brand, by: User, **states: str) -> tuple[Batch, BatchLine]:
    """A batch with a line of one picture for each of these states."""
    batch = make_batch(brand, by=by, provider="fake")
    scene, subject = make_scene(brand, slug="kitchen"), make_subject(brand, name="Plum", sku="P-1")
    pictures = [
        make_generation(brand, subject=subject, scene_version=scene, state=state, provider="fake")
        for state in states.values()
    ]
    return batch, add_line(batch, pictures, formats=[each.output_format_id for each in pictures])


def test_it_shows_each_picture_by_its_thing_and_scene(client: Client, brand: Brand, designer: User) -> None:
    batch, line = make_run(brand, designer, one="queued", two="failed")
    done = make_generation(
        brand, subject=line.subject, scene_version=line.items.latest("pk").generation.scene_version
    )
    make_output(done)
    add_line(batch, [done])
    shown = client.get(address(brand, "show", batch.pk))
    told = text(shown)
    [first, second] = shown.context["sheet"].rows
    assert [tile.state for tile in first.cells[0].tiles] == ["queued", "failed"]
    assert [tile.state for tile in second.cells[0].tiles] == ["succeeded"]
    assert f'href="/b/{brand.slug}/studio/pictures/{done.pk}/"' in told
    assert f"outputs/{done.output.pk}" in told or f"output/{done.output.pk}/thumbnail" in told
    assert ": waiting" in told
    assert ": failed" in told


def test_it_is_nobody_elses(client: Client, brand: Brand) -> None:
    theirs = make_batch(make_brand())
    for name in ("show", "news"):
        assert client.get(address(brand, name, theirs.pk)).status_code == 404
    for name in ("pause", "resume", "cancel", "retry", "priority"):
        assert client.post(address(brand, name, theirs.pk)).status_code == 404


def marks(response: Any) -> list[str]:
    return [row.mark for row in response.context["sheet"].rows]


def test_it_tells_only_what_has_changed(client: Client, brand: Brand, designer: User) -> None:
    batch, line = make_run(brand, designer, one="running")
    other, still = (add_line(batch, [make_generation(brand)]) for _ in range(2))
    shown = client.get(address(brand, "show", batch.pk))
    known = {"line": marks(shown), "stands": shown.context["stands"], "told": shown.context["tenths"]}
    quiet = text(client.get(address(brand, "news", batch.pk), known, headers=HTMX))
    assert "cell-" not in quiet
    assert 'id="controls"' not in quiet
    assert 'id="news"' not in quiet
    make_output(line.items.get().generation)
    Generation.objects.filter(items__line=other).update(state="failed", failure_code="broke")
    loud = text(client.get(address(brand, "news", batch.pk), known, headers=HTMX))
    assert f"cell-{line.number}-" in loud
    assert f"cell-{other.number}-" in loud
    assert f"cell-{still.number}-" not in loud
    assert 'id="controls"' in loud  # there is something to try again now


def test_it_stops_asking_when_all_is_over(client: Client, brand: Brand, designer: User) -> None:
    batch, _ = make_run(brand, designer, one="succeeded")
    assert "/news" in text(client.get(address(brand, "show", batch.pk)))
    Batch.objects.filter(pk=batch.pk).update(state="ended", ended_at=timezone.now())
    assert "/news" not in text(client.get(address(brand, "show", batch.pk)))
    assert "/news" not in text(client.get(address(brand, "news", batch.pk), headers=HTMX))


@pytest.mark.parametrize("junk", ["", "x", "1", "99999999999999999999-a", "1-", "0-zz.zz"])
def test_it_copes_with_marks_that_nobody_gave(
    client: Client, brand: Brand, designer: User, junk: str
) -> None:
    batch, _ = make_run(brand, designer, one="queued")
    assert client.get(address(brand, "news", batch.pk), {"line": junk}, headers=HTMX).status_code == 200


@pytest.mark.parametrize("query", ["?after=x", "?after=9", "?state=nonsense", "?state=failed", "?after=-1"])
def test_it_copes_with_pages_that_there_are_not(
    client: Client, brand: Brand, designer: User, query: str
) -> None:
    batch, _ = make_run(brand, designer, one="queued")
    assert client.get(address(brand, "show", batch.pk) + query).status_code == 200


def test_it_shows_just_the_pictures_of_one_state(client: Client, brand: Brand, designer: User) -> None:
    batch, line = make_run(brand, designer, one="queued", two="failed")
    add_line(batch, [make_generation(brand)])
    shown = client.get(address(brand, "show", batch.pk), {"state": "failed"})
    [row] = shown.context["sheet"].rows
    assert row.line == line
    assert [tile.state for tile in row.cells[0].tiles] == ["failed"]
    assert row.mark == ""
    assert 'id="only-failed" aria-current="true"' in text(shown)


def test_it_turns_pages_by_line(client: Client, brand: Brand, designer: User, monkeypatch: Any) -> None:
    monkeypatch.setattr("generation.batches.selectors.LINES", 2)
    batch = make_batch(brand, by=designer)
    for _ in range(3):
        add_line(batch, [make_generation(brand)])
    first = client.get(address(brand, "show", batch.pk))
    assert [row.line.number for row in first.context["sheet"].rows] == [1, 2]
    assert 'href="?after=2"' in text(first)
    then = client.get(address(brand, "show", batch.pk), {"after": 2})
    assert [row.line.number for row in then.context["sheet"].rows] == [3]
    assert "Next photos" not in text(then)
    assert "First page" in text(then)


def test_it_tells_the_lines_that_can_not_be_made(client: Client, brand: Brand, designer: User) -> None:
    batch = make_batch(brand, by=designer, source_name="spring.csv")
    add_line(batch, [make_generation(brand)])
    add_line(batch, number=7, sku="P-7", name="Pear", problem="The photo is too small.")
    told = text(client.get(address(brand, "show", batch.pk)))
    assert "1 line can't be made" in told
    assert "<strong>Row 7, P-7</strong> The photo is too small." in told
    assert address(brand, "fix", batch.pk) in told


def test_a_draft_is_shown_where_it_can_be_started(client: Client, brand: Brand) -> None:
    batch = make_batch(brand, state="draft")
    answer = client.get(address(brand, "show", batch.pk))
    assert answer["Location"] == address(brand, "import-draft", batch.pk)


def test_it_keeps_places_for_what_is_not_asked_for_yet(client: Client, brand: Brand, designer: User) -> None:
    batch = make_batch(brand, by=designer, state="filling")
    scene, subject = make_scene(brand), make_subject(brand)
    Batch.objects.filter(pk=batch.pk).update(scenes=[scene.pk])
    batch.refresh_from_db()
    formats = [make_format(brand).pk, make_format(brand).pk]
    add_line(batch, subject=subject, scenes=[scene.pk], formats=formats)
    shown = client.get(address(brand, "show", batch.pk))
    assert [cell.blanks for cell in shown.context["sheet"].rows[0].cells] == [2]
    assert text(shown).count("tile-none") == 2
    assert "Asked for so far: 0 of 1 photos." in text(shown)


# What people do with it


def test_it_pauses_and_goes_on(client: Client, brand: Brand, designer: User) -> None:
    batch, _ = make_run(brand, designer, one="queued")
    told = text(client.post(address(brand, "pause", batch.pk), headers=HTMX))
    batch.refresh_from_db()
    assert batch.paused_by == designer
    assert "Go on" in told
    assert "Paused since" in told
    answer = client.post(address(brand, "resume", batch.pk))
    assert answer["Location"] == address(brand, "show", batch.pk)
    batch.refresh_from_db()
    assert batch.paused_at is None


def test_it_tells_what_can_not_be_done_any_more(client: Client, brand: Brand, designer: User) -> None:
    batch, _ = make_run(brand, designer, one="queued")
    answer = client.post(address(brand, "resume", batch.pk), headers=HTMX)
    assert "This batch is not paused." in text(answer, 409)
    assert answer["HX-Retarget"] == "#toasts"


def test_it_cancels_and_asks_again_for_what_was_cancelled(
    client: Client, brand: Brand, designer: User
) -> None:
    batch, line = make_run(brand, designer, one="queued", two="succeeded")
    told = text(client.post(address(brand, "cancel", batch.pk), headers=HTMX))
    states = line.items.order_by("pk").values_list("generation__state", flat=True)
    assert list(states) == ["cancelled", "succeeded"]
    assert "Ask again for what was cancelled" in told
    text(client.post(address(brand, "retry", batch.pk), {"cancelled": "true"}, headers=HTMX))
    work_off()
    assert list(states.all()) == ["queued", "succeeded"]


def test_it_tries_again_by_reason(client: Client, brand: Brand, designer: User) -> None:
    batch, line = make_run(brand, designer, one="failed", two="refused")
    first, second = (item.generation for item in line.items.order_by("pk"))
    Generation.objects.filter(pk=first.pk).update(failure_code="slow", failure_words="It took too long.")
    Generation.objects.filter(pk=second.pk).update(failure_code="blocked", failure_words="It would not.")
    told = text(client.get(address(brand, "show", batch.pk)))
    assert 'It took too long. <span class="soft small">1 picture</span>' in told
    assert "Try all of them again" in told
    assert client.post(address(brand, "retry", batch.pk), {"reason": "blocked"}).status_code == 302
    states = line.items.order_by("pk").values_list("generation__state", flat=True)
    assert list(states) == ["failed", "queued"]
    client.post(address(brand, "retry", batch.pk))
    assert list(states.all()) == ["queued", "queued"]


@pytest.mark.parametrize(("given", "status"), [("3", 302), ("9", 422), ("", 422), ("x", 422)])
def test_it_sets_a_priority(client: Client, brand: Brand, designer: User, given: str, status: int) -> None:
    batch, _ = make_run(brand, designer, one="queued")
    assert client.post(address(brand, "priority", batch.pk), {"priority": given}).status_code == status
    batch.refresh_from_db()
    assert batch.priority == (Priority.HIGH if status == 302 else Priority.NORMAL)


def test_it_tells_no_time_left_while_it_waits_for_the_budget(
    client: Client, brand: Brand, designer: User
) -> None:
    batch, ended = make_batch(brand, by=designer, provider="fake"), timezone.now()
    made = [make_generation(brand, state="succeeded", ended_at=ended) for _ in range(2)]
    waiting = make_generation(brand, subject=made[0].subject, provider="fake", price=1, reserved=1)
    add_line(batch, [*made, waiting])
    WorkerSign.objects.create(worker="w", seen_at=ended)
    assert "<dt>Time left</dt>" in text(client.get(address(brand, "show", batch.pk)))
    Generation.objects.filter(pk=waiting.pk).update(reserved=None)
    told = text(client.get(address(brand, "show", batch.pk)))
    assert "It waits for the brand&#x27;s budget." in told
    assert ("<dt>Time left</dt>" in told, "<dt>Pace</dt>" in told) == (False, False)


def test_what_was_cancelled_before_it_was_asked_for_is_told_and_can_be_undone(
    client: Client, brand: Brand, designer: User
) -> None:
    client.post(address(brand, "start"), grid(brand))
    batch = Batch.objects.get()
    batch.lines.update(filled_at=None)
    batch.items.all().delete()
    Generation.objects.all().delete()
    BatchProgress.objects.filter(batch=batch).update(filled=0, queued=0)
    Batch.objects.filter(pk=batch.pk).update(state="filling")
    told = text(client.post(address(brand, "cancel", batch.pk), follow=True))
    assert "0 of 6 pictures done, 6 never asked for." in told
    assert "Ask again for what was cancelled" in told
    client.post(address(brand, "retry", batch.pk), {"cancelled": "true"})
    work_off()
    assert Generation.objects.filter(batch=batch, state="queued").count() == 6
    assert "0 of 6 pictures done, 6 to go." in text(client.get(address(brand, "show", batch.pk)))


def test_what_is_read_aloud_says_what_the_page_shows(client: Client, brand: Brand, designer: User) -> None:
    batch = make_batch(brand, by=designer, paused_at=timezone.now())
    add_line(batch, [make_generation(brand)])
    told = text(client.get(address(brand, "news", batch.pk), headers=HTMX))
    assert 'hx-swap-oob="innerHTML">Paused. 0 of 1 picture done, 1 to go.</p>' in told


# How much they ask of the database


@pytest.mark.parametrize("name", ["home", "show", "news", "state"])
def test_it_asks_no_more_for_a_larger_batch(name: str, client: Client, brand: Brand, designer: User) -> None:
    batch = make_batch(brand, by=designer)

    def more(lines: int) -> None:
        for _ in range(lines):
            made = make_generation(brand)
            make_output(made)
            failed = make_generation(brand, state="failed", failure_code="x", subject=made.subject)
            add_line(batch, [made, failed])
            make_batch(brand, by=designer)

    def path() -> str:
        if name == "home":
            return address(brand, "home")
        shown = client.get(address(brand, "show", batch.pk))
        if name == "news":
            query = "&".join(f"line={mark.partition('-')[0]}-0" for mark in marks(shown))
            return f"{address(brand, 'news', batch.pk)}?{query}"
        return address(brand, "show", batch.pk) + ("?state=failed" if name == "state" else "")

    more(1)
    client.get(path())
    fewer = queries_of(client, path())
    more(2)
    assert queries_of(client, path()) == fewer < 25
