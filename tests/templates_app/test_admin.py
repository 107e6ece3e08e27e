"""Curation pages: each person sees and changes just what their role allows; what is approved stays."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from brandkit.accounts.models import Brand, Membership, Role, User
from brandkit.common.models import Event, history
from templates_app import services
from templates_app.models import OutputFormat, PromptTemplate, PromptVersion, SceneTemplate, SceneVersion
from tests.conftest import stored_files
from tests.factories import make_brand, make_format, make_prompt, make_scene, make_user, picture_bytes

pytestmark = pytest.mark.django_db

NUMBERS = {
    "slot_x0": "0.2",
    "slot_y0": "0.3",
    "slot_x1": "0.8",
    "slot_y1": "0.9",
    "ground": "0.85",
    "gloss": "0.1",
    "tilt": "20",
    "light_azimuth": "250",
    "light_height": "40",
    "light_softness": "0.5",
}


@pytest.fixture
def desk(curator: User) -> Client:
    return signed_in(curator)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(model: str, what: str, *args: Any) -> str:
    app = "accounts" if model in ("brand", "user") else "templates_app"
    return reverse(f"admin:{app}_{model}_{what}", args=args)


def text_of(response: Any) -> str:
    return str(response.content.decode())


def upload(data: bytes, name: str = "scene.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="image/png")


def test_it_leads_a_curator_from_a_new_scene_to_its_approval(
    desk: Client, brand: Brand, curator: User
) -> None:
    answer = desk.post(
        page("scenetemplate", "add"), {"brand": brand.pk, "name": "Kitchen", "slug": "kitchen"}
    )
    scene = SceneTemplate.objects.get()
    form = f"{page('sceneversion', 'add')}?scene={scene.pk}"
    assert answer.headers["Location"] == form
    assert desk.get(form).status_code == 200

    posted = {"scene": scene.pk, "note": "first", "upload": upload(picture_bytes(90, 60)), **NUMBERS}
    answer = desk.post(form, posted)
    version = SceneVersion.objects.get()
    assert answer.headers["Location"] == page("sceneversion", "change", version.pk)
    assert (version.number, version.state, version.created_by) == (1, "draft", curator)
    assert (version.width, version.height, version.slot_x0, version.light_azimuth) == (90, 60, 0.2, 250)
    assert len(stored_files()) == 2

    changed = desk.post(
        page("sceneversion", "change", version.pk), {"note": "lower", **NUMBERS, "ground": "0.9"}
    )
    assert changed.status_code == 302
    version.refresh_from_db()
    assert (version.note, version.ground) == ("lower", 0.9)

    approve = page("sceneversion", "approve", version.pk)
    asked = desk.get(approve)
    version.refresh_from_db()
    assert version.state == "draft"
    desk.post(approve, {"seen": asked.context["seen"]})
    version.refresh_from_db()
    assert (version.state, version.approved_by) == ("approved", curator)
    kinds = [event.kind.split(".")[1] for event in history(version)]
    assert kinds == ["drafted", "changed", "approved"]


def test_it_fills_the_next_version_in_from_the_last(desk: Client, brand: Brand) -> None:
    last = make_scene(brand, slot_x0=0.11, light_azimuth=123.0)
    answer = desk.get(f"{page('sceneversion', 'add')}?scene={last.scene_id}")
    initial = answer.context["adminform"].form.initial
    assert (initial["slot_x0"], initial["light_azimuth"], initial["note"]) == (0.11, 123.0, "")
    prompt = make_prompt(brand, text="Set it.", variables={"a": 1})
    answer = desk.get(f"{page('promptversion', 'add')}?template={prompt.template_id}")
    assert answer.context["adminform"].form.initial["text"] == "Set it."


def test_it_never_changes_what_is_approved(desk: Client, brand: Brand) -> None:
    version, prompt = make_scene(brand, ground=0.7), make_prompt(brand)
    for address, posted in (
        (page("sceneversion", "change", version.pk), {"note": "x", **NUMBERS}),
        (page("promptversion", "change", prompt.pk), {"text": "Other.", "variables": "{}"}),
        (page("sceneversion", "delete", version.pk), {"post": "yes"}),
        (page("promptversion", "delete", prompt.pk), {"post": "yes"}),
    ):
        assert desk.post(address, posted).status_code == 403
    shown = text_of(desk.get(page("sceneversion", "change", version.pk)))
    assert "To change something, make a new version." in shown
    assert 'name="_save"' not in shown
    assert SceneVersion.objects.get().ground == 0.7
    assert PromptVersion.objects.get().text == prompt.text


def test_it_retires_after_asking(desk: Client, brand: Brand, curator: User) -> None:
    version = make_scene(brand)
    address = page("sceneversion", "retire", version.pk)
    assert "choose it any more" in text_of(desk.get(address))
    version.refresh_from_db()
    assert version.state == "approved"
    desk.post(address)
    version.refresh_from_db()
    assert (version.state, version.retired_by) == ("retired", curator)


def test_it_does_not_approve_what_was_changed_meanwhile(desk: Client, brand: Brand, curator: User) -> None:
    prompt = make_prompt(brand, state="draft")
    address = page("promptversion", "approve", prompt.pk)
    seen = desk.get(address).context["seen"]
    prompt.text = "Something else."
    services.change_draft(version=prompt, by=curator)
    answer = desk.post(address, {"seen": seen}, follow=True)
    assert "Somebody has changed this draft since you opened it" in text_of(answer)
    prompt.refresh_from_db()
    assert prompt.state == "draft"


def test_it_refuses_a_text_named_png_and_keeps_nothing(desk: Client, brand: Brand) -> None:
    scene = SceneTemplate.objects.create(brand=brand, slug="kitchen", name="Kitchen")
    posted = {"scene": scene.pk, "upload": upload(b"this is not a picture at all"), **NUMBERS}
    answer = desk.post(page("sceneversion", "add"), posted)
    [words] = answer.context["adminform"].form.errors["upload"]
    assert "JPEG, PNG, WebP or HEIC" in words
    assert not SceneVersion.objects.exists()
    assert not Event.objects.exists()
    assert stored_files() == []


def test_it_refuses_a_slot_that_is_none(desk: Client, brand: Brand) -> None:
    scene = SceneTemplate.objects.create(brand=brand, slug="kitchen", name="Kitchen")
    posted = {"scene": scene.pk, "upload": upload(picture_bytes()), **NUMBERS, "slot_x1": "0.1"}
    answer = desk.post(page("sceneversion", "add"), posted)
    assert "slot_x1" in answer.context["adminform"].form.errors
    assert not SceneVersion.objects.exists()
    assert stored_files() == []


def test_it_refuses_bad_jinja_at_save_with_its_lines(desk: Client, brand: Brand) -> None:
    template = PromptTemplate.objects.create(brand=brand, slug="place", name="Place")
    posted = {
        "template": template.pk,
        "text": "Fine.\n{{ subject.name.upper() }}\n{{ vars.x }}",
        "variables": "{}",
    }
    answer = desk.post(page("promptversion", "add"), posted)
    words = answer.context["adminform"].form.errors["text"]
    assert [line.split(":")[0] for line in words] == ["Line 2", "Line 3"]
    assert "Calls are not possible in a prompt" in words[0]
    assert not PromptVersion.objects.exists()


@pytest.mark.parametrize("variables", ["not json", "[1]", '{"a b": 1}', '{"_a": 1}'])
def test_it_refuses_variables_that_are_none(desk: Client, brand: Brand, variables: str) -> None:
    template = PromptTemplate.objects.create(brand=brand, slug="place", name="Place")
    posted = {"template": template.pk, "text": "Fine.", "variables": variables}
    answer = desk.post(page("promptversion", "add"), posted)
    assert "variables" in answer.context["adminform"].form.errors
    assert not PromptVersion.objects.exists()


def test_it_drafts_changes_and_approves_a_prompt(desk: Client, brand: Brand) -> None:
    template = PromptTemplate.objects.create(brand=brand, slug="place", name="Place")
    posted = {"template": template.pk, "text": "A tag: {{ vars.tag }}.", "variables": '{"tag": "New"}'}
    desk.post(page("promptversion", "add"), posted)
    version = PromptVersion.objects.get()
    assert version.variables == {"tag": "New"}
    desk.post(page("promptversion", "change", version.pk), {"text": "Plain.", "variables": ""})
    version.refresh_from_db()
    assert (version.text, version.variables) == ("Plain.", {})
    asked = desk.get(page("promptversion", "approve", version.pk))
    assert asked.context["prompt"] == "Plain."
    desk.post(page("promptversion", "approve", version.pk), {"seen": asked.context["seen"]})
    version.refresh_from_db()
    assert version.state == "approved"


def test_it_previews_a_prompt_and_its_problems(desk: Client) -> None:
    address = page("promptversion", "preview")
    good = {"text": "{{ subject.name }}: {{ vars.tag }} <b>", "variables": json.dumps({"tag": "New"})}
    shown = text_of(desk.post(address, good))
    assert "Banana: New &lt;b&gt;" in shown
    assert "Put this right:\n- Label wrong or missing" in shown
    assert "A block <code>changes</code> words them in your own way" in shown
    own = {"text": "It.{% block changes %} Not so: {{ changes | join }}{% endblock %}", "variables": ""}
    shown = text_of(desk.post(address, own))
    assert "It. Not so: Label wrong or missingAt the lower" in shown
    assert "A block <code>changes</code>" not in shown
    bad = text_of(desk.post(address, {"text": "a\n{% set x = 1 %}", "variables": ""}))
    assert "Line 2: “set” is not possible in a prompt" in bad
    assert "variables are not JSON" in text_of(desk.post(address, {"text": "a", "variables": "{"}))
    assert desk.get(address).status_code == 405
    assert not PromptVersion.objects.exists()


def test_it_makes_one_prompt_the_default(desk: Client, brand: Brand) -> None:
    first, second = make_prompt(brand).template, make_prompt(brand).template
    for template in (first, second):
        assert desk.get(page("prompttemplate", "make_default", template.pk)).status_code == 200
        desk.post(page("prompttemplate", "make_default", template.pk))
    assert list(PromptTemplate.objects.filter(is_default=True)) == [second]


def test_it_throws_a_draft_away(desk: Client, brand: Brand) -> None:
    draft = make_scene(brand, state="draft")
    desk.post(page("sceneversion", "delete", draft.pk), {"post": "yes"})
    assert not SceneVersion.objects.exists()
    assert stored_files() == []


def test_it_keeps_formats(desk: Client, brand: Brand) -> None:
    posted = {
        "brand": brand.pk,
        "name": "Square",
        "slug": "square",
        "width": "1080",
        "height": "1080",
        "file_type": "jpg",
        "ratio": "1:1",
        "size": "2K",
        "active": "on",
    }
    desk.post(page("outputformat", "add"), posted)
    made = OutputFormat.objects.get()
    assert (made.slug, made.width, made.active) == ("square", 1080, True)
    desk.post(page("outputformat", "change", made.pk), {**posted, "slug": "other", "active": ""})
    made.refresh_from_db()
    assert (made.slug, made.active) == ("square", False)
    assert desk.post(page("outputformat", "delete", made.pk), {"post": "yes"}).status_code == 403


def test_it_shows_nothing_of_another_brand(brand: Brand) -> None:
    scene, prompt, form = (
        make_scene(brand, state="draft", slug="secret"),
        make_prompt(brand),
        make_format(brand),
    )
    own = make_brand()
    stranger = signed_in(make_user(own, Role.CURATOR))
    for model in (
        "scenetemplate",
        "sceneversion",
        "prompttemplate",
        "promptversion",
        "outputformat",
        "brand",
    ):
        shown = text_of(stranger.get(page(model, "changelist")))
        assert brand.name not in shown
        assert "Secret" not in shown
    assert "Secret" not in text_of(stranger.get(reverse("admin:index")))
    for model, row in (
        ("sceneversion", scene),
        ("scenetemplate", scene.scene),
        ("promptversion", prompt),
        ("prompttemplate", prompt.template),
        ("outputformat", form),
        ("brand", brand),
    ):
        answer = stranger.get(page(model, "change", row.pk))
        assert (answer.status_code, answer.headers["Location"]) == (302, reverse("admin:index"))
    for verb in ("approve", "retire"):
        assert stranger.post(page("sceneversion", verb, scene.pk)).status_code == 404
    assert stranger.post(page("prompttemplate", "make_default", prompt.template_id)).status_code == 404
    scene.refresh_from_db()
    assert scene.state == "draft"


def test_it_takes_nothing_for_another_brand(brand: Brand) -> None:
    theirs = make_scene(brand).scene
    stranger = signed_in(make_user(make_brand(), Role.CURATOR))
    answer = stranger.post(page("scenetemplate", "add"), {"brand": brand.pk, "name": "X", "slug": "x"})
    assert "brand" in answer.context["adminform"].form.errors
    posted = {"scene": theirs.pk, "upload": upload(picture_bytes()), **NUMBERS}
    answer = stranger.post(page("sceneversion", "add"), posted)
    assert "scene" in answer.context["adminform"].form.errors
    assert SceneVersion.objects.count() == 1
    assert brand.name not in text_of(stranger.get(page("scenetemplate", "add")))


@pytest.mark.parametrize("role", [Role.DESIGNER, Role.REVIEWER])
@pytest.mark.parametrize("is_staff", [False, True])
def test_it_lets_no_designer_and_no_reviewer_in(brand: Brand, role: Role, is_staff: bool) -> None:
    client = signed_in(make_user(brand, role, is_staff=is_staff))
    draft = make_prompt(brand, state="draft")
    for address in (
        reverse("admin:index"),
        page("scenetemplate", "changelist"),
        page("promptversion", "change", draft.pk),
        page("promptversion", "approve", draft.pk),
        page("promptversion", "preview"),
        page("brand", "change", brand.pk),
        page("user", "changelist"),
    ):
        answer = client.post(address, {"seen": services.fingerprint(draft)})
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith(reverse("admin:login"))
    assert client.get(reverse("admin:login")).headers["Location"] == reverse("web:home")
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_it_sends_strangers_to_the_sign_in_page() -> None:
    answer = Client().get(reverse("admin:index"), follow=True)
    assert answer.redirect_chain[-1][0].startswith(reverse("web:sign-in"))


def test_it_lets_owners_keep_their_members(brand: Brand) -> None:
    owner = signed_in(make_user(brand, Role.OWNER))
    newcomer = make_user(username="nina")
    assert owner.post(page("brand", "change", brand.pk), members(brand, "nina")).status_code == 302
    assert Membership.objects.get(user=newcomer).role == Role.DESIGNER
    for name, words in (("nobody", "There is no person “nobody”"), ("nina", "is a member already")):
        answer = owner.post(page("brand", "change", brand.pk), members(brand, name))
        assert words in text_of(answer)
    assert brand.memberships.count() == 2
    assert owner.get(page("user", "changelist")).status_code == 403
    assert owner.get(page("brand", "add")).status_code == 403


def test_it_shows_members_to_curators_without_letting_them_change(desk: Client, brand: Brand) -> None:
    make_user(username="nina")
    assert desk.get(page("brand", "change", brand.pk)).status_code == 200
    assert desk.post(page("brand", "change", brand.pk), members(brand, "nina")).status_code == 403
    assert brand.memberships.count() == 1
    assert desk.get(reverse("admin:common_event_changelist")).status_code == 403


def members(brand: Brand, username: str) -> dict[str, Any]:
    """The brand's form with one more member."""
    there = list(brand.memberships.order_by("pk"))
    posted: dict[str, Any] = {
        "name": brand.name,
        "approvals": brand.approvals,
        "memberships-TOTAL_FORMS": len(there) + 1,
        "memberships-INITIAL_FORMS": len(there),
        f"memberships-{len(there)}-username": username,
        f"memberships-{len(there)}-role": Role.DESIGNER,
        f"memberships-{len(there)}-brand": brand.pk,
    }
    for place, member in enumerate(there):
        posted |= {
            f"memberships-{place}-id": member.pk,
            f"memberships-{place}-brand": brand.pk,
            f"memberships-{place}-role": member.role,
        }
    return posted


