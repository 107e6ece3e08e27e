"""Versions that can't change once approved: not by a page, not by the admin, not by the ORM."""

from collections.abc import Iterable
from typing import Any, ClassVar, TypeVar

from django.conf import settings
from django.db import models, transaction

from brandkit.common.errors import Conflict
from brandkit.common.moves import Moves, Stateful


class Frozen(Conflict):
    """An approved version never changes. Make a new version instead."""

    code = "frozen"


V = TypeVar("V", bound="Version")


class VersionQuerySet(models.QuerySet[V]):
    """Rows are changed one at a time, through `save` and the moves, so that nothing slips past the freeze."""

    def update(self, **kwargs: Any) -> int:
        self._refuse_unless_drafts()
        if kwargs.keys() & {"state", "approved_at", "approved_by", "retired_at", "retired_by"}:
            raise Frozen("A version is approved or retired by its own move, never by an update.")
        return super().update(**kwargs)

    def bulk_update(self, objs: Iterable[V], fields: Iterable[str], batch_size: int | None = None) -> int:
        raise Frozen("Versions are saved one at a time.")

    def bulk_create(self, objs: Iterable[V], *args: Any, **kwargs: Any) -> list[V]:
        raise Frozen("Versions are saved one at a time.")

    def delete(self) -> tuple[int, dict[str, int]]:
        self._refuse_unless_drafts()
        return super().delete()

    def _refuse_unless_drafts(self) -> None:
        if self.exclude(state=Version.State.DRAFT).exists():
            raise Frozen


class Version(Stateful):
    """What scene and prompt versions share: `draft -> approved -> retired`, and who did it when."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        APPROVED = "approved", "Approved"
        RETIRED = "retired", "Retired"

    MOVES: ClassVar[Moves] = {
        State.DRAFT: frozenset({State.APPROVED}),
        State.APPROVED: frozenset({State.RETIRED}),
        State.RETIRED: frozenset(),
    }

    number = models.PositiveIntegerField(editable=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT, editable=False)
    note = models.CharField("what is new", max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, editable=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    retired_at = models.DateTimeField(null=True, editable=False)
    retired_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        abstract = True

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save a draft. Raises Frozen where the row is approved by now, whatever this copy believes."""
        with transaction.atomic():
            self._refuse_unless_draft()
            super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        with transaction.atomic():
            self._refuse_unless_draft()
            return super().delete(*args, **kwargs)

    def _refuse_unless_draft(self) -> None:
        row = type(self)._base_manager.select_for_update().filter(pk=self.pk)
        stored = row.values_list("state", flat=True).first()
        if (stored or self.state) != self.State.DRAFT or not self.is_draft:
            raise Frozen
