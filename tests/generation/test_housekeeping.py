"""What time does that nobody waits for: originals go by their brand's rule, and so do leftovers."""

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from brandkit.accounts.models import Brand, Notice, User
from brandkit.common.leftovers import remove_unfinished
from brandkit.common.models import Event, IdempotentCall
from brandkit.common.storage import NewFiles, private_store
from generation import housekeeping, intake
from generation.engine.claims import worker_name
from generation.housekeeping import a_round, keep_house, remove_originals
from generation.models import Subject, WorkerSign
from generation.signals import swept
from tests.conftest import stored_files
from tests.factories import cutout_bytes, make_brand, make_subject, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    file = tmp_path / "mug.png"
    file.write_bytes(cutout_bytes())
    return file


def days_old(row: Any, days: float) -> None:
    type(row).objects.filter(pk=row.pk).update(created_at=timezone.now() - timedelta(days=days))


def kept_for(days: int | None) -> Brand:
    return make_brand(keep_originals_days=days)


def test_it_deletes_originals_that_are_older_than_their_brand_keeps_them(designer: User) -> None:
    old, young = [make_subject(brand := kept_for(30))], []
    old.append(make_subject(brand))
    young += [make_subject(brand), make_subject(kept_for(None)), make_subject(kept_for(90))]
    for subject in old:
        days_old(subject, 31)
    days_old(young[0], 29)
    days_old(young[1], 1000)
    days_old(young[2], 31)
    names = {subject.pk: str(subject.original) for subject in (*old, *young)}
    remove_originals()
    for subject in old:
        subject.refresh_from_db()
        assert subject.original.name == ""
        assert not private_store().exists(names[subject.pk])
        assert all(private_store().exists(str(file)) for file in (subject.normal, subject.cutout))
        event = Event.objects.get(kind="subject.original_removed", object_id=subject.pk)
        assert (event.brand_id, event.data) == (brand.pk, {"after_days": 30})
    for subject in young:
        subject.refresh_from_db()
        assert subject.original.name == names[subject.pk]
        assert private_store().exists(names[subject.pk])
    remove_originals()
    assert Event.objects.filter(kind="subject.original_removed").count() == 2


def test_the_same_photo_again_is_still_the_same_subject(photo: Path) -> None:
    brand = kept_for(1)
    subject, _ = intake.take_in(brand=brand, by=None, file=photo)
    days_old(subject, 2)
    remove_originals()
    files = stored_files()
    again, new = intake.take_in(brand=brand, by=None, file=photo)
    assert (again.pk, new, again.original.name) == (subject.pk, False, "")
    assert stored_files() == files


def test_its_page_says_that_it_is_gone(client: Client) -> None:
    subject = make_subject(kept_for(1))
    days_old(subject, 2)
    remove_originals()
    client.force_login(make_user(subject.brand))
    answers = {
        kind: client.get(reverse("studio:subject-file", args=[subject.brand.slug, subject.pk, kind]))
        for kind in ("original", "normal")
    }
    assert {kind: answer.status_code for kind, answer in answers.items()} == {"original": 404, "normal": 200}
    assert b"has been deleted" in answers["original"].content
    assert b"".join(answers["normal"])


