"""The doors of the review pages: who comes in, and what they can do there."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from brandkit.accounts.models import Brand, Role, User
from brandkit.common.errors import StorageFailed
from generation.models import Attempt
from review.models import Asset, Review
from review.publishing import actions
from tests.conftest import stored_files
from tests.factories import make_brand, make_format, make_user
from tests.review.factories import make_published, make_review, too_late
from tests.review.pages import address, client_of, text

pytestmark = pytest.mark.django_db
ACTS = ("decide", "hold", "skip", "publish", "supersede", "take-over")


def test_it_offers_no_verdict_on_ones_own_request(brand: Brand, reviewer: User) -> None:
    review = make_review(brand, by=reviewer)
    client = client_of(reviewer)
    page = text(client.get(address("show", review.pk)))
    assert "You asked for this picture yourself" in page
    assert 'name="verdict"' not in page
    assert client.post(address("decide", review.pk), {"verdict": "approved"}).status_code == 403
    assert Review.objects.get().state == "waiting"


def test_it_offers_to_publish_again_when_the_store_has_failed(
    brand: Brand, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    review = make_review(brand)
    client = client_of(reviewer)
    client.post(address("decide", review.pk), {"verdict": "approved"})
    page = text(client.get(address("show", review.pk)))
    assert "It is published within seconds." in page
    assert "Publish again" not in page
    too_late(review)

    def full(*args: Any) -> str:
        raise StorageFailed("The picture could not be stored: No space left on device.")

    with monkeypatch.context() as disk:
        disk.setattr(actions, "keep", full)
        actions.publish_due()
        page = text(client.get(address("show", review.pk)))
        assert "Approved, but not public yet. The picture could not be stored: No space left" in page
        assert "Publish again" in page
        assert "is approved, but not public yet. The picture" in text(client.get(address("library")))
        assert "No space left" in text(client.post(address("publish", review.pk), follow=True))
        assert Review.objects.get().state == "approved"
    there = client.post(address("publish", review.pk), follow=True)
    assert "published as" in text(there)
    assert "not public yet" not in text(client.get(address("library")))
    assert Review.objects.get().state == "published"


def test_it_warns_of_what_is_not_as_it_was_asked_for(brand: Brand, reviewer: User) -> None:
    flags = [{"code": "wrong_ratio", "words": "It was asked for in 1:1 and came as 1200 × 1024."}]
    review = make_review(brand, output={"flags": flags})
    client = client_of(reviewer)
    page = text(client.get(address("show", review.pk)))
    assert "It was asked for in 1:1 and came as 1200 × 1024." in page
    assert "formnovalidate disabled" not in page
    client.post(address("decide", review.pk), {"verdict": "approved"})
    too_late(review)
    actions.publish_due()
    name = Review.objects.get().asset_version.asset.name
    assert "It was asked for in 1:1" in text(client.get(address("asset", name)))


def test_it_says_that_a_picture_too_small_for_its_format_can_only_be_rejected(
    brand: Brand, reviewer: User
) -> None:
    flags = [{"code": "too_small", "words": "It was asked for at 1K and came as 512 × 512."}]
    review = make_review(
        brand,
        output={"width": 512, "height": 512, "flags": flags},
        output_format=make_format(brand, width=1024, height=1024),
    )
    client, before = client_of(reviewer), stored_files()
    page = text(client.get(address("show", review.pk)))
    assert "It was asked for at 1K and came as 512 × 512." in page
    assert "published pictures are never enlarged. Ask for it again at a larger size. So it can't be" in page
    assert 'data-act="approve" disabled' in page
    answer = client.post(address("decide", review.pk), {"verdict": "approved"})
    assert answer.status_code == 422
    assert "This picture has 512 × 512 pixels and the format needs 1024 × 1024" in text(answer)
    review.refresh_from_db()
    assert (review.state, review.problem, review.decisions.count()) == ("waiting", "", 0)
    assert (Asset.objects.count(), stored_files()) == (0, before)
    client.post(address("decide", review.pk), {"verdict": "rejected", "reason": "artefact"})
    review.refresh_from_db()
    assert review.state == "rejected"


def test_it_tells_every_fact_of_an_attempt(brand: Brand, reviewer: User) -> None:
    review = make_review(brand)
    generation = review.output.generation
    Attempt.objects.create(
        brand=generation.brand,
        generation=generation,
        number=2,
        provider="gemini",
        model="gemini-3",
        outcome="failed",
        http_status=400,
        vendor_words="Unsupported <MIME> type",
        started_at=timezone.now(),
        cost=0,
    )
    page = text(client_of(reviewer).get(address("show", review.pk)))
    assert "2. Failed for good" in page
    assert "<dt>HTTP status</dt><dd>400</dd>" in page
    assert "Unsupported &lt;MIME&gt; type" in page


@pytest.mark.parametrize("role", [Role.DESIGNER, Role.CURATOR])
def test_it_lets_others_look_but_not_decide(brand: Brand, role: Role) -> None:
    version = make_published(brand)
    waiting = make_review(brand)
    client = client_of(make_user(brand, role))
    for seen in (address("library"), address("asset", version.asset.name), address("show", waiting.pk)):
        page = client.get(seen)
        assert page.status_code == 200
        assert "npublish" not in text(page)
        assert 'name="verdict"' not in text(page)
    before = stored_files()
    for shut in (address("desk"), address("ahead"), address("live")):
        assert client.get(shut).status_code == 403
    for shut in (
        address("decide", waiting.pk),
        address("hold", waiting.pk),
        address("skip", waiting.pk),
        address("publish", waiting.pk),
        address("supersede", waiting.pk),
        address("take-over", waiting.pk),
        address("undo"),
        address("unpublish", version.asset.name, 1),
    ):
        assert client.post(shut, {"verdict": "approved"}).status_code == 403
    waiting.refresh_from_db()
    version.refresh_from_db()
    assert (waiting.state, version.recalled_at) == ("waiting", None)
    assert stored_files() == before


@pytest.mark.parametrize("signed_in", [True, False])
def test_it_hides_everything_from_strangers(brand: Brand, signed_in: bool) -> None:
    version = make_published(brand)
    waiting = make_review(brand)
    client = client_of(make_user(make_brand(), Role.OWNER)) if signed_in else Client()
    name = version.asset.name
    seen: list[tuple[Any, ...]] = [
        ("desk",),
        ("ahead",),
        ("live",),
        ("library",),
        ("compare",),
        ("show", waiting.pk),
        ("asset", name),
        ("thumbnail", name, 1),
    ]
    done: list[tuple[Any, ...]] = [(act, waiting.pk) for act in ACTS]
    answers = [client.get(address(*each)) for each in seen]
    answers += [
        client.post(address(*each), {"verdict": "approved"}) for each in (*done, ("unpublish", name, 1))
    ]
    if signed_in:
        assert {answer.status_code for answer in answers} == {404}
    else:
        assert {answer.status_code for answer in answers} == {302}
        assert all(answer["Location"].startswith(reverse("web:sign-in")) for answer in answers)
    assert sorted(Review.objects.values_list("state", flat=True)) == ["published", "waiting"]


def test_it_knows_no_row_of_another_brand(brand: Brand, reviewer: User) -> None:
    foreign = make_published(make_brand())
    client = client_of(reviewer)
    assert client.get(address("show", foreign.review.pk)).status_code == 404
    assert client.get(address("asset", foreign.asset.name)).status_code == 404
    assert client.post(address("unpublish", foreign.asset.name, 1)).status_code == 404
    assert client.post(address("decide", foreign.review.pk), {"verdict": "approved"}).status_code == 404
    own = make_review(brand)
    assert client.get(address("compare"), {"pick": [own.pk, foreign.review.pk]}).status_code == 404
