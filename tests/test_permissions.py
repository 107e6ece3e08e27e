"""Who may do what at every address: the URL table against one list of rules. No route goes without one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from rest_framework.test import APIClient

from brandkit.accounts.models import Brand, Notice, Role, User
from brandkit.accounts.tokens import make_token
from generation.models import Batch, Generation, Reference
from review.models import AssetVersion, Pin, Review
from tests.factories import (
    cutout_bytes,
    make_batch,
    make_brand,
    make_generation,
    make_reference,
    make_user,
    picture_bytes,
)
from tests.review.factories import make_published, make_review

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

ANYBODY = frozenset({"anonymous", "stranger", "designer", "reviewer", "curator", "owner"})
SIGNED_IN = ANYBODY - {"anonymous"}
MEMBERS = SIGNED_IN - {"stranger"}
JUDGES = frozenset({"reviewer", "owner"})
OWNERS = frozenset({"owner"})
REVIEWER = frozenset({"reviewer"})

# Method and route to those who may. Others are sent to the sign-in (the API: 401), told that there is no such
# thing (strangers, 404), or told that their role does not allow it (members, 403).
RULES: dict[str, frozenset[str]] = {
    # The way in, health, and what is published
    "GET web:home": SIGNED_IN,
    "GET web:sign-in": ANYBODY,
    "POST web:sign-in": ANYBODY,
    "POST web:sign-out": ANYBODY,
    "GET web:notices": SIGNED_IN,
    "GET web:notice": frozenset({"designer"}),
    "POST web:notices-seen": SIGNED_IN,
    "POST web:notices-mail": SIGNED_IN,
    "POST web:notices-verdicts": SIGNED_IN,
    "GET health:healthz": ANYBODY,
    "GET health:readyz": ANYBODY,
    "GET assets:stable": ANYBODY,
    "GET assets:immutable": ANYBODY,
    # The Studio
    "GET studio:home": MEMBERS,
    "POST studio:provider": MEMBERS,
    "GET studio:subjects": MEMBERS,
    "POST studio:upload": MEMBERS,
    "POST studio:rename": MEMBERS,
    "POST studio:subject-attach": MEMBERS,
    "POST studio:reference-remove": MEMBERS,
    "POST studio:reference-restore": MEMBERS,
    "GET studio:reference-file": MEMBERS,
    "POST studio:ask": MEMBERS,
    "GET studio:older": MEMBERS,
    "GET studio:news": MEMBERS,
    "GET studio:picture": MEMBERS,
    "POST studio:again": MEMBERS,
    "POST studio:cancel": MEMBERS,
    "POST studio:retry": MEMBERS,
    "GET studio:subject-file": MEMBERS,
    "GET studio:output-file": MEMBERS,
    "GET studio:scene-file": MEMBERS,
    # Many at once
    "GET batches:home": MEMBERS,
    "GET batches:many": MEMBERS,
    "POST batches:look": MEMBERS,
    "POST batches:start": MEMBERS,
    "GET batches:show": MEMBERS,
    "GET batches:news": MEMBERS,
    "POST batches:pause": MEMBERS,
    "POST batches:resume": MEMBERS,
    "POST batches:cancel": MEMBERS,
    "POST batches:retry": MEMBERS,
    "POST batches:priority": MEMBERS,
    "GET batches:import": MEMBERS,
    "POST batches:import-look": MEMBERS,
    "POST batches:import-check": MEMBERS,
    "GET batches:import-draft": MEMBERS,
    "POST batches:import-start": MEMBERS,
    "POST batches:import-discard": MEMBERS,
    "GET batches:fix": MEMBERS,
    # The review desk and the library
    "GET review:desk": JUDGES,
    "GET review:show": MEMBERS,
    "POST review:decide": JUDGES,
    "POST review:hold": JUDGES,
    "POST review:skip": JUDGES,
    "POST review:publish": JUDGES,
    "POST review:take-over": OWNERS,
    "POST review:supersede": JUDGES,
    "POST review:undo": JUDGES,
    "GET review:ahead": JUDGES,
    "GET review:live": JUDGES,
    "GET review:changes": JUDGES,
    "POST review:changes": JUDGES,
    "GET review:grid": JUDGES,
    "POST review:bulk": JUDGES,
    "GET review:keys": JUDGES,
    "POST review:keys-save": JUDGES,
    "POST review:pin-add": JUDGES,
    "POST review:pin-edit": REVIEWER,
    "POST review:pin-resolve": REVIEWER,
    "POST review:pin-reopen": REVIEWER,
    "POST review:pin-delete": REVIEWER,
    "GET review:told": MEMBERS,
    "GET review:library": MEMBERS,
    "GET review:compare": MEMBERS,
    "GET review:asset": MEMBERS,
    "GET review:version": MEMBERS,
    "GET review:thumbnail": MEMBERS,
    "POST review:unpublish": JUDGES,
    # Money
    "GET spend:page": MEMBERS,
    "GET spend:table": MEMBERS,
    "POST spend:limit": OWNERS,
    # The API
    "GET api:openapi": ANYBODY,
    "POST api:login": ANYBODY,
    "POST api:logout": SIGNED_IN,
    "POST api:logout-all": SIGNED_IN,
    "GET api:brands": SIGNED_IN,
    "GET api:spend": MEMBERS,
    "GET api:budget": MEMBERS,
    "POST api:budget": OWNERS,
    "GET api:subject-list": MEMBERS,
    "POST api:subject-list": MEMBERS,
    "GET api:subject-detail": MEMBERS,
    "GET api:subject-cutout": MEMBERS,
    "POST api:subject-references": MEMBERS,
    "GET api:reference-list": MEMBERS,
    "GET api:reference-detail": MEMBERS,
    "GET api:reference-picture": MEMBERS,
    "POST api:reference-remove": MEMBERS,
    "POST api:reference-restore": MEMBERS,
    "GET api:generation-list": MEMBERS,
    "POST api:generation-list": MEMBERS,
    "GET api:generation-detail": MEMBERS,
    "POST api:generation-cancel": MEMBERS,
    "POST api:generation-retry": MEMBERS,
    "GET api:batch-list": MEMBERS,
    "POST api:batch-list": MEMBERS,
    "POST api:batch-estimate": MEMBERS,
    "GET api:batch-detail": MEMBERS,
    "GET api:batch-pictures": MEMBERS,
    "GET api:batch-problems": MEMBERS,
    "POST api:batch-pause": MEMBERS,
    "POST api:batch-resume": MEMBERS,
    "POST api:batch-cancel": MEMBERS,
    "POST api:batch-retry": MEMBERS,
    "POST api:batch-priority": MEMBERS,
    "GET api:output-list": MEMBERS,
    "GET api:output-detail": MEMBERS,
    "GET api:output-picture": MEMBERS,
    "GET api:output-preview": MEMBERS,
    "GET api:scene-list": MEMBERS,
    "GET api:scene-detail": MEMBERS,
    "GET api:prompt-list": MEMBERS,
    "GET api:prompt-detail": MEMBERS,
    "GET api:format-list": MEMBERS,
    "GET api:format-detail": MEMBERS,
    "GET api:review-list": JUDGES,
    "GET api:review-detail": MEMBERS,
    "POST api:review-claim": JUDGES,
    "POST api:review-release": JUDGES,
    "POST api:review-take-over": OWNERS,
    "POST api:review-pins": JUDGES,
    "PATCH api:review-pin": REVIEWER,
    "POST api:review-resolve": REVIEWER,
    "POST api:review-reopen": REVIEWER,
    "POST api:review-changes": JUDGES,
    "POST api:review-bulk": JUDGES,
    "POST api:review-decide": JUDGES,
    "POST api:review-supersede": JUDGES,
    "POST api:review-undo": REVIEWER,
    "DELETE api:review-pin": REVIEWER,
    "GET api:reasons": MEMBERS,
    "GET api:asset-list": MEMBERS,
    "GET api:asset-detail": MEMBERS,
    "POST api:asset-unpublish": JUDGES,
}
# One person's own: for all others there is no such thing.
PERSONAL = {"GET web:notice", "POST api:review-undo"}
ELSEWHERE = {
    "api:nowhere",  # answers 404 to everybody, whatever the method; tests/api/test_problems.py
    "watching:metrics",  # knows a token of its own and no people; tests/generation/watching/test_metrics.py
}

APPS = sorted({rule.partition(" ")[2].partition(":")[0] for rule in RULES})


@dataclass
class World:
    """One brand with one of each thing, and somebody in each role."""

    brand: Brand
    people: dict[str, User]
    generation: Generation
    reference: Reference
    review: Review
    pin: Pin
    version: AssetVersion
    notice: Notice
    batch: Batch

    def row(self, route: str) -> int:
        """The number that stands in a route's address."""
        wanted = self.generation
        rows = {
            "subject": wanted.subject_id,
            "generation": wanted.pk,
            "output": self.review.output_id,
            "scene": wanted.scene_version_id,
            "prompt": wanted.prompt_version_id,
            "format": wanted.output_format_id,
            "review": self.review.pk,
            "asset": self.version.asset_id,
            "rename": wanted.subject_id,
            "reference": self.reference.pk,
            "notice": self.notice.pk,
            "batch": self.batch.pk,
        }
        app, _, name = route.partition(":")
        first = name.partition("-")[0]
        kinds = {"review": "review", "studio": first, "web": name, "api": first, "batches": "batch"}
        kind = kinds[app]
        return rows.get(kind, wanted.pk)

    def address(self, route: str, parameters: set[str]) -> str:
        rendition = self.version.renditions.get()
        values = {
            "brand": self.brand.slug,
            "kind": "thumbnail",
            "name": self.version.asset.name,
            "number": self.version.number,
            "key": rendition.key,
            "extension": rendition.extension,
            "pin": self.pin.pk,
        }
        numbers = {"pk": self.row(route)} if "pk" in parameters else {}
        return reverse(route, kwargs={name: values[name] for name in parameters - {"pk"}} | numbers)

    def body(self, rule: str) -> dict[str, Any]:
        """What a request needs to get as far as the policy, and past it."""
        wanted = self.generation
        batch = {
            "name": "Spring",
            "subjects": [wanted.subject_id],
            "scenes": [wanted.scene_version.scene.slug],
            "prompt": wanted.prompt_version.template.slug,
            "formats": [wanted.output_format.slug],
        }
        bodies: dict[str, dict[str, Any]] = {
            "POST api:batch-list": batch,
            "POST api:batch-estimate": batch,
            "POST api:batch-priority": {"priority": 3},
            "POST api:subject-list": {"photo": SimpleUploadedFile("a.png", cutout_bytes())},
            "POST api:subject-references": {"photo": SimpleUploadedFile("a.png", picture_bytes())},
            "POST studio:subject-attach": {"photo": SimpleUploadedFile("a.png", picture_bytes())},
            "POST api:generation-list": {
                "subject": wanted.subject_id,
                "scene": wanted.scene_version.scene.slug,
                "prompt": wanted.prompt_version.template.slug,
                "format": wanted.output_format.slug,
            },
            "POST api:review-decide": {"verdict": "approved"},
            "POST api:review-pins": {"x": 0.5, "y": 0.5, "words": "Here."},
            "PATCH api:review-pin": {"words": "There."},
            "POST api:review-changes": {"reasons": ["label"]},
            "POST api:review-supersede": {"verdict": "approved", "why": "Seen again."},
            "POST api:review-bulk": {"reviews": [self.review.pk], "verdict": "approved"},
            "POST api:review-undo": {"act": str(self.version.review.decisions.get().act)},
            "POST review:decide": {"verdict": "approved"},
            "POST api:budget": {"limit": "100.00"},
        }
        spoken_of = rule.endswith(("-list", "-estimate", "-bulk", ":spend", ":budget", ":reasons"))
        in_brand = {"brand": self.brand.slug} if spoken_of else {}
        return bodies.get(rule, {}) | in_brand


