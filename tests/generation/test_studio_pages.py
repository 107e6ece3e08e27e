"""What the Studio's pages answer, without a browser."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from brandkit.accounts.models import Brand, User
from generation.models import Attempt, Generation, ProviderAccount
from generation.templatetags.studio import about, maker, price_again
from tests.factories import (
    make_brand,
    make_format,
    make_generation,
    make_output,
    make_prompt,
    make_reference,
    make_scene,
    make_subject,
    make_user,
)

pytestmark = pytest.mark.django_db

FAKE = "generation.providers.fake.Fake"


@pytest.fixture
def brand(settings: Any) -> Brand:
    settings.BRANDKIT_PROVIDERS = {
        "fake": {"BACKEND": FAKE, "OPTIONS": {"model": "usual-1"}},
        "other": {"BACKEND": FAKE, "OPTIONS": {"model": "other-1"}},
    }
    settings.BRANDKIT_PROVIDER = "fake"
    return make_brand()


@pytest.fixture
def client(designer: User) -> Client:
    return client_of(designer)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def address(brand: Brand, name: str, *args: Any) -> str:
    return reverse(f"studio:{name}", args=[brand.slug, *args])


def text(response: Any) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def wish(brand: Brand) -> dict[str, Any]:
    return {
        "subject": make_subject(brand).pk,
        "scene": make_scene(brand).pk,
        "format": make_format(brand).pk,
        "prompt": make_prompt(brand).pk,
    }


def pause(account: str = "fake") -> None:
    ProviderAccount.objects.create(
        name=account, paused_at=timezone.now(), pause_code="key_refused", pause_words="The key was refused."
    )


def chosen(client: Client, brand: Brand) -> str:
    alias: str = client.get(address(brand, "home")).context["offer"].provider.alias
    return alias


# Who makes them


def test_it_remembers_the_provider_of_each_person(client: Client, brand: Brand) -> None:
    assert chosen(client, brand) == "fake"
    answer = client.post(address(brand, "provider"), {"provider": "other", "scene": "3", "kept": "7"})
    assert answer["Location"] == f"{address(brand, 'home')}?scene=3&format=7"
    assert chosen(client, brand) == "other"
    assert chosen(client_of(make_user(brand)), brand) == "fake"


def test_it_asks_the_chosen_provider_and_remembers_it(client: Client, brand: Brand) -> None:
    client.post(address(brand, "ask"), {**wish(brand), "provider": "other"})
    generation = Generation.objects.get()
    assert (generation.provider, generation.model) == ("other", "other-1")
    assert chosen(client, brand) == "other"


def test_it_asks_the_usual_one_where_none_is_named(client: Client, brand: Brand) -> None:
    client.post(address(brand, "ask"), wish(brand))
    assert Generation.objects.get().provider == "fake"


@pytest.mark.parametrize("name", ["ask", "provider"])
def test_it_names_those_that_there_are(client: Client, brand: Brand, name: str) -> None:
    answer = client.post(address(brand, name), {**wish(brand), "provider": "nobody"})
    assert answer.status_code == 422
    assert "There is: fake, other." in answer.content.decode()
    assert not Generation.objects.exists()
    assert chosen(client, brand) == "fake"


def test_it_goes_back_to_the_usual_one_when_the_chosen_is_gone(
    client: Client, brand: Brand, settings: Any
) -> None:
    client.post(address(brand, "provider"), {"provider": "other"})
    settings.BRANDKIT_PROVIDERS = {"fake": {"BACKEND": FAKE}}
    assert chosen(client, brand) == "fake"
    assert "Made by" not in text(client.get(address(brand, "home")))


# What was asked for before, and what comes next


def ask(client: Client, brand: Brand, asked: dict[str, Any]) -> str:
    return text(client.post(address(brand, "ask"), asked, headers={"HX-Request": "true"}))


def test_it_says_when_a_picture_is_there_already(client: Client, brand: Brand) -> None:
    asked = wish(brand)
    assert "1 picture asked for." in ask(client, brand, asked)
    assert "1 picture asked for." in ask(client, brand, asked)
    make_output(Generation.objects.get())
    assert "It is there already; nothing is made or paid for again." in ask(client, brand, asked)
    more = {**asked, "format": [asked["format"], make_format(brand).pk]}
    assert "1 picture asked for; 1 was there already." in ask(client, brand, more)
    assert Generation.objects.count() == 2


def test_it_names_the_maker_of_a_picture_where_there_are_several(
    client: Client, brand: Brand, designer: User, settings: Any
) -> None:
    make_generation(brand, by=designer, provider="other")
    make_generation(brand, by=designer, provider="gone")
    found = client.get(address(brand, "home"))
    assert [maker(card.picture) for card in found.context["page"].cards] == ["gone", "Fake"]
    assert "· Fake</p>" in text(found)
    settings.BRANDKIT_PROVIDERS = {"fake": {"BACKEND": FAKE}}
    assert "· Fake</p>" not in text(client.get(address(brand, "home")))


def test_it_tells_the_price_before_another_one_is_made(
    client: Client, brand: Brand, designer: User, settings: Any
) -> None:
    prices = {"1K": "0.134", "input": "0.01"}
    settings.BRANDKIT_PROVIDERS = {
        "fake": {"BACKEND": FAKE, "OPTIONS": {"prices": {"4K": "1"}}},
        "paid": {"BACKEND": FAKE, "OPTIONS": {"prices": prices}},
    }
    done, failed, again = (make_generation(brand, by=designer, provider="paid") for _ in range(3))
    make_output(done)
    done.references.set([make_reference(done.subject) for _ in range(2)])
    Generation.objects.filter(pk__in=[failed.pk, again.pk]).update(state="failed")
    Generation.objects.filter(pk__in=[done.pk, again.pk]).update(fetched="answers/1")
    unpriced = make_generation(brand, by=designer, provider="fake", state="failed")
    cards = client.get(address(brand, "home")).context["page"].cards
    prices_again = {card.picture.pk: price_again(card.picture) for card in cards}
    assert prices_again == {
        done.pk: Decimal("0.174"),
        failed.pk: Decimal("0.154"),
        again.pk: None,
        unpriced.pk: None,
    }
    assert 'Again, differently<span class="unseen">' in text(client.get(address(brand, "picture", done.pk)))
    assert '<span class="soft small">about $0.17</span></button>' in text(
        client.get(address(brand, "picture", done.pk))
    )


def test_it_does_not_call_free_what_is_still_to_be_paid(
    client: Client, brand: Brand, designer: User, settings: Any
) -> None:
    settings.BRANDKIT_PROVIDERS["fake"]["OPTIONS"]["prices"] = {"1K": "0.134"}
    waiting = make_generation(brand, by=designer, provider="fake")
    page = text(client.get(address(brand, "picture", waiting.pk)))
    assert "<dt>Cost</dt> <dd> nothing yet; about $0.13 </dd>" in page


# A provider that is shut


def test_it_tells_of_a_pause_and_still_takes_wishes(client: Client, brand: Brand) -> None:
    asked = wish(brand)
    pause()
    page = text(client.get(address(brand, "home")))
    assert "Fake has been paused since" in page
    assert "The key was refused. You can go on asking" in page
    assert "as soon as the operator has resumed it" in page
    client.post(address(brand, "ask"), asked)
    generation = Generation.objects.get()
    assert generation.state == "queued"
    for path in (address(brand, "home"), address(brand, "picture", generation.pk)):
        assert "This picture goes on by itself as soon as the operator has" in text(client.get(path))


def test_it_leads_the_operator_to_the_account(brand: Brand) -> None:
    pause()
    operator = make_user(brand, is_superuser=True, is_staff=True)
    page = text(client_of(operator).get(address(brand, "home")))
    assert reverse("admin:generation_provideraccount_changelist") in page


def test_it_says_nothing_of_other_accounts(client: Client, brand: Brand) -> None:
    pause("other")
    assert "paused" not in text(client.get(address(brand, "home")))


def test_it_shows_a_card_anew_when_its_provider_is_paused(
    client: Client, brand: Brand, designer: User
) -> None:
    generation = make_generation(brand, by=designer, provider="fake")
    page = client.get(address(brand, "home"))
    mark = page.context["page"].cards[0].mark
    assert f'value="{generation.pk}-{mark}"' in text(page)
    news = {"open": f"{generation.pk}-{mark}"}
    assert "<article" not in text(client.get(address(brand, "news"), news))
    pause()
    changed = text(client.get(address(brand, "news"), news))
    assert "Fake has been paused since" in changed
    assert "delay:10s" in changed


# One picture


def attempt(generation: Generation, number: int, **fields: Any) -> Attempt:
    given: dict[str, Any] = {"provider": "gemini", "model": "gemini-3", "cost": "0.1362"}
    return Attempt.objects.create(
        brand=generation.brand,
        generation=generation,
        number=number,
        started_at=timezone.now(),
        **{**given, **fields},
    )


def test_it_tells_what_is_kept_of_each_attempt(client: Client, brand: Brand) -> None:
    generation = make_generation(brand, state="failed", failure_words="It refused the scene picture.")
    sent = {"role": "scene", "sha256": "ab" * 32, "media_type": "image/webp", "bytes": 3_250_000}
    attempt(
        generation,
        1,
        outcome="failed",
        step="call",
        http_status=400,
        code="bad_input",
        words="It refused the scene picture.",
        vendor_code="INVALID_ARGUMENT",
        vendor_words="Unsupported <MIME> type",
        sent=[{**sent, "width": 1200, "height": 900}],
        parameters={"imageSize": "1K"},
        usage={"totalTokenCount": 3},
        response_id="r-1",
        model_version="gemini-3-pro-image",
        bytes_received=210,
        seconds=1.5,
        cost=0,
    )
    page = text(client.get(address(brand, "picture", generation.pk))).replace("\xa0", " ")
    for label, words in {
        "Step": "call",
        "Code": "bad_input",
        "HTTP status": "400",
        "Provider&#x27;s code": "INVALID_ARGUMENT",
        "Provider&#x27;s words": "Unsupported &lt;MIME&gt; type",
        "Sent": "scene: image/webp, 1200 × 900, 3.1 MB, sha256 abababababababab",
        "Parameters": "{&quot;imageSize&quot;: &quot;1K&quot;}",
        "Received": "210 bytes",
        "Model version": "gemini-3-pro-image",
        "Response": "r-1",
        "Usage": "{&quot;totalTokenCount&quot;: 3}",
    }.items():
        assert f"<dt>{label}</dt><dd>{words}</dd>" in page
    assert "<dt>Job</dt>" not in page


def test_it_counts_what_nobody_knows_as_spent(client: Client, brand: Brand) -> None:
    generation = make_generation(brand, state="running")
    attempt(generation, 1)
    attempt(generation, 2, cost=0)
    attempt(generation, 3)
    page = text(client.get(address(brand, "picture", generation.pk)))
    assert "<strong>1. No answer came; it counts as spent</strong>" in page
    assert "<strong>2. No answer came</strong>" in page
    assert "<strong>3. Waiting for the answer</strong>" in page
    assert "$0.2724 in 3 attempts" in page


def test_it_warns_of_what_is_not_as_it_was_asked_for(client: Client, brand: Brand, designer: User) -> None:
    flags = [{"code": "wrong_ratio", "words": "It was asked for in 1:1 and came as 1200 × 1024."}]
    output = make_output(make_generation(brand, by=designer), flags=flags)
    for path in (address(brand, "home"), address(brand, "picture", output.generation_id)):
        assert "It was asked for in 1:1 and came as 1200 × 1024." in text(client.get(path))


@pytest.mark.parametrize(
    ("dollars", "words"),
    [
        (None, "no price set"),
        ("0", "free"),
        ("0.00000", "free"),
        ("0.1362", "about $0.14"),
        ("1.34", "about $1.34"),
        ("123", "about $123.00"),
        ("0.0011", "about $0.0011"),
    ],
)
def test_it_tells_about_what_a_picture_costs(dollars: str | None, words: str) -> None:
    assert about(None if dollars is None else Decimal(dollars)) == words