def test_it_lets_the_operator_do_everything(brand: Brand) -> None:
    operator = signed_in(User.objects.create_superuser("root", password="pass-word-1"))
    make_scene(brand)
    Event.objects.create(kind="x", brand_id=brand.pk, object_type="a.b", object_id=1)
    for address in (
        reverse("admin:index"),
        page("scenetemplate", "changelist"),
        page("user", "changelist"),
        page("user", "add"),
        page("brand", "add"),
        reverse("admin:common_event_changelist"),
    ):
        assert operator.get(address).status_code == 200


def test_it_keeps_a_content_policy_on_its_pages(desk: Client) -> None:
    policy = desk.get(reverse("admin:index")).headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy


def test_it_links_pictures_to_their_private_address(desk: Client, brand: Brand) -> None:
    version = make_scene(brand)
    address = reverse("studio:scene-file", args=[brand.slug, version.pk, "thumbnail"])
    for place in (reverse("admin:index"), page("scenetemplate", "change", version.scene_id)):
        assert address in text_of(desk.get(place))
    picture = desk.get(address)
    assert picture.getvalue() == version.thumbnail.read()
    version.thumbnail.close()


@pytest.mark.parametrize("number", ["9" * 5000, "9" * 30, "none", "²"])
def test_it_overlooks_numbers_that_are_none(desk: Client, number: str) -> None:
    for model, parent in (("sceneversion", "scene"), ("promptversion", "template")):
        assert desk.get(page(model, "add"), {parent: number}).status_code == 200


