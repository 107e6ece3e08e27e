"""The desk, the library and their API ask as much of the database for three of a thing as for two."""

import pytest
from django.test import Client

from brandkit.accounts.models import Brand, Role
from tests.factories import make_user
from tests.generation.test_queries import queries_of
from tests.review.factories import make_published, make_review

pytestmark = pytest.mark.django_db

ADDRESSES = [
    "/b/acme/review/{waiting}/",
    "/b/acme/review/{waiting}/?part=desk&scene={waits_in}&asked_by=nobody",
    "/b/acme/review/ahead?after={waiting}",
    "/b/acme/review/live?ids={waiting}",
    "/b/acme/review/grid/?order=priority",
    "/b/acme/library/",
    "/b/acme/library/?scene={scene}&before={current}",
    "/b/acme/library/?subject=subject",
    "/api/v1/reviews",
    "/api/v1/assets",
]


def test_it_asks_no_more_for_more_of_a_thing(brand: Brand) -> None:
    rita = make_user(brand, Role.REVIEWER)
    client = Client()
    client.force_login(rita)
    first, waiting = make_published(brand, by=rita), make_review(brand)
    scene = {"scene_version": first.review.output.generation.scene_version}

    def add() -> dict[str, int]:
        """One more of everything; gives the queries of each page."""
        make_review(brand)
        newest = make_published(brand, by=rita, **scene)
        known = {"waiting": waiting.pk, "scene": first.asset.scene.slug, "current": newest.pk}
        known["waits_in"] = waiting.scene.slug
        paths = [address.format(**known) for address in ADDRESSES]
        for path in paths:
            client.get(path)  # some is asked for only once
        return {each: queries_of(client, path) for each, path in zip(ADDRESSES, paths, strict=True)}

    fewer = add()
    assert add() == fewer
    assert max(fewer.values()) < 40
