"""What curators ask of a model: a scene's picture from words, or one that they have, restyled."""

from brandkit.accounts.models import User
from brandkit.accounts.policy import Act, require
from brandkit.common.errors import Invalid
from generation.models import SceneDraft
from generation.provider import get_provider, get_providers
from generation.providers.base import Provider
from generation.queueing import get_or_add, put_back, take_out
from generation.wish import checked_variation, hash_of
from templates_app.models import SceneTemplate, SceneVersion

NO_MAKER = (
    "No provider that is configured makes scenes. The operator sets WISDOM_GATE_KEY or GEMINI_KEY; "
    "docs/providers.md tells how."
)


def draft_from_words(
    *,
    scene: SceneTemplate,
    words: str,
    ratio: str,
    size: str,
    by: User,
    provider: str = "",
) -> tuple[SceneDraft, bool]:
    """Have a picture for `scene` made from words; the bool says whether nobody had asked for it before.

    What comes of it is a draft version. The same wish again is the same row; one that ended without a
    picture is queued again. provider: an alias; "" is the usual one. Raises Invalid, NotFound, NotAllowed.
    """
    wanted = SceneDraft(scene=scene, prompt=words, ratio=ratio, size=size)
    return _ask(wanted, provider, by)


def restyle(
    *,
    version: SceneVersion,
    words: str,
    ratio: str,
    size: str,
    by: User,
    provider: str = "",
) -> tuple[SceneDraft, bool]:
    """Have a version's picture made anew as the words say; otherwise as `draft_from_words`."""
    wanted = SceneDraft(scene=version.scene, restyled=version, prompt=words, ratio=ratio, size=size)
    return _ask(wanted, provider, by)


def another(*, draft: SceneDraft, variation: int, by: User) -> SceneDraft:
    """Another variation of the same: another picture, paid for anew. Raises as asking does.

    variation: as `next_variation` told it beforehand: two clicks on one button ask for one picture.
    """
    wanted = SceneDraft(
        scene=draft.scene,
        restyled=draft.restyled,
        prompt=draft.prompt,
        ratio=draft.ratio,
        size=draft.size,
        variation=checked_variation(variation),
    )
    return _ask(wanted, draft.provider, by)[0]


def next_variation(draft: SceneDraft) -> int:
    """The first number that nobody has asked for with the same words, size and provider."""
    same = SceneDraft.objects.filter(
        scene=draft.scene_id,
        restyled=draft.restyled_id,
        prompt=draft.prompt,
        provider=draft.provider,
        ratio=draft.ratio,
        size=draft.size,
    )
    return same.next_variation()


def cancel(*, draft: SceneDraft, by: User) -> None:
    """Take a waiting one out of the queue. Raises Conflict where it is in work or has ended."""
    require(by, Act.CURATE, draft.brand)
    take_out(draft, by)


def retry(*, draft: SceneDraft, by: User) -> None:
    """Queue again what was refused, failed or cancelled. Raises Conflict, and Invalid as asking does."""
    require(by, Act.CURATE, draft.brand)
    if not draft.fetched:  # else nobody is called any more
        _check(draft, scene_maker(draft.provider))
    put_back(draft, by)


def scene_makers() -> list[Provider]:
    """The configured providers that make scenes, the usual one first."""
    return [provider for provider in get_providers() if provider.makes_scenes]


def scene_maker(alias: str) -> Provider:
    """The one of that alias; the first one for "". Raises Invalid where it makes no scenes."""
    if alias:
        provider = get_provider(alias)
        if not provider.makes_scenes:
            raise Invalid(f"{provider.name} makes no scenes. Choose another provider.")
        return provider
    if makers := scene_makers():
        return makers[0]
    raise Invalid(NO_MAKER)


def _ask(wanted: SceneDraft, alias: str, by: User) -> tuple[SceneDraft, bool]:
    brand = wanted.scene.brand
    require(by, Act.CURATE, brand)
    provider = scene_maker(alias)
    wanted.brand, wanted.requested_by = brand, by
    wanted.provider, wanted.model = provider.alias, provider.model
    wanted.prompt = wanted.prompt.strip()
    _check(wanted, provider)
    wanted.price = provider.price(size=wanted.size, pictures=pictures_of(wanted))
    wanted.wish = _wish_of(wanted)
    [answer] = get_or_add([wanted], among=SceneDraft.objects.all(), brand=brand, by=by)
    return answer


def check(provider: Provider, *, words: str, ratio: str, size: str, pictures: int) -> None:
    """Raise Invalid where the provider can't be asked for this. pictures: 1 for a restyling, else 0."""
    if not words.strip():
        raise Invalid("Say in words what the picture should show.")
    reason = provider.why_not(ratio=ratio, size=size) or provider.why_not_from(
        pictures=pictures, objects=0, people=0, prompt=words.strip()
    )
    if reason:
        raise Invalid(reason)


def _check(wanted: SceneDraft, provider: Provider) -> None:
    pictures = pictures_of(wanted)
    check(provider, words=wanted.prompt, ratio=wanted.ratio, size=wanted.size, pictures=pictures)


def pictures_of(draft: SceneDraft) -> int:
    """So many pictures are sent with the words."""
    return 1 if draft.restyled_id else 0


def _wish_of(draft: SceneDraft) -> str:
    """The hash, in hex, of all that would make it another draft. A version's picture never changes."""
    parts = {
        "scene": [draft.scene_id, draft.restyled_id],
        "prompt": draft.prompt,
        "provider": [draft.provider, draft.model, draft.parameters],
        "format": [draft.ratio, draft.size],
        "variation": draft.variation,
    }
    return hash_of(parts)
