"""The desk without scripts, and what its scripts are answered: one picture after the other."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from brandkit.accounts.models import Brand, Role, User
from review.claiming import claim
from review.deciding import decide
from review.models import Decision, Review
from tests.factories import make_brand, make_user
from tests.review.factories import kinds, make_published, make_review, too_late
from tests.review.pages import address, client_of, text

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


def show(review: Review) -> str:
    return address("show", review.pk)


def test_it_leads_to_the_oldest_and_claims_nothing_by_looking(brand: Brand, reviewer: User) -> None:
    first, _ = make_review(brand), make_review(brand)
    client = client_of(reviewer)
    there = client.get(address("desk"), follow=True)
    assert there.redirect_chain[-1][0] == show(first)
    client.get(show(first), {"part": "desk"})
    first.refresh_from_db()
    assert (first.state, kinds(first)) == ("waiting", ["waiting"])


def test_it_keeps_the_filters_on_the_way(brand: Brand, reviewer: User) -> None:
    make_review(brand)
    flagged = make_review(brand, output={"flags": [{"code": "wrong_ratio", "words": "Odd."}]})
    client = client_of(reviewer)
    there = client.get(address("desk"), {"flagged": "yes"})
    assert there["Location"] == f"{show(flagged)}?flagged=yes"
    there = client.post(f"{address('decide', flagged.pk)}?flagged=yes", {"verdict": "approved"}, follow=True)
    assert there.redirect_chain == [(f"{address('desk')}?flagged=yes", 302)]
    assert "Nothing matches" in text(there)
    assert "Clear the filters" in text(there)


def test_it_says_why_nothing_waits(brand: Brand, reviewer: User, other: User) -> None:
    client = client_of(reviewer)
    assert "Everything is decided." in text(client.get(address("desk")))
    make_review(brand, by=reviewer)
    held = make_review(brand)
    claim(review=held, by=other)
    page = text(client.get(address("desk")))
    assert "Nothing waits for you" in page
    assert "1 picture that you asked for waits for somebody else" in page
    assert f'Others are looking at 1 picture: <a href="{show(held)}">Otto</a>.' in page


def test_it_shows_the_fragment_alone(brand: Brand, reviewer: User) -> None:
    review = make_review(brand)
    page = text(client_of(reviewer).get(show(review), {"part": "desk"}))
    assert page.startswith('<article id="desk"')
    assert f'data-review="{review.pk}"' in page
    assert f'data-hold="{address("hold", review.pk)}"' in page


def test_a_claim_that_comes_after_its_own_verdict_is_no_mistake(
    brand: Brand, reviewer: User, other: User
) -> None:
    review = make_review(brand)
    decide(review=review, by=reviewer, verdict="approved")
    late = client_of(reviewer).post(address("hold", review.pk), headers=JSON)
    assert (late.status_code, late.json()) == (200, {"until": None})
    assert client_of(other).post(address("hold", review.pk), headers=JSON).status_code == 409
    review.refresh_from_db()
    assert review.state == "approved"


def test_it_holds_and_says_until_when_or_who_has_it(brand: Brand, reviewer: User, other: User) -> None:
    review = make_review(brand)
    answer = client_of(reviewer).post(address("hold", review.pk), headers=JSON)
    review.refresh_from_db()
    assert review.claimed_by == reviewer
    assert answer.json().keys() == {"until"}
    late = client_of(other).post(address("hold", review.pk), headers=JSON)
    assert late.status_code == 409
    assert late.json()["message"].startswith("Ruth is looking at this picture, until ")


def test_it_skips_to_the_one_behind_and_round_again(brand: Brand, reviewer: User) -> None:
    first, second = make_review(brand), make_review(brand)
    client = client_of(reviewer)
    client.post(address("hold", first.pk))
    there = client.post(address("skip", first.pk), follow=True)
    assert there.redirect_chain[-1][0] == show(second)
    first.refresh_from_db()
    assert first.state == "waiting"
    there = client.post(address("skip", second.pk), follow=True)
    assert there.redirect_chain[-1][0] == show(first)
    assert client.post(address("skip", first.pk), headers=JSON).json() == {}


def test_it_leaves_a_colleague_s_picture_when_it_skips(brand: Brand, reviewer: User, other: User) -> None:
    review = make_review(brand)
    claim(review=review, by=other)
    client_of(reviewer).post(address("skip", review.pk))
    review.refresh_from_db()
    assert (review.state, review.claimed_by) == ("claimed", other)


def test_it_rejects_with_several_reasons_and_goes_on(brand: Brand, reviewer: User) -> None:
    first, second = make_review(brand), make_review(brand)
    said = {"verdict": "rejected", "reason": ["extra", "light"], "note": "A second cup."}
    there = client_of(reviewer).post(address("decide", first.pk), said, follow=True)
    assert there.redirect_chain[-1][0] == show(second)
    decision = Decision.objects.get()
    assert (decision.review, decision.verdict, decision.note) == (first, "rejected", "A second cup.")
    assert [each.reason.code for each in decision.reasons.all()] == ["extra", "light"]


def test_it_takes_no_reason_along_with_an_approval(brand: Brand, reviewer: User) -> None:
    review = make_review(brand)
    client_of(reviewer).post(address("decide", review.pk), {"verdict": "approved", "reason": "extra"})
    decision = Decision.objects.get()
    assert (decision.verdict, decision.reasons.count()) == ("approved", 0)


def test_it_asks_for_a_reason_and_keeps_the_note(brand: Brand, reviewer: User) -> None:
    review = make_review(brand)
    client, said = client_of(reviewer), {"verdict": "rejected", "note": "Odd."}
    answer = client.post(address("decide", review.pk), said)
    assert answer.status_code == 422
    assert "Say why, with one or more of: shape" in text(answer)
    assert ">Odd.</textarea>" in text(answer)
    told = client.post(address("decide", review.pk), said, headers=JSON)
    assert (told.status_code, told.json()["message"][:8]) == (422, "Say why,")
    assert not Decision.objects.exists()


def test_it_tells_scripts_the_act_to_undo(brand: Brand, reviewer: User) -> None:
    review = make_review(brand)
    answer = client_of(reviewer).post(address("decide", review.pk), {"verdict": "approved"}, headers=JSON)
    act = Decision.objects.get().act
    subject = review.output.generation.subject
    assert answer.json().keys() == {"act", "undo_until", "words"}
    assert (answer.json()["act"], answer.json()["words"]) == (str(act), f"{subject}: approved.")


def test_it_tells_the_second_who_was_faster_and_what_they_said(
    brand: Brand, reviewer: User, other: User
) -> None:
    first, second = make_review(brand), make_review(brand)
    decide(review=first, by=reviewer, verdict="rejected", reasons=["light"])
    late = client_of(other)
    there = late.post(address("decide", first.pk), {"verdict": "approved"}, follow=True)
    assert there.redirect_chain[-1][0] == show(second)
    assert "Ruth has rejected this picture already." in text(there)
    told = late.post(address("decide", first.pk), {"verdict": "approved"}, headers=JSON)
    assert (told.status_code, told.json()) == (409, {"message": "Ruth has rejected this picture already."})
    assert Decision.objects.count() == 1


def test_it_offers_undo_for_ten_seconds_and_brings_the_picture_back(brand: Brand, reviewer: User) -> None:
    first, second = make_review(brand), make_review(brand)
    client = client_of(reviewer)
    client.post(address("decide", first.pk), {"verdict": "approved"})
    act = str(Decision.objects.get().act)
    page = text(client.get(show(second)))
    assert f'value="{act}"' in page
    there = client.post(address("undo"), {"act": act}, follow=True)
    assert there.redirect_chain[-1][0] == show(first)
    first.refresh_from_db()
    assert (first.state, first.claimed_by) == ("claimed", reviewer)
    assert act not in text(there)

    client.post(address("decide", first.pk), {"verdict": "approved"})
    too_late(first)
    act = str(Decision.objects.latest("pk").act)
    assert act not in text(client.get(show(second)))
    answer = client.post(address("undo"), {"act": act}, headers=JSON)
    assert (answer.status_code, answer.json()["message"][:23]) == (409, "The ten seconds are ove")
    first.refresh_from_db()
    assert first.state == "approved"


@pytest.mark.parametrize(
    ("act", "status"), [("", 422), ("rubbish", 422), ("9fdcc0a4-789e-4a51-bf42-b173049a2857", 404)]
)
def test_it_undoes_nothing_that_is_not_named(brand: Brand, reviewer: User, act: str, status: int) -> None:
    decide(review=make_review(brand), by=reviewer, verdict="approved")
    assert client_of(reviewer).post(address("undo"), {"act": act}, headers=JSON).status_code == status
    assert Decision.objects.count() == 1


def test_it_lets_owners_alone_take_a_picture_over(brand: Brand, reviewer: User, other: User) -> None:
    review = make_review(brand)
    claim(review=review, by=reviewer)
    page = text(client_of(other).get(show(review)))
    assert "Ruth is looking at this picture" in page
    assert 'name="verdict"' not in page
    assert "Take it over" not in page
    assert client_of(other).post(address("take-over", review.pk)).status_code == 403
    owner = make_user(brand, Role.OWNER)
    assert "Take it over" in text(client_of(owner).get(show(review)))
    there = client_of(owner).post(address("take-over", review.pk), follow=True)
    assert 'value="approved"' in text(there)
    review.refresh_from_db()
    assert review.claimed_by == owner


def test_it_changes_a_verdict_with_why(brand: Brand, reviewer: User) -> None:
    review = make_published(brand, by=reviewer).review
    client = client_of(reviewer)
    said = {"verdict": "rejected", "reason": "label", "note": "", "why": ""}
    refused = client.post(address("supersede", review.pk), said)
    assert refused.status_code == 422
    assert "Say why the verdict changes." in text(refused)
    assert 'value="label" checked' in text(refused)
    there = client.post(address("supersede", review.pk), {**said, "why": "The label is old."}, follow=True)
    assert "The label is old." in text(there)
    assert "Change the verdict" not in text(there), "what is taken back stays so"
    review.refresh_from_db()
    assert (review.state, review.decisions.count()) == ("recalled", 2)


def test_it_looks_ahead_to_the_next_three(brand: Brand, reviewer: User, other: User) -> None:
    reviews = [make_review(brand) for _ in range(6)]
    claim(review=reviews[1], by=other)
    told = ask(client_of(reviewer), "ahead", after=reviews[0].pk)
    assert [one["review"] for one in told["next"]] == [each.pk for each in reviews[2:5]]
    first = told["next"][0]
    assert first["url"] == show(reviews[2])
    assert first["fragment"] == f"{show(reviews[2])}?part=desk"
    assert first["pictures"][0] == f"/b/acme/studio/files/output/{reviews[2].output_id}/preview"
    assert told["count"] == 6


def test_it_tells_live_who_has_what(brand: Brand, reviewer: User, other: User) -> None:
    held, mine, said, free = (make_review(brand) for _ in range(4))
    foreign = make_review(make_brand())
    claim(review=held, by=other)
    claim(review=mine, by=reviewer)
    decide(review=said, by=other, verdict="rejected", reasons=["shape"])
    ids = ",".join(str(each.pk) for each in (held, mine, said, free, foreign))
    told = ask(client_of(reviewer), "live", ids=f"{ids},rubbish,")
    by_pk = {int(pk): one for pk, one in told["reviews"].items()}
    assert by_pk.keys() == {held.pk, mine.pk, said.pk, free.pk}
    until = timezone.localtime(held.claimed_until).strftime("%H:%M")
    assert by_pk[held.pk]["words"] == f"Otto is looking at this picture, until {until} at most."
    assert (by_pk[held.pk]["held_by"], by_pk[held.pk]["mine"]) == ("Otto", False)
    assert (by_pk[mine.pk]["held_by"], by_pk[mine.pk]["mine"]) == ("Ruth", True)
    assert by_pk[said.pk]["words"] == "Otto has rejected this picture."
    assert (by_pk[said.pk]["verdict"], by_pk[said.pk]["decided_by"]) == ("rejected", "Otto")
    assert (by_pk[free.pk]["words"], by_pk[free.pk]["held_by"]) == ("", None)
    assert told["count"] == 3


def test_it_tells_scripts_in_json_that_somebody_has_signed_in_anew(brand: Brand, reviewer: User) -> None:
    review, client = make_review(brand), Client(enforce_csrf_checks=True)
    client.force_login(reviewer)
    to = address("decide", review.pk)
    refused = client.post(to, {"verdict": "approved"}, headers=JSON)
    assert refused.status_code == 401
    assert refused.json() == {
        "message": "This page is older than your sign-in. Load it again, then try again."
    }
    page = client.post(to, {"verdict": "approved"})
    assert page.status_code == 403
    assert "This form was open for too long." in text(page)
    assert not Decision.objects.exists()


def test_it_tells_scripts_in_json_who_is_signed_out_or_may_not(brand: Brand) -> None:
    out = Client().get(address("live"), headers=JSON)
    assert (out.status_code, out.json()["message"][:19]) == (401, "You are signed out.")
    designer = client_of(make_user(brand)).get(address("live"), headers=JSON)
    assert (designer.status_code, list(designer.json())) == (403, ["message"])


def test_it_says_whose_approval_is_the_first(brand: Brand, reviewer: User, other: User) -> None:
    Brand.objects.filter(pk=brand.pk).update(approvals=2)
    review = make_review(Brand.objects.get())
    client = client_of(reviewer)
    answer = client.post(address("decide", review.pk), {"verdict": "approved"}, headers=JSON)
    assert "approved; the second approval is somebody else's." in answer.json()["words"]
    assert "You have approved this picture; the second approval" in text(client.get(show(review)))
    assert "Ruth approved it; yours is the second." in text(client_of(other).get(show(review)))


def test_it_shows_what_came_back_beside_what_it_was(brand: Brand, reviewer: User) -> None:
    old = make_review(brand).output
    again = make_review(brand, parent=old.generation, changes=["Label wrong.", "<b>Bolder</b>"])
    page = text(client_of(reviewer).get(show(again)))
    assert "It came back after changes" in page
    assert f"/b/acme/studio/files/output/{old.pk}/preview" in page
    assert "<li>&lt;b&gt;Bolder&lt;/b&gt;</li>" in page
    alone = text(client_of(reviewer).get(show(make_review(brand))))
    assert "It came back" not in alone


def test_it_marks_what_is_overdue_or_urgent(brand: Brand, reviewer: User) -> None:
    Brand.objects.filter(pk=brand.pk).update(review_due_hours=1)
    review = make_review(brand, priority=3)
    client = client_of(reviewer)
    page = text(client.get(show(review)))
    assert "High priority" in page
    assert "Overdue" not in page
    Review.objects.update(created_at=timezone.now() - timedelta(hours=2))
    assert "Overdue" in text(client.get(show(review)))


def ask(client: Client, name: str, **query: Any) -> dict[str, Any]:
    answer = client.get(address(name), query, headers=JSON)
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told
