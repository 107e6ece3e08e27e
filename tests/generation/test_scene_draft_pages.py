"""The pages on which curators ask a model for scenes, and follow what becomes of it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from brandkit.accounts.models import Brand, Role, User
from brandkit.common.errors import Conflict
from brandkit.common.models import Event, history
from generation import drafting, provider_accounts, tasks
from generation.models import SceneDraft
from generation.runner import run
from templates_app.models import SceneVersion
from templates_app.services import delete_draft
from tests.factories import make_brand, make_scene, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
FAKE = "generation.providers.fake.Fake"
COMPOSITOR = {"BACKEND": "generation.providers.compositor.Compositor", "OPTIONS": {}}
ADD = "admin:generation_scenedraft_add"


@pytest.fixture(autouse=True)
def nobody_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "dispatch", lambda times=1: None)


@pytest.fixture
def script(settings: Any) -> Callable[..., None]:
    """The only provider that makes scenes follows these steps."""

    def write(*steps: dict[str, Any], **options: Any) -> None:
        options = {"script": list(steps or [{"do": "picture"}]), **options}
        settings.BRANDKIT_PROVIDERS = {
            "compositor": COMPOSITOR,
            "fake": {"BACKEND": FAKE, "OPTIONS": options},
        }

    write()
    return write


@pytest.fixture
def desk(curator: User, script: Callable[..., None]) -> Client:
    return signed_in(curator)


@pytest.fixture
def base(brand: Brand) -> SceneVersion:
    return make_scene(brand, slug="beach", slot_x0=0.11)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(response: Any) -> str:
    return " ".join(str(response.content.decode()).split())


def page(draft: SceneDraft) -> str:
    return reverse("admin:generation_scenedraft_change", args=[draft.pk])


def do(draft: SceneDraft, what: str) -> str:
    return reverse("admin:generation_scenedraft_do", args=[draft.pk, what])


def now(draft: SceneDraft, shown: str = "") -> str:
    return f"{reverse('admin:generation_scenedraft_now', args=[draft.pk])}?shown={shown}"


def asked(base: SceneVersion, by: User, words: str = "At night.") -> SceneDraft:
    return drafting.restyle(version=base, words=words, ratio="1:1", size="1K", provider="fake", by=by)[0]


def ran(draft: SceneDraft) -> SceneDraft:
    run("scene_draft", draft.pk)
    draft.refresh_from_db()
    return draft


def test_a_scene_leads_to_the_form(desk: Client, base: SceneVersion) -> None:
    scene = base.scene
    opened = desk.get(reverse("admin:templates_app_scenetemplate_change", args=[scene.pk]))
    button = reverse("admin:templates_app_scenetemplate_draft_with_a_model", args=[scene.pk])
    assert button in text_of(opened)
    assert "Draft with a model" in text_of(opened)
    assert desk.get(button).headers["Location"] == f"{reverse(ADD)}?scene={scene.pk}"


@pytest.mark.parametrize("state", ["draft", "approved", "retired"])
def test_a_version_leads_to_the_form(desk: Client, brand: Brand, state: str) -> None:
    version = make_scene(brand, state=state)
    opened = desk.get(reverse("admin:templates_app_sceneversion_change", args=[version.pk]))
    button = reverse("admin:templates_app_sceneversion_restyle", args=[version.pk])
    assert button in text_of(opened)
    assert desk.get(button).headers["Location"] == f"{reverse(ADD)}?restyled={version.pk}"


def test_it_drafts_from_words(desk: Client, base: SceneVersion, curator: User) -> None:
    form = f"{reverse(ADD)}?scene={base.scene_id}"
    opened = desk.get(form)
    initial = opened.context["adminform"].form.initial
    assert (initial["scene"], initial["ratio"], initial["size"]) == (str(base.scene_id), "1:1", "2K")
    assert "Fake, fake-1: about $0.01 a picture" in text_of(opened)

    given = {"scene": base.scene_id, "prompt": "A beach.", "ratio": "4:3", "size": "1K", "provider": "fake"}
    answer = desk.post(form, given)
    draft = SceneDraft.objects.get()
    assert answer.headers["Location"] == page(draft)
    assert (draft.scene, draft.restyled, draft.prompt) == (base.scene, None, "A beach.")
    assert (draft.ratio, draft.size, draft.provider, draft.requested_by) == ("4:3", "1K", "fake", curator)
    assert draft.state == "queued"


def test_it_restyles_a_version(desk: Client, base: SceneVersion) -> None:
    form = f"{reverse(ADD)}?restyled={base.pk}"
    opened = desk.get(form)
    assert reverse("studio:scene-file", args=[base.brand.slug, base.pk, "picture"]) in text_of(opened)
    assert "scene" not in opened.context["adminform"].fieldsets[0][1]["fields"]

    desk.post(form, {"prompt": "At night.", "ratio": "1:1", "size": "1K", "provider": "fake"})
    draft = SceneDraft.objects.get()
    assert (draft.restyled, draft.scene, draft.prompt) == (base, base.scene, "At night.")


def test_it_tells_each_price_beforehand(
    desk: Client, base: SceneVersion, script: Callable[..., None]
) -> None:
    script(prices={"1K": "0.134", "2K": "0.134", "4K": "0.24", "input": "0.01"})
    words, restyled = (text_of(desk.get(f"{reverse(ADD)}?{of}={base.pk}")) for of in ("scene", "restyled"))
    assert "Fake, fake-1: 1K about $0.13, 2K about $0.13, 4K about $0.24" in words
    assert "Fake, fake-1: 1K about $0.14, 2K about $0.14, 4K about $0.25" in restyled


def test_it_says_what_it_had_been_asked_before(desk: Client, base: SceneVersion, curator: User) -> None:
    before = asked(base, curator)
    given = {"prompt": "At night.", "ratio": "1:1", "size": "1K", "provider": "fake"}
    answer = desk.post(f"{reverse(ADD)}?restyled={base.pk}", given, follow=True)
    assert SceneDraft.objects.get() == before
    assert "This was asked for before: here it is." in text_of(answer)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"prompt": " "}, "This field is required."),
        ({"prompt": "x" * 32_001}, "Fake reads prompts of at most 32000 characters; this one has 32001."),
        ({"provider": "compositor"}, "compositor is not one of the available choices."),
        ({"ratio": "7:1"}, "7:1 is not one of the available choices."),
        ({"provider": ""}, "This field is required."),
    ],
)
def test_it_shows_what_is_wrong_and_queues_nothing(
    desk: Client, base: SceneVersion, changes: dict[str, str], words: str
) -> None:
    given = {"prompt": "At night.", "ratio": "1:1", "size": "1K", "provider": "fake", **changes}
    answer = desk.post(f"{reverse(ADD)}?restyled={base.pk}", given)
    assert (answer.status_code, SceneDraft.objects.count()) == (200, 0)
    assert words in text_of(answer)


def test_it_says_what_to_configure_where_nobody_makes_scenes(
    desk: Client, base: SceneVersion, settings: Any
) -> None:
    settings.BRANDKIT_PROVIDERS = {"compositor": COMPOSITOR}
    for address in (reverse(ADD), f"{reverse(ADD)}?restyled={base.pk}"):
        answer = desk.get(address)
        assert answer.status_code == 200
        assert "No model makes scenes here yet" in text_of(answer)
        assert "WISDOM_GATE_KEY or GEMINI_KEY" in text_of(answer)
        desk.post(address, {"prompt": "A", "ratio": "1:1", "size": "1K", "provider": "fake"})
    assert not SceneDraft.objects.exists()


def test_it_shows_progress_by_itself(desk: Client, base: SceneVersion, curator: User) -> None:
    draft = asked(base, curator)
    first = desk.get(page(draft))
    assert "Waiting" in text_of(first)
    assert f"{now(draft)}{first.context['mark']}" in text_of(first)
    assert desk.get(now(draft, first.context["mark"])).status_code == 204

    ran(draft)
    news = desk.get(now(draft, first.context["mark"]))
    assert "Here it is" in text_of(news)
    assert "hx-get" not in text_of(news)


def test_it_leads_to_the_draft_version(desk: Client, base: SceneVersion, curator: User) -> None:
    draft = ran(asked(base, curator))
    version = draft.version
    assert version is not None
    shown = text_of(desk.get(page(draft)))
    assert reverse("admin:templates_app_sceneversion_change", args=[version.pk]) in shown
    assert reverse("studio:scene-file", args=[base.brand.slug, version.pk, "picture"]) in shown
    assert "a draft. Look over its slot and its light there, then approve it." in shown
    assert "$0.01" in shown
    listed = text_of(desk.get(reverse("admin:generation_scenedraft_changelist")))
    assert page(draft) in listed
    assert reverse("studio:scene-file", args=[base.brand.slug, version.pk, "thumbnail"]) in listed


def test_it_tells_of_another_ratio(
    desk: Client, base: SceneVersion, curator: User, script: Callable[..., None]
) -> None:
    script({"do": "wrong_ratio"}, {"do": "small"})
    words = "It was asked for in 1:1 and came as 1024 × 922."
    assert words in text_of(desk.get(page(ran(asked(base, curator)))))
    assert "It was asked for in" not in text_of(desk.get(page(ran(asked(base, curator, "At noon.")))))


def test_it_says_that_nobody_calls_a_provider_now(desk: Client, base: SceneVersion, curator: User) -> None:
    draft = asked(base, curator)
    provider_accounts.pause("fake", by=curator)
    form = text_of(desk.get(f"{reverse(ADD)}?restyled={base.pk}"))
    assert "about $0.01 a picture. Fake has been paused since" in form
    assert f"{curator} paused it." in form
    assert "This picture goes on by itself as soon as the operator has resumed" in text_of(
        desk.get(page(draft))
    )


def test_it_says_that_its_version_was_thrown_away(desk: Client, base: SceneVersion, curator: User) -> None:
    draft = ran(asked(base, curator))
    assert draft.version is not None
    delete = reverse("admin:templates_app_sceneversion_delete", args=[draft.version.pk])
    assert desk.post(delete, {"post": "yes"}).status_code == 302
    shown = text_of(desk.get(page(draft)))
    assert "its draft version has been thrown away since" in shown
    assert do(draft, "another") in shown


def test_a_draft_that_was_restyled_is_kept(desk: Client, base: SceneVersion, curator: User) -> None:
    version = ran(asked(base, curator)).version
    assert version is not None
    asked(version, curator)
    delete = reverse("admin:templates_app_sceneversion_delete", args=[version.pk])
    assert desk.post(delete, {"post": "yes"}).status_code == 200
    with pytest.raises(Conflict, match="Another picture was asked for from this draft"):
        delete_draft(version=version, by=curator)
    assert SceneVersion.objects.filter(pk=version.pk).exists()
    assert version.picture.storage.exists(str(version.picture))
    assert not Event.objects.filter(kind="scene_version.deleted").exists()


def test_it_tells_failures_and_tries_again(
    desk: Client, base: SceneVersion, curator: User, script: Callable[..., None]
) -> None:
    script({"do": "refuse", "words": "Fake would not show a beach."}, {"do": "picture"})
    draft = ran(asked(base, curator))
    shown = text_of(desk.get(page(draft)))
    assert "Fake would not show a beach." in shown
    assert do(draft, "retry") in shown
    assert do(draft, "another") not in shown

    assert desk.post(do(draft, "retry")).headers["Location"] == page(draft)
    assert ran(draft).state == "succeeded"
    assert [event.actor for event in history(draft) if event.kind == "scene_draft.queued"] == [curator] * 2


def test_it_says_when_it_is_tried_next(
    desk: Client, base: SceneVersion, curator: User, script: Callable[..., None]
) -> None:
    script({"do": "later", "wait": 3000, "words": "Too many calls."})
    draft = ran(asked(base, curator))
    shown = text_of(desk.get(page(draft)))
    assert "The next try is at" in shown
    assert "after this: Too many calls." in shown


def test_it_cancels_what_waits(desk: Client, base: SceneVersion, curator: User) -> None:
    draft = asked(base, curator)
    assert do(draft, "cancel") in text_of(desk.get(page(draft)))
    assert desk.post(do(draft, "cancel")).headers["Location"] == page(draft)
    draft.refresh_from_db()
    assert draft.state == "cancelled"
    answer = desk.post(do(draft, "cancel"), follow=True)
    assert "it can't become cancelled" in text_of(answer).replace("&#x27;", "'")


def test_it_makes_another_one(desk: Client, base: SceneVersion, curator: User) -> None:
    first = ran(asked(base, curator))
    shown = text_of(desk.get(page(first)))
    assert do(first, "another") in shown
    assert '<input type="hidden" name="variation" value="2">' in shown
    assert "Make another one, about $0.01" in shown
    answer = desk.post(do(first, "another"), {"variation": "2"})
    again = desk.post(do(first, "another"), {"variation": "2"})
    assert again.headers["Location"] == answer.headers["Location"]
    second = SceneDraft.objects.exclude(pk=first.pk).get()
    assert answer.headers["Location"] == page(second)
    assert (second.variation, second.state, second.restyled) == (2, "queued", base)


@pytest.mark.parametrize("number", ["", "0", "x", "1001"])
def test_it_makes_no_other_one_of_any_number(
    desk: Client, base: SceneVersion, curator: User, number: str
) -> None:
    first = ran(asked(base, curator))
    answer = desk.post(do(first, "another"), {"variation": number}, follow=True)
    assert "A variation is a number from 1 to 1000." in text_of(answer)
    assert SceneDraft.objects.count() == 1


def test_it_still_shows_what_a_provider_made_that_is_gone(
    desk: Client, base: SceneVersion, curator: User, settings: Any
) -> None:
    first = ran(asked(base, curator))
    settings.BRANDKIT_PROVIDERS = {"compositor": COMPOSITOR}
    assert "Here it is" in text_of(desk.get(page(first)))
    answer = desk.post(do(first, "another"), {"variation": "2"}, follow=True)
    assert "There is no provider" in text_of(answer)
    assert SceneDraft.objects.count() == 1


def test_it_is_never_edited_or_deleted(desk: Client, base: SceneVersion, curator: User) -> None:
    draft = asked(base, curator)
    desk.post(page(draft), {"prompt": "Something else."})
    assert desk.post(reverse("admin:generation_scenedraft_delete", args=[draft.pk])).status_code == 403
    draft.refresh_from_db()
    assert draft.prompt == "At night."


@pytest.mark.parametrize("what", ["cancel", "retry", "another", "approve"])
def test_a_look_changes_nothing(desk: Client, base: SceneVersion, curator: User, what: str) -> None:
    draft = asked(base, curator)
    assert desk.get(do(draft, what)).status_code == 405
    draft.refresh_from_db()
    assert (draft.state, SceneDraft.objects.count()) == ("queued", 1)


def test_it_knows_no_other_deed(desk: Client, base: SceneVersion, curator: User) -> None:
    draft = asked(base, curator)
    assert desk.post(do(draft, "approve")).status_code == 404


def test_curators_of_another_brand_see_and_do_nothing(
    base: SceneVersion, desk: Client, curator: User
) -> None:
    draft = asked(base, curator)
    stranger = signed_in(make_user(make_brand(), Role.CURATOR))
    assert "At night." not in text_of(stranger.get(reverse("admin:generation_scenedraft_changelist")))
    assert stranger.get(page(draft)).status_code == 302
    assert stranger.get(now(draft)).status_code == 404
    for what in ("cancel", "retry", "another"):
        assert stranger.post(do(draft, what)).status_code == 404
    given = {"prompt": "Mine.", "ratio": "1:1", "size": "1K", "provider": "fake", "scene": base.scene_id}
    assert stranger.post(f"{reverse(ADD)}?restyled={base.pk}", given).status_code == 404
    assert stranger.post(reverse(ADD), given).status_code == 200
    draft.refresh_from_db()
    assert (draft.state, SceneDraft.objects.count()) == ("queued", 1)


@pytest.mark.parametrize("role", [Role.DESIGNER, Role.REVIEWER])
def test_it_is_for_curators_only(base: SceneVersion, curator: User, desk: Client, role: Role) -> None:
    draft = asked(base, curator)
    somebody = signed_in(make_user(base.brand, role))
    assert somebody.post(do(draft, "cancel")).status_code == 302
    assert somebody.get(now(draft)).status_code == 302
    draft.refresh_from_db()
    assert draft.state == "queued"


def test_who_is_signed_out_meanwhile_is_sent_to_the_sign_in() -> None:
    draft = SceneDraft(pk=1)
    part = Client().get(now(draft), headers={"HX-Request": "true"}, follow=True)
    assert (part.status_code, part.headers["HX-Refresh"], part.content) == (200, "true", b"")
    page_itself = Client().get(page(draft), follow=True)
    assert page_itself.redirect_chain[-1][0].startswith(reverse("web:sign-in"))


@pytest.mark.parametrize("number", ["x", "0", "999999", "9" * 30])
def test_it_finds_nothing_for_what_is_no_version(desk: Client, number: str) -> None:
    assert desk.get(f"{reverse(ADD)}?restyled={number}").status_code == 404
    assert desk.get(f"{reverse(ADD)}?scene={number}").status_code == 200