def test_what_the_store_does_not_delete_is_deleted_later(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = make_subject(kept_for(1))
    days_old(subject, 2)

    def fails(self: object, name: str) -> None:
        raise OSError("away")

    with monkeypatch.context() as patch:
        patch.setattr(type(private_store()), "delete", fails)
        remove_originals()
    subject.refresh_from_db()
    assert private_store().exists(str(subject.original))
    assert not Event.objects.exists()
    remove_originals()
    subject.refresh_from_db()
    assert subject.original.name == ""


def test_a_kill_after_the_file_is_made_good_in_the_next_round() -> None:
    subject = make_subject(kept_for(1))
    days_old(subject, 2)
    private_store().delete(str(subject.original))
    remove_originals()
    subject.refresh_from_db()
    assert subject.original.name == ""


def killed_while_storing(place: str) -> NewFiles:
    """Files in a place whose process ended before it could write a row."""
    files = NewFiles(private_store(), place)
    files.add("original.png", b"1")
    files.add("normal.jpg", b"2")
    return files


def let_time_pass() -> None:
    """Two days, for every file."""
    for file in (Path(django_settings.DATA_DIR) / "private").rglob("*"):
        if file.is_file():
            os.utime(file, (time.time() - 2 * 86400,) * 2)


def test_it_deletes_what_a_killed_process_has_stored() -> None:
    killed_while_storing("brands/1/subjects/abc/1")
    let_time_pass()
    remove_unfinished()
    assert stored_files() == []


def test_it_leaves_what_somebody_may_be_working_on() -> None:
    killed_while_storing("brands/1/subjects/abc/1")
    before = stored_files()
    remove_unfinished()
    assert stored_files() == before
    assert len(before) == 3


def test_it_leaves_what_a_row_names(photo: Path, brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between the row and the end of the note."""
    monkeypatch.setattr(NewFiles, "__exit__", lambda *_: None)
    subject, _ = intake.take_in(brand=brand, by=None, file=photo)
    assert len([name for name in stored_files() if "/pending/" in name]) == 1
    let_time_pass()
    remove_unfinished()
    assert [name for name in stored_files() if "/pending/" in name] == []
    assert len(stored_files()) == 4
    assert private_store().exists(str(subject.normal))


def test_nothing_is_left_of_what_went_well_or_wrong(photo: Path, brand: Brand) -> None:
    intake.take_in(brand=brand, by=None, file=photo)
    photo.write_text("words")
    with pytest.raises(intake.PhotoRefused):
        intake.take_in(brand=brand, by=None, file=photo)
    assert len(stored_files()) == 4


def test_a_round_forgets_what_is_old(designer: User) -> None:
    now = timezone.now()
    for hours in (1, 25):
        call = IdempotentCall.objects.create(user=designer, key=f"{hours} hours", asked="x")
        IdempotentCall.objects.filter(pk=call.pk).update(created_at=now - timedelta(hours=hours))
    for words, seen in (("old", 91), ("young", 89), ("never", None)):
        seen_at = now - timedelta(days=seen) if seen else None
        Notice.objects.create(user=designer, kind="x", words=words, seen_at=seen_at)
    a_round()
    assert [call.key for call in IdempotentCall.objects.all()] == ["1 hours"]
    assert {notice.words for notice in Notice.objects.all()} == {"young", "never"}


def test_a_step_that_fails_stops_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    subject = make_subject(kept_for(1))
    days_old(subject, 2)

    def forget() -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(housekeeping, "forget_old_calls", forget)
    a_round()
    subject.refresh_from_db()
    assert subject.original.name == ""
    assert "forget failed" in caplog.text


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One for each round; the last was long ago."""
    done: list[int] = []
    monkeypatch.setattr(housekeeping, "_done_at", -housekeeping.EVERY)
    monkeypatch.setattr(housekeeping, "a_round", lambda: done.append(1))
    return done


@pytest.mark.parametrize(
    ("signs", "times"),
    [
        ([], 1),
        ([(worker_name(), 0), ("another:1", 0)], 1),
        ([("another:1", 0), (worker_name(), 0)], 0),
        ([("dead:1", 600), (worker_name(), 0)], 1),
    ],
)
def test_the_eldest_worker_does_it_now_and_then(
    rounds: list[int], signs: list[tuple[str, int]], times: int
) -> None:
    for worker, seconds in signs:
        seen_at = timezone.now() - timedelta(seconds=seconds)
        WorkerSign.objects.create(worker=worker, seen_at=seen_at)
    keep_house()
    keep_house()
    assert len(rounds) == times


def test_the_sweep_brings_it_about(rounds: list[int]) -> None:
    swept.send_robust(sender=None)
    assert rounds == [1]


def test_subjects_without_an_original_are_shown(client: Client) -> None:
    subject = make_subject(kept_for(1))
    Subject.objects.filter(pk=subject.pk).update(original="")
    client.force_login(make_user(subject.brand))
    assert client.get(reverse("studio:home", args=[subject.brand.slug])).status_code == 200
