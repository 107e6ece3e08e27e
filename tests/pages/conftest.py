"""A real Chromium on the real pages. Fixtures here are also for the review pages."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from brandkit.accounts.models import User
from generation import runner
from generation.models import Generation

Visit = Callable[..., Page]
expect.set_options(timeout=60_000)  # cutting out takes long where many tests share two cores


def chromium() -> str:
    """Where Chromium is. No test of pages is skipped unseen: in CI a missing one is a failure."""
    path = os.environ.get("BRANDKIT_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if path:
        return path
    words = "No Chromium found. Install it, or name it in BRANDKIT_CHROMIUM."
    if os.environ.get("CI"):
        pytest.fail(words)
    pytest.skip(words)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One for all pages. While it lives, Playwright's event loop runs in this thread, and Django would refuse
    the database there; nothing else of ours is asynchronous, so that is safe to allow."""
    path = chromium()
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield found
        found.close()
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")
    if before is not None:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@pytest.fixture
def problems() -> list[str]:
    """What the browsers complained of; a test takes out what it expects."""
    return []


@pytest.fixture
def visit(browser: Browser, live_server: LiveServer, problems: list[str]) -> Iterator[Visit]:
    """visit(path, user=None, width=1280, height=900, dark=False): a page there, signed in as `user`.

    The test fails where a page reports an error or breaks its content security policy.
    """
    contexts: list[BrowserContext] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" or "Content Security Policy" in message.text:
            problems.append(message.text)

    def open_page(
        path: str = "/", user: User | None = None, *, width: int = 1280, height: int = 900, dark: bool = False
    ) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            locale="en-GB",
        )
        context.set_default_timeout(60_000)
        contexts.append(context)
        if user:
            sign_in(context, user, live_server.url)
        page = context.new_page()
        page.on("console", hear)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def sign_in(context: BrowserContext, user: User, url: str) -> None:
    client = Client()
    client.force_login(user)
    name = django_settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": url}])


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the page where BRANDKIT_SCREENSHOTS names a folder."""
    if folder := os.environ.get("BRANDKIT_SCREENSHOTS"):
        page.wait_for_load_state("networkidle")
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True, caret="initial")


def assert_accessible(page: Page) -> None:
    """axe-core finds nothing serious."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    serious = [
        f"{each['id']}: {node['html'][:150]} {node.get('failureSummary', '')[:200]}"
        for each in found
        for node in each["nodes"]
        if each["impact"] in ("serious", "critical")
    ]
    assert serious == [], page.url


def assert_fits(page: Page) -> None:
    """Nothing to scroll sideways, and every target of a finger is at least 24 px a side."""
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index] # it was given
    small = page.evaluate(
        """() => [...document.querySelectorAll("a, button, input:not([type=hidden]), select, summary")]
        .filter((e) => e.checkVisibility() && !e.closest("label, p, dd, h3, .unseen, .skip"))
        .map((e) => [e.outerHTML.slice(0, 120), e.getBoundingClientRect()])
        .filter(([, box]) => box.width < 24 || box.height < 24).map(([html]) => html)"""
    )
    assert small == [], page.url


def work() -> None:
    """Do what a worker does, once: run everything that waits."""
    for generation in Generation.objects.filter(state=Generation.State.QUEUED):
        runner.run(generation.NOUN, generation.pk)
