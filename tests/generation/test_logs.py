"""What a worker logs: which picture and which call it is about, and no words of anybody."""

from collections.abc import Iterator
from typing import Any

import pytest

from brandkit.common.logs import Json
from generation.engine.claims import worker_name
from generation.models import Batch, BatchProgress, Generation
from generation.runner import run
from tests.factories import make_prompt
from tests.generation.scripts import Script
from tests.logged import Ear, heard

pytestmark = pytest.mark.django_db


@pytest.fixture
def ear() -> Iterator[Ear]:
    with heard(Json()) as one:
        yield one


def ids(line: dict[str, Any]) -> dict[str, Any]:
    known = ("worker", "brand", "batch", "generation", "attempt")
    return {name: line[name] for name in known if name in line}


def test_a_call_is_told_with_its_ids_and_its_price(scripted: Script, ear: Ear) -> None:
    work = scripted({"do": "picture"})
    batch = Batch.objects.create(
        brand=work.brand, name="b", prompt_version=make_prompt(work.brand), provider="fake", state="running"
    )
    BatchProgress.objects.create(batch=batch)
    Generation.objects.filter(pk=work.pk).update(batch=batch)
    run("generation", work.pk)
    [told] = ear.of("generation.engine.results")
    attempt = work.attempts.get()
    assert ids(told) == {
        "worker": worker_name(),
        "brand": work.brand_id,
        "batch": batch.pk,
        "generation": work.pk,
        "attempt": attempt.pk,
    }
    assert told["message"] == f"A call to fake: picture; {attempt.seconds:.1f} s, $0.01."


def test_a_single_wish_names_no_batch_and_the_next_line_no_old_ids(scripted: Script, ear: Ear) -> None:
    work = scripted({"do": "refuse", "code": "blocked", "words": "Nobody may read this here."})
    run("generation", work.pk)
    run("generation", work.pk)
    [told] = ear.of("generation.engine.results")
    assert "batch" not in told
    assert told["message"].startswith("A call to fake: refused, blocked; ")
    assert "Nobody may read this" not in "".join(ear.lines)


def test_what_goes_wrong_in_the_finish_names_the_call_too(
    scripted: Script, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    work = scripted({"do": "picture"})
    monkeypatch.setattr("generation.engine.finish.open_answer", broken)
    run("generation", work.pk)
    [told] = ear.of("generation.runner")
    assert told["level"] == "ERROR"
    assert "ZeroDivisionError" in told["exception"]
    assert (told["generation"], told["attempt"]) == (work.pk, work.attempts.get().pk)
