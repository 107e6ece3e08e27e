"""Our key and our pictures, sent back by a vendor in every way: nobody ever sees them.

`nothing_leaks` in conftest.py searches rows, files, logs and what was printed after every scenario; here are
answers made for it, and the pages, the API, the commands and the objects besides.
"""

import base64
import traceback
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from brandkit.accounts.models import Brand, Role
from generation.checks import check_providers
from generation.engine.jobs import NotedJob
from generation.engine.sending import picture_request
from generation.models import Generation, ProviderAccount
from generation.provider import get_provider
from generation.providers.base import Job
from generation.providers.wire.body import Base64, FormFile, form_body
from tests.factories import make_user
from tests.generation.scenarios import canaries
from tests.generation.scenarios.canaries import KEY
from tests.generation.scenarios.echoes import ANSWERS, JOB_ANSWERS, job_answer
from tests.generation.scenarios.play import ALIAS, turn, use, wanted
from tests.standins.gemini import FAULTS, gemini_server
from tests.standins.image_jobs import Files, image_jobs_server
from tests.standins.loopback import Handler, Server
from tests.standins.openai_images import OpenAIImages

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
ECHOES = {**ANSWERS, **{name: fault for name, fault in FAULTS.items() if name.startswith("echoes")}}
Place = tuple[str, str]


@pytest.mark.parametrize("name", ECHOES)
def test_it_keeps_nothing_of_what_gemini_sends_back(name: str, settings: Any) -> None:
    with gemini_server(ECHOES[name], key=KEY) as server:
        use(settings, "gemini.Gemini", key=KEY, url=server.url)
        assert turn(wanted()) == 1
        assert len(server.asked) == 1


@pytest.mark.parametrize("where", ["asked", "polled"])
@pytest.mark.parametrize("name", JOB_ANSWERS)
def test_it_keeps_nothing_of_what_a_job_api_sends_back(
    name: str, where: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NotedJob, "pause", lambda self, seconds: True)
    with Files([]) as files:
        answer = job_answer(name, files.root)
        script: dict[str, Any] = {"polls": [answer], "running": 1} if where == "polled" else {}
        with image_jobs_server(*([] if script else [answer]), **script) as server:
            hosts = [files.root.removeprefix("http://")]
            use(settings, "image_jobs.ImageJobs", key=KEY, url=server.url, allow_hosts=hosts)
            assert turn(wanted()) == 1
            canaries.check(("path", seen.path) for seen in (*server.seen, *files.seen))


class Echo(Server):
    """Tells everybody's headers and body, as a proxy that is being debugged does."""

    def __init__(self, status: int) -> None:
        super().__init__()
        self._status = status

    def answer(self, handler: Handler) -> None:
        self.see(handler)
        body = handler.rfile.read(int(handler.headers.get("Content-Length", "0"))).decode("latin-1")
        words = f"{handler.headers.as_string()} {quote(KEY, safe='')} {body}"
        handler.say(self._status, {"error": {"code": KEY, "message": words}}, Location=f"/?key={KEY}")


VENDORS = ("gemini.Gemini", "image_jobs.ImageJobs", "openai_images.OpenAIImages")


@pytest.mark.parametrize("status", [200, 308, 400, 500])
@pytest.mark.parametrize("backend", VENDORS)
def test_it_keeps_nothing_of_what_a_debugged_proxy_tells(backend: str, status: int, settings: Any) -> None:
    with Echo(status) as server:
        use(settings, backend, key=KEY, url=server.root)
        assert turn(wanted()) == 1
        assert len(server.seen) == 1


def pages(brand: Brand) -> Iterator[Place]:
    """Every page and every answer of the API that could show what became of a brand's pictures."""
    client = Client()
    client.force_login(make_user(brand, Role.OWNER, is_superuser=True, is_staff=True))
    for address in addresses(brand):
        answer = client.get(address)
        # There is no worker.
        assert answer.status_code == (503 if address == "/readyz" else 200), address
        yield address, answer.content.decode()


def addresses(brand: Brand) -> Iterator[str]:
    yield reverse("studio:home", args=[brand.slug])
    yield reverse("api:generation-list") + f"?brand={brand.slug}"
    yield reverse("api:output-list") + f"?brand={brand.slug}"
    yield "/readyz"
    yield reverse("admin:index")
    yield reverse("admin:generation_provideraccount_changelist")
    yield reverse("admin:stuck")
    for account in ProviderAccount.objects.all():
        yield reverse("admin:generation_provideraccount_change", args=[account.pk])
    for generation in Generation.objects.all():
        yield reverse("studio:picture", args=[brand.slug, generation.pk])
    yield reverse("api:generation-detail", args=[generation.pk])


