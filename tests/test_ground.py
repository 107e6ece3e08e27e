"""What every row stands on: guarded moves, frozen versions, durable files."""

import pytest
from django.core.files.base import ContentFile

from brandkit.common.errors import Conflict, StorageFailed
from brandkit.common.models import history
from brandkit.common.storage import keep, private_store
from templates_app.frozen import Frozen
from templates_app.models import SceneVersion
from tests.conftest import stored_files
from tests.factories import make_brand, make_generation, make_scene, make_user

pytestmark = pytest.mark.django_db


def test_it_moves_a_row_and_writes_its_event() -> None:
    person = make_user()
    generation = make_generation(make_brand())
    generation.move("running", actor=person, worker="w", data={"why": "test"})
    generation.refresh_from_db()
    assert (generation.state, generation.worker) == ("running", "w")
    [event] = history(generation)
    assert (event.kind, event.actor, event.brand_id) == ("generation.running", person, generation.brand_id)
    assert event.data == {"from": "queued", "why": "test"}


def test_it_refuses_a_move_that_the_table_does_not_have() -> None:
    generation = make_generation(make_brand())
    with pytest.raises(Conflict, match="This generation is queued; it can't become succeeded"):
        generation.move("succeeded")
    assert not history(generation).exists()


def test_it_refuses_a_move_by_a_copy_that_is_out_of_date() -> None:
    generation = make_generation(make_brand())
    late = type(generation).objects.get(pk=generation.pk)
    generation.move("cancelled")
    with pytest.raises(Conflict, match="somebody else was faster"):
        late.move("running")
    generation.refresh_from_db()
    assert generation.state == "cancelled"
    assert [event.kind for event in history(generation)] == ["generation.cancelled"]


@pytest.mark.parametrize("state", ["approved", "retired"])
def test_it_keeps_a_version_frozen_against_every_way_of_the_orm(state: str) -> None:
    version = make_scene(make_brand(), state=state, ground=0.7)
    version.ground = 0.1
    with pytest.raises(Frozen):
        version.save()
    with pytest.raises(Frozen):
        version.save(update_fields=["ground"])
    with pytest.raises(Frozen):
        version.delete()
    with pytest.raises(Frozen):
        SceneVersion.objects.filter(pk=version.pk).update(ground=0.1)
    with pytest.raises(Frozen):
        SceneVersion.objects.bulk_update([version], ["ground"])
    with pytest.raises(Frozen):
        SceneVersion.objects.filter(pk=version.pk).delete()
    assert SceneVersion.objects.get(pk=version.pk).ground == 0.7


def test_it_does_not_let_a_stale_draft_overwrite_an_approved_version() -> None:
    version = make_scene(make_brand(), state="draft")
    stale = SceneVersion.objects.get(pk=version.pk)
    version.move("approved")
    stale.ground = 0.1
    with pytest.raises(Frozen):
        stale.save()


def test_it_does_not_approve_by_an_update() -> None:
    version = make_scene(make_brand(), state="draft")
    with pytest.raises(Frozen, match="its own move"):
        SceneVersion.objects.filter(pk=version.pk).update(state="approved")
    assert SceneVersion.objects.get(pk=version.pk).state == "draft"


def test_it_leaves_no_file_behind_when_the_disk_is_full() -> None:
    class Full(ContentFile):  # type: ignore[type-arg]  # not subscriptable at run time
        def chunks(self, chunk_size: int | None = None):  # type: ignore[no-untyped-def]  # only raises
            yield b"the first part"
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        private_store().save("a/b.png", Full(b""))
    assert stored_files() == []


def test_it_tells_a_full_disk_as_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageFailed, match="could not be stored: No space left on device"):
        keep(private_store(), "a/b.png", b"data")
    assert stored_files() == []
