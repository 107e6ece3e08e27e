"""Guarded state moves: one UPDATE that names the old state, and one Event, in one transaction."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import models, transaction

from brandkit.common.errors import Conflict
from brandkit.common.models import Actor, record

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
        for name, value in {"state": to, **changes}.items():
            setattr(self, name, value)