def test_no_page_shows_any_of_it(brand: Brand, settings: Any) -> None:
    """All of these answers in one brand, and then every page of it."""
    for echo in ECHOES.values():
        with gemini_server(echo, key=KEY) as gemini:
            play(brand, settings, "gemini.Gemini", gemini.url)
    for name in JOB_ANSWERS:
        with image_jobs_server(job_answer(name, "http://127.0.0.1:9")) as jobs:
            play(brand, settings, "image_jobs.ImageJobs", jobs.url)
    with OpenAIImages("echo") as openai:
        play(brand, settings, "openai_images.OpenAIImages", openai.url)
    for backend in VENDORS:
        with Echo(401) as proxy:
            play(brand, settings, backend, proxy.root)
    assert Generation.objects.count() == len(ECHOES) + len(JOB_ANSWERS) + 1 + len(VENDORS)
    assert ProviderAccount.objects.exclude(paused_at=None).count() == 1
    canaries.check(pages(brand))


def play(brand: Brand, settings: Any, backend: str, url: str) -> None:
    """One call, even where the last one has stopped everybody."""
    ProviderAccount.objects.update(paused_at=None, closed_until=None)
    use(settings, backend, key=KEY, url=url)
    assert turn(wanted(brand)) == 1


@pytest.mark.parametrize("status", [200, 308, 400, 401, 404, 429, 500])
@pytest.mark.parametrize("backend", VENDORS)
def test_it_probes_without_telling(backend: str, status: int, settings: Any, tmp_path: Path) -> None:
    with Echo(status) as server:
        use(settings, backend, key=KEY, url=server.root)
        canaries.check([("probe", probed())])
        canaries.check([("paid probe", probed("--picture", str(tmp_path / "picture"), "--yes"))])
        assert server.seen


def probed(*arguments: str) -> str:
    out = StringIO()
    try:
        call_command("probe_provider", ALIAS, *arguments, stdout=out, stderr=out)
    except CommandError as error:
        out.write(whole(error))
    return out.getvalue()


def whole(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


@pytest.mark.parametrize("backend", VENDORS)
def test_it_describes_itself_without_the_key(backend: str, settings: Any) -> None:
    use(settings, backend, key=KEY, url="http://127.0.0.1:9")
    provider: Any = get_provider(ALIAS)
    request = picture_request(wanted())
    data = request.pictures[0].data
    form = FormFile(name="image", filename="x.png", media_type="image/png", data=data)
    own = [provider, provider.options, provider.line, provider.prices, getattr(provider, "dialect", None)]
    sent = [
        request,
        *request.pictures,
        Base64(data),
        form,
        form_body([], [form]),
        Job(),
        provider.parameters(request),
    ]
    canaries.check((type(thing).__name__, repr(thing)) for thing in (*own, *sent))


WRONG: dict[str, dict[str, Any]] = {
    "a key with a space": {"key": f"{KEY} {KEY}"},
    "a key with its line's end": {"key": f"{KEY}\n"},
    "a key that is a list": {"key": [KEY]},
    "a key in the address": {"key": KEY, "url": f"https://example.com/?key={KEY}"},
    "a key as a password": {"key": KEY, "url": f"https://someone:{KEY}@example.com"},
    "another time-out": {"key": KEY, "timeouts": {"8K": 1}},
    "another price": {"key": KEY, "prices": {"1K": "cheap"}},
    "another option": {"key": KEY, "speed": 1},
    "another limit": {"key": KEY, "requests_a_minute": 0},
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("backend", VENDORS)
def test_it_complains_about_its_settings_without_the_key(backend: str, name: str, settings: Any) -> None:
    entry = {"BACKEND": f"generation.providers.{backend}", "OPTIONS": WRONG[name]}
    settings.BRANDKIT_PROVIDERS = {ALIAS: entry}
    with pytest.raises(ImproperlyConfigured) as caught:
        get_provider(ALIAS)
    complaints = check_providers()
    assert len(complaints) == 1
    canaries.check([("error", whole(caught.value)), ("check", repr(complaints)), ("probe", probed())])


def test_it_would_find_a_canary(settings: Any) -> None:
    """What is said above is worth nothing if `check` finds nothing."""
    use(settings, "gemini.Gemini", key=KEY)
    data = picture_request(wanted()).pictures[0].data
    leaks = [*canaries.spellings(KEY), base64.b64encode(data)[5:120].decode()]
    assert len(leaks) >= 8
    for leak in leaks:
        with pytest.raises(AssertionError, match="words: "):
            canaries.check([("words", f"see {leak} there")])