@pytest.fixture
def world() -> World:
    brand = make_brand()
    people = {role.value: make_user(brand, role) for role in Role}
    people["stranger"] = make_user(make_brand(), Role.OWNER)
    asker = make_user(brand)
    generation = make_generation(brand, by=asker)
    review = make_review(brand, by=asker)
    return World(
        brand=brand,
        people=people,
        generation=generation,
        reference=make_reference(generation.subject),
        review=review,
        pin=Pin.objects.create(review=review, x=0.5, y=0.5, words="Here.", by=people["reviewer"]),
        version=make_published(brand, by=people["reviewer"]),
        notice=Notice.objects.create(user=people["designer"], kind="batch.ended", words="It has ended."),
        batch=make_batch(brand),
    )


def routes(patterns: list[Any], names: str = "") -> Iterator[tuple[str, set[str]]]:
    """Every route of the project by its full name, with its parameters; the admin has a test of its own."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver) and pattern.namespace != "admin":
            within = f"{names}{pattern.namespace}:" if pattern.namespace else names
            yield from (
                (name, more | parameters(pattern)) for name, more in routes(pattern.url_patterns, within)
            )
        elif isinstance(pattern, URLPattern):
            yield f"{names}{pattern.name}", parameters(pattern)


def parameters(pattern: URLPattern | URLResolver) -> set[str]:
    return set(pattern.pattern.regex.groupindex)


def all_routes() -> dict[str, set[str]]:
    return dict(routes(get_resolver().url_patterns))


def test_every_route_has_a_rule_and_every_rule_a_route() -> None:
    ruled = {rule.partition(" ")[2] for rule in RULES}
    assert ruled | ELSEWHERE == set(all_routes())


@pytest.mark.parametrize("app", APPS)
def test_it_lets_in_just_those_whom_the_rules_name(app: str, world: World) -> None:
    found = all_routes()
    for rule in rules_of(app):
        method, _, route = rule.partition(" ")
        address = world.address(route, found[route])
        told = {name: ask(world, rule, method, address, name) for name in sorted(ANYBODY)}
        assert (rule, told) == (rule, {name: expected(rule, name) for name in told})


@pytest.mark.parametrize("app", APPS)
def test_it_knows_no_other_method(app: str, world: World) -> None:
    found = all_routes()
    for route in sorted({rule.partition(" ")[2] for rule in rules_of(app)}):
        for method in ("GET", "POST"):
            if f"{method} {route}" not in RULES:
                told = ask(world, f"{method} {route}", method, world.address(route, found[route]), "owner")
                assert (method, route, told) == (method, route, "no such method")


def rules_of(app: str) -> list[str]:
    return [rule for rule in RULES if f" {app}:" in rule]


def expected(rule: str, name: str) -> str:
    if name in RULES[rule]:
        return "yes"
    if rule in PERSONAL and name in SIGNED_IN:
        return "no such thing"
    return {"anonymous": "sign in", "stranger": "no such thing"}.get(name, "not with your role")


def ask(world: World, rule: str, method: str, address: str, name: str) -> str:
    """What `name` is told; "yes" is everything but a refusal for who they are."""
    send = by_token if " api:" in rule else by_session
    body = world.body(rule)
    response = send(world.people.get(name), method, address, body)
    if response.streaming:
        assert b"".join(response)
    if response.status_code == 302 and response["Location"].startswith(f"{reverse('web:sign-in')}?"):
        return "sign in"
    refusals = {401: "sign in", 403: "not with your role", 404: "no such thing", 405: "no such method"}
    # Signing in without a name and a password is no refusal for who they are.
    return "yes" if rule == "POST api:login" else refusals.get(response.status_code, "yes")


def by_token(user: User | None, method: str, address: str, body: dict[str, Any]) -> Any:
    client = APIClient()
    if user:
        client.credentials(HTTP_AUTHORIZATION=f"Token {make_token(user=user)[1]}")
    if method == "GET":
        return client.get(address, body)
    kind = "multipart" if "photo" in body else "json"
    return getattr(client, method.lower())(address, body, format=kind)


def by_session(user: User | None, method: str, address: str, body: dict[str, Any]) -> Any:
    client = Client()
    if user:
        client.force_login(user)
    return client.get(address, body) if method == "GET" else client.post(address, body)


@pytest.mark.parametrize("name", ["anonymous", "designer", "reviewer"])
def test_the_admin_is_for_curators_and_owners_only(name: str, world: World) -> None:
    found = admin_addresses()
    assert len(found) > 20
    for address in found:
        response = by_session(world.people.get(name), "GET", address, {})
        assert response.status_code == 302, address
        assert response["Location"].startswith(reverse("admin:login")), address


def admin_addresses() -> list[str]:
    """All but the way in and out; the numbers in them are made up."""
    patterns: list[Any] = get_resolver().url_patterns
    [admin] = [one for one in patterns if getattr(one, "namespace", None) == "admin"]
    return [
        reverse(f"admin:{route.name}", kwargs={name: MADE_UP.get(name, "1") for name in parameters(route)})
        for route in flat(admin.url_patterns)
        if route.name not in (None, "login", "logout")
    ]


MADE_UP = {"app_label": "accounts"}


def flat(patterns: list[Any]) -> Iterator[URLPattern]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from flat(pattern.url_patterns)
        else:
            yield pattern