@pytest.mark.parametrize("model", ["scenetemplate", "prompttemplate"])
def test_it_makes_no_next_version_of_what_is_not_there(desk: Client, model: str) -> None:
    theirs = {
        "scenetemplate": make_scene(make_brand()).scene,
        "prompttemplate": make_prompt(make_brand()).template,
    }
    for number in ("none", "9" * 30, theirs[model].pk):
        address = page(model, "change", 1).replace("/1/change/", f"/{number}/new-version/")
        assert desk.get(address).status_code == 404


def test_it_tells_who_stands_there_twice(brand: Brand) -> None:
    owner = make_user(brand, Role.OWNER)
    new = make_user()
    rows = {"memberships-TOTAL_FORMS": "2", "memberships-INITIAL_FORMS": "0"}
    for n, role in enumerate((Role.DESIGNER, Role.REVIEWER)):
        rows |= {f"memberships-{n}-username": new.username, f"memberships-{n}-role": role}
    given = {"name": brand.name, "slug": brand.slug, **rows}
    response = signed_in(owner).post(page("brand", "change", brand.pk), given)
    assert response.status_code == 200
    assert f"“{new.username}” stands there 2 times" in text_of(response)
    assert not Membership.objects.filter(user=new).exists()


@pytest.mark.parametrize("words", ["[" * 100_000, "9" * 5000, '{"a": "\\ud800"}', '{"\\ud800": 1}'])
def test_it_refuses_variables_that_can_not_be_read(desk: Client, brand: Brand, words: str) -> None:
    given = {"text": "a", "variables": words, "template": make_prompt(brand).template_id}
    assert "variables are not JSON" in text_of(desk.post(page("promptversion", "preview"), given))
    answer = desk.post(page("promptversion", "add"), given)
    assert answer.status_code == 200
    assert "Enter a valid JSON." in text_of(answer)
    assert PromptVersion.objects.count() == 1
