"""Work for a scripted provider, for the tests of the engine."""

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from brandkit.common.models import history
from generation.models import Generation, Work
from generation.runner import run
from tests.conftest import stored_files
from tests.factories import make_brand, make_generation

Script = Callable[..., Generation]
"""Makes a generation whose provider follows these steps."""

FAKE = "generation.providers.fake.Fake"


def use(settings: Any, *script: dict[str, Any], **options: Any) -> None:
    """The provider `fake` follows these steps from now on."""
    steps = {"script": list(script)} if script else {}
    settings.BRANDKIT_PROVIDERS = {"fake": {"BACKEND": FAKE, "OPTIONS": {**steps, **options}}}


def wanted(**fields: Any) -> Generation:
    return make_generation(make_brand(), **{"provider": "fake", "model": "fake-1", **fields})


def several(count: int, **fields: Any) -> list[Generation]:
    """Of the same things, so that they are made quickly."""
    first = wanted(**fields)
    alike = ("subject", "scene_version", "prompt_version", "output_format")
    same = {name: getattr(first, name) for name in alike}
    return [first, *(make_generation(first.brand, provider=first.provider, **same) for _ in range(count - 1))]


def work_on(work: Work) -> str:
    """Run it, give its state."""
    run(work.NOUN, work.pk)
    work.refresh_from_db()
    return work.state


def work_on_when_due(work: Work) -> str:
    """The same once its next try is due."""
    type(work).objects.filter(pk=work.pk, state="queued").update(retry_at=timezone.now())
    return work_on(work)


def outcomes(work: Work) -> list[str]:
    return list(work.attempts.order_by("number").values_list("outcome", flat=True))


def costs(work: Work) -> list[str]:
    return [str(cost) for cost in work.attempts.order_by("number").values_list("cost", flat=True)]


def kinds(work: Work) -> list[str]:
    return [event.kind for event in history(work)]


def outputs_stored() -> list[str]:
    return [name for name in stored_files() if "/outputs/" in name]
