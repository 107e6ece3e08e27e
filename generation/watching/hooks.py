"""What other rooms have to tell: they register it when their app is ready."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from generation.watching.finding import Finding, Scope

Measure = Callable[[dict[int, str]], Iterable[Any]]
"""Gives families of prometheus_client. Gets every brand's slug by its number, to label with."""

Finder = Callable[["Scope"], Iterable["Finding"]]
"""Gives what is stuck of these brands. It counts no further than it must: a queue may be very long."""

measures: list[Measure] = []
finders: list[Finder] = []
