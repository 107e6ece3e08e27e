"""Where designers see what was decided on their pictures."""

from typing import Any

import pytest
from django.urls import reverse

from brandkit.accounts.models import Brand, User
from review import pins
from review.deciding import decide, undo
from review.desk import told as told_page
from review.models import Decision, Review
from tests.factories import make_generation, make_output, make_subject, make_user
from tests.generation.test_queries import queries_of
from tests.review.factories import make_review
from tests.review.pages import address, client_of, text

pytestmark = pytest.mark.django_db
NASTY = "<img src=x onerror=alert(1)>"


@pytest.fixture
def dana(brand: Brand) -> User:
    return make_user(brand, first_name="Dana")


def rejected(review: Review, by: User, **more: Any) -> Decision:
    return decide(**{"review": review, "by": by, "verdict": "rejected", "reasons": ["label"], **more})


def pinned(brand: Brand, by: User, asked_by: User) -> Review:
    """A rejected picture with a pin in its lower left."""
    review = make_review(brand, by=asked_by)
    pins.add(review=review, by=by, x=0.125, y=0.9, words=f"No label. {NASTY}")
    rejected(review, by, note=f"Again, please. {NASTY}")
    return review


def test_it_shows_verdict_reasons_note_and_pins(brand: Brand, reviewer: User, dana: User) -> None:
    pinned(brand, reviewer, dana)
    page = text(client_of(dana).get(address("told")))
    for words in ("Rejected", "Label wrong or missing", "Again, please.", "No label.", "Ruth"):
        assert words in page
    assert 'x="12.5000%" y="90.0000%"' in page
    assert NASTY not in page


def test_it_leads_to_the_picture_that_was_asked_for_instead(brand: Brand, reviewer: User, dana: User) -> None:
    new = make_generation(brand)
    rejected(make_review(brand, by=dana), reviewer, verdict="changes_requested", asked=new)
    page = text(client_of(dana).get(address("told")))
    assert "Changes wanted" in page
    assert reverse("studio:picture", args=["acme", new.pk]) in page


def test_it_is_about_ones_own_pictures_and_verdicts_that_count(
    brand: Brand, reviewer: User, dana: User
) -> None:
    rejected(make_review(brand, by=make_user(brand)), reviewer)
    decision = rejected(make_review(brand, by=dana), reviewer)
    assert decision.act is not None
    undo(act=decision.act, by=reviewer)
    assert "No verdicts yet" in text(client_of(dana).get(address("told")))


def test_it_goes_back_page_by_page(
    brand: Brand, reviewer: User, dana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(told_page, "ON_A_PAGE", 2)
    for name in ("One", "Two", "Three"):
        rejected(make_review(brand, by=dana, subject=make_subject(brand, name=name)), reviewer)
    client = client_of(dana)
    page = client.get(address("told"))
    assert [str(each.review.output.generation.subject) for each in page.context["page"].rows] == [
        "Three",
        "Two",
    ]
    older = page.context["page"].older
    assert older is not None
    page = client.get(address("told"), {"before": older})
    assert [str(each.review.output.generation.subject) for each in page.context["page"].rows] == ["One"]


def test_it_asks_no_more_for_more_pictures(brand: Brand, reviewer: User, dana: User) -> None:
    client = client_of(dana)
    counts = []
    for _ in range(2):
        pinned(brand, reviewer, dana)
        counts.append(queries_of(client, address("told")))
    assert counts[0] == counts[1] < 15


class TestStudio:
    """One picture's own page."""

    def test_it_shows_the_verdict(self, brand: Brand, reviewer: User, dana: User) -> None:
        review = pinned(brand, reviewer, dana)
        page = self.page(dana, review.output.generation_id)
        for words in ("Label wrong or missing", "Again, please.", "No label.", 'x="12.5000%"'):
            assert words in page
        assert NASTY not in page

    def test_it_keeps_quiet_before(self, brand: Brand, reviewer: User, dana: User) -> None:
        review = make_review(brand, by=dana)
        pins.add(review=review, by=reviewer, x=0.5, y=0.5, words="Not yet told.")
        page = self.page(dana, review.output.generation_id)
        assert "Verdict" not in page
        assert "Not yet told." not in page

    def test_it_does_without_a_review(self, brand: Brand, dana: User) -> None:
        made = make_generation(brand, by=dana)
        make_output(made)
        assert "Verdict" not in self.page(dana, made.pk)

    def page(self, user: User, number: int) -> str:
        answer = client_of(user).get(reverse("studio:picture", args=["acme", number]))
        assert answer.status_code == 200
        return text(answer)
