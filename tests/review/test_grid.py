"""Many small pictures, judged at one stroke: what the server says of it."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from brandkit.accounts.models import Brand, Role, User
from review.claiming import claim
from review.desk import grid
from review.models import Decision, Review
from tests.factories import make_brand, make_user
from tests.review.factories import make_review
from tests.review.pages import address, client_of, text

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

JSON = {"Accept": "application/json"}


def stroke(user: User, *reviews: Review, **said: Any) -> Any:
    given = {"ids": [review.pk for review in reviews], "verdict": "approved", **said}
    return client_of(user).post(address("bulk"), given, headers=JSON)


def states() -> list[str]:
    return list(Review.objects.order_by("pk").values_list("state", flat=True))


def test_it_decides_on_many_and_tells_on_which_not(brand: Brand, reviewer: User) -> None:
    one, held, two = (make_review(brand) for _ in range(3))
    claim(review=held, by=make_user(brand, Role.REVIEWER, first_name="Otto"))
    answer = stroke(reviewer, one, held, two).json()
    assert answer["done"] == [one.pk, two.pk]
    [[refused, why]] = answer["refused"]
    assert refused == held.pk
    assert why.startswith("Otto is looking at this picture, until ")
    assert answer["words"] == "2 approved. 1 not."
    assert 9 < answer["seconds"] <= 11
    assert states() == ["approved", "claimed", "approved"]
    assert {str(decision.act) for decision in Decision.objects.all()} == {answer["act"]}


def test_it_rejects_many_with_the_same_reasons(brand: Brand, reviewer: User) -> None:
    reviews = [make_review(brand) for _ in range(2)]
    answer = stroke(reviewer, *reviews, verdict="rejected", reason=["shape", "light"], note="All bent.")
    assert answer.json()["words"] == "2 rejected."
    told = [
        (decision.note, [reason.reason.code for reason in decision.reasons.all()])
        for decision in Decision.objects.all()
    ]
    assert told == [("All bent.", ["shape", "light"])] * 2


def test_it_minds_no_reasons_of_an_approval(brand: Brand, reviewer: User) -> None:
    assert stroke(reviewer, make_review(brand), reason=["shape"]).json()["words"] == "1 approved."


def test_it_tells_that_a_second_approval_is_to_come(brand: Brand, reviewer: User) -> None:
    Brand.objects.update(approvals=2)
    answer = stroke(reviewer, make_review(brand)).json()
    assert answer["words"] == "1 approved. Second approvals are somebody else's."
    assert states() == ["waiting"]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"verdict": "rejected"}, "Say why, with one or more of: shape, colour,"),
        ({"verdict": "changes_requested"}, "Several pictures at once can be approved or rejected."),
        ({"ids": []}, "Choose 1 to 200 pictures."),
        ({"ids": ["x", "-1"]}, "Choose 1 to 200 pictures."),
    ],
)
def test_it_refuses_what_makes_no_sense(
    brand: Brand, reviewer: User, said: dict[str, Any], words: str
) -> None:
    response = stroke(reviewer, make_review(brand), **said)
    assert response.status_code == 422
    assert response.json()["message"].startswith(words)
    assert states() == ["waiting"]


def test_it_decides_on_no_other_brand_s(brand: Brand, reviewer: User) -> None:
    mine, theirs = make_review(brand), make_review(make_brand())
    assert stroke(reviewer, mine, theirs).status_code == 404
    assert states() == ["waiting", "waiting"]


def test_without_scripts_it_goes_back_and_tells_by_name(brand: Brand, reviewer: User) -> None:
    one, held = make_review(brand), make_review(brand)
    claim(review=held, by=make_user(brand, Role.REVIEWER, first_name="Otto"))
    page = client_of(reviewer).post(
        address("bulk") + "?order=priority", {"ids": [one.pk, held.pk], "verdict": "approved"}, follow=True
    )
    assert page.redirect_chain == [(address("grid") + "?order=priority", 302)]
    assert "1 approved. 1 not." in text(page)
    generation = held.output.generation
    assert f"{generation.subject}, {generation.scene_version.scene}: Otto is looking" in text(page)


def test_without_scripts_it_asks_again_for_a_reason(brand: Brand, reviewer: User) -> None:
    review = make_review(brand)
    page = client_of(reviewer).post(address("bulk"), {"ids": [review.pk], "verdict": "rejected"}, follow=True)
    assert "Say why, with one or more of" in text(page)
    assert states() == ["waiting"]


def test_its_pages_follow_one_another(brand: Brand, reviewer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grid, "PAGE", 2)
    reviews = [make_review(brand) for _ in range(3)]
    client = client_of(reviewer)
    first = client.get(address("grid"))
    assert [row.pk for row in first.context["rows"]] == [reviews[0].pk, reviews[1].pk]
    assert first.context["more"] == f"{address('grid')}?after={reviews[1].pk}"
    part = client.get(first.context["more"] + "&part=tiles")
    assert [row.pk for row in part.context["rows"]] == [reviews[2].pk]
    assert part.context["more"] == ""
    assert "<html" not in text(part)


def test_it_shows_just_what_is_wanted(brand: Brand, reviewer: User) -> None:
    make_review(brand)
    wanted = make_review(brand)
    scene = wanted.output.generation.scene_version.scene.slug
    page = client_of(reviewer).get(address("grid"), {"scene": scene})
    assert [row.pk for row in page.context["rows"]] == [wanted.pk]
    assert f'action="{address("bulk")}?scene={scene}"' in page.content.decode()
    assert "Nothing waits that fits" in text(client_of(reviewer).get(address("grid"), {"scene": "none"}))


def test_it_asks_the_database_as_often_for_many_as_for_few(brand: Brand, reviewer: User) -> None:
    client = client_of(reviewer)
    asked = []
    for many in (1, 4):
        for _ in range(many):
            make_review(brand)
        with CaptureQueriesContext(connection) as queries:
            client.get(address("grid") + "?part=tiles")
        asked.append(len(queries))
    assert asked[0] == asked[1]
