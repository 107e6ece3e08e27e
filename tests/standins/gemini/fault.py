"""One named way to answer."""

from dataclasses import dataclass, replace

from tests.standins.gemini.answers import Answer, answer
from tests.standins.gemini.reply import Manner, Reply, held


@dataclass(frozen=True)
class Fault:
    """fact: the row or line of the facts that it stands for."""

    fact: str
    answer: Answer


def always(given: Reply) -> Answer:
    """The same, whatever was asked."""
    return lambda _: given


def by(manner: Manner) -> Answer:
    """The plain answer, sent in another manner."""
    return lambda asked: replace(answer(asked), manner=manner)


HELD = Fault("Latency: the plain answer, when the test sets `server.go`", by(held))
