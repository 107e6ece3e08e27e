"""One generation through the real runner, until nothing more happens by itself."""

from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone

from brandkit.accounts.models import Brand
from brandkit.common.storage import digest
from generation.models import Generation, ProviderAccount
from generation.provider import get_provider
from generation.provider_accounts import AccountState, state_of
from generation.providers.wire.endings import PACIFIC
from generation.runner import run
from generation.waiting import clock, why_waiting
from templates_app.models import SceneVersion
from tests.factories import make_brand, make_generation, make_scene, make_subject, picture_bytes, stored
from tests.generation.scenarios.scenario import MIDNIGHT, PRICES, Scenario

ALIAS = "vendor"
GOES_ON = "This picture goes on by itself"
PATIENT, IMPATIENT = 60.0, 1.0
"""Seconds for a call: that no busy machine needs, and that a silent server outlasts."""


def use(settings: Any, backend: str, *, seconds: float = PATIENT, **options: Any) -> None:
    """Have this provider make the pictures from now on."""
    timeouts = dict.fromkeys(("1K", "2K", "4K"), seconds)
    given = {"prices": PRICES, "timeouts": timeouts, **options}
    settings.BRANDKIT_PROVIDER = ALIAS
    settings.BRANDKIT_PROVIDERS = {ALIAS: {"BACKEND": f"generation.providers.{backend}", "OPTIONS": given}}


def wanted(brand: Brand | None = None, **fields: Any) -> Generation:
    """A subject that is a JPEG in a scene that is a WebP, so that words can tell them apart."""
    brand = brand or make_brand()
    photo = photo_bytes("JPEG")
    subject = make_subject(brand, normal=stored("normal.jpg", photo), normal_sha256=digest(photo))
    model = get_provider(ALIAS).model
    made = {"subject": subject, "scene_version": webp_scene(brand), "provider": ALIAS, "model": model}
    return make_generation(brand, **{**made, **fields})


def webp_scene(brand: Brand) -> SceneVersion:
    version, data = make_scene(brand), photo_bytes("WEBP")
    SceneVersion._base_manager.filter(pk=version.pk).update(
        picture=stored("scene.webp", data), sha256=digest(data), media_type="image/webp"
    )
    version.refresh_from_db()
    return version


@cache
def photo_bytes(kind: str) -> bytes:
    return picture_bytes(96, 96, "tan", kind)


def turn(generation: Generation) -> int:
    """Run it as workers do. Gives the number of calls that it made: one or none."""
    before = generation.attempts.count()
    run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    return generation.attempts.count() - before


def make_due(generation: Generation) -> None:
    """Its waiting is over, and so is everybody's. A pause is not: it waits for a person."""
    now = timezone.now()
    Generation.objects.filter(pk=generation.pk, state="queued").update(retry_at=now)
    ProviderAccount.objects.update(closed_until=None)


def to_the_end(generation: Generation) -> None:
    """Whenever it is due; what comes too early or too late makes no call."""
    while True:
        assert turn(generation) == 0
        make_due(generation)
        if turn(generation) == 0:
            return


def words_shown(generation: Generation) -> str:
    """What people read of it: why it ended, or why it waits."""
    return generation.failure_words or why_waiting([generation]).get(generation.pk, "")


def outcomes(generation: Generation) -> tuple[str, ...]:
    return tuple(generation.attempts.order_by("number").values_list("outcome", flat=True))


def spend(generation: Generation) -> Decimal:
    total: Decimal = generation.attempts.aggregate(Sum("cost"))["cost__sum"]
    return total


def check_the_first_call(generation: Generation, scenario: Scenario) -> None:
    """What is kept of the call that met the fault, and what people read right after it."""
    attempt = generation.attempts.get()
    assert (attempt.code, attempt.words) == (scenario.code, scenario.words)
    assert attempt.vendor_code == scenario.vendor
    assert (attempt.outcome, attempt.cost) == (scenario.outcomes[0], scenario.cost)
    account = state_of(get_provider(ALIAS))
    assert bool(account.paused_since) == (attempt.outcome == "stopped")
    assert bool(account.closed_until) == (scenario.wait is not None)
    if account.paused_since:
        assert (account.code, account.words) == (scenario.code, scenario.words)
    if account.closed_until and scenario.wait == MIDNIGHT:
        assert account.closed_until.astimezone(PACIFIC).strftime("%H:%M") == "00:00"
    elif account.closed_until and scenario.wait:
        asked = attempt.started_at + timedelta(seconds=attempt.seconds or 0)
        assert (account.closed_until - asked).total_seconds() == pytest.approx(scenario.wait, abs=3)
    assert words_shown(generation) == words_due(generation, scenario, account)


def words_due(generation: Generation, scenario: Scenario, account: AccountState) -> str:
    """What people are to read after the first call."""
    name, words = get_provider(ALIAS).name, scenario.words
    if account.paused_since:
        then = "as soon as the operator has resumed the provider"
        return f"{name} has been paused since {clock(account.paused_since)}. {words} {GOES_ON} {then}."
    if account.closed_until:
        return f"{name} takes no calls until {clock(account.closed_until)}. {words} {GOES_ON} then."
    if generation.retry_at:
        return f"The next try is at {clock(generation.retry_at)}, after this: {words}"
    return scenario.words


def check_the_end(generation: Generation, scenario: Scenario) -> None:
    """When nothing more happens by itself."""
    assert (generation.state, outcomes(generation)) == (scenario.state, scenario.outcomes)
    assert spend(generation) == scenario.spend
    if scenario.state == "succeeded":
        assert words_shown(generation) == ""
    if scenario.output is not None:
        output = generation.output
        kept = {name: getattr(output, name) for name in scenario.output}
        flags = tuple(flag["code"] for flag in output.flags)
        assert {**kept, "flags": flags} == scenario.output
