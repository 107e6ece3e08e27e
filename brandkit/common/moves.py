"""Guarded state moves: one UPDATE that names the old state, and one Event, in one transaction."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

from django.db import models, transaction

from brandkit.common.errors import Conflict
from brandkit.common.models import Actor, record, record_all

Moves = Mapping[str, frozenset[str]]


class Stateful(models.Model):
    """A row with a `state` that only moves as its table says."""

    MOVES: ClassVar[Moves]
    NOUN: ClassVar[str]
    """What events and messages call it: "generation" gives `generation.queued`."""

    state = models.CharField(max_length=20)  # each table brings its own choices

    class Meta:
        abstract = True

    def move(
        self,
        to: str,
        *,
        actor: Actor = None,
        only_if: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> None:
        """Move to state `to` and set `changes` with it, if the row still is what we think it is.

        only_if: further conditions on the row (a claim's token, say). data: kept with the event.
        Raises Conflict, with nothing changed, where the table has no such move or the row has moved on.
        """
        if to not in self.MOVES[self.state]:
            raise Conflict(f"This {self.NOUN} is {self.state}; it can't become {to}.")
        with transaction.atomic():
            same = type(self)._base_manager.filter(pk=self.pk, state=self.state, **(only_if or {}))
            if same.update(state=to, **changes) != 1:
                raise Conflict(f"This {self.NOUN} is no longer {self.state}: somebody else was faster.")
            record(f"{self.NOUN}.{to}", self, actor=actor, **{"from": self.state, **(data or {})})
        self._set(state=to, **changes)

    @classmethod
    def move_all(
        cls,
        rows: Iterable[Self],
        to: str,
        *,
        actor: Actor = None,
        data: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> None:
        """The same for rows that are locked: an UPDATE for all in one state, and an event each.

        Call it in the transaction that locked them. Raises Conflict where one may not, or is not as we think.
        """
        alike: dict[str, list[Self]] = defaultdict(list)
        for row in rows:
            if to not in cls.MOVES[row.state]:
                raise Conflict(f"This {cls.NOUN} is {row.state}; it can't become {to}.")
            alike[row.state].append(row)
        for state, some in alike.items():
            same = cls._base_manager.filter(pk__in=[row.pk for row in some], state=state)
            if same.update(state=to, **changes) != len(some):
                raise Conflict(f"One {cls.NOUN} is no longer {state}: somebody else was faster.")
            record_all(f"{cls.NOUN}.{to}", some, actor=actor, **{"from": state, **(data or {})})
            for row in some:
                row._set(state=to, **changes)

    def _set(self, **changes: Any) -> None:
        for name, value in changes.items():
            setattr(self, name, value)
