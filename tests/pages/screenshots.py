"""`bin/screenshots`: a fresh demo install, its people at work, and a picture of each page."""

import io
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright
from urllib3.util import Retry

ROOT = Path(__file__).parents[2]
PHOTO = ROOT / "fixtures/demo/subjects/banana.jpg"
PATIENCE = 120_000


def main(folder: Path) -> None:
    with (
        tempfile.TemporaryDirectory() as data,
        served(Path(data)) as (url, people),
        sync_playwright() as play,
    ):
        chromium = os.environ.get("BRANDKIT_CHROMIUM") or shutil.which("chromium")
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        expect.set_options(timeout=PATIENCE)
        walk(browser, url, people, folder)
        browser.close()


def walk(browser: Browser, url: str, people: dict[str, str], folder: Path) -> None:
    """Dana asks for six pictures, then for more as a batch, Rita publishes some, Carl looks at a scene."""
    dana = signed_in(browser, url, "dana", people)
    dana.set_input_files("#photo", PHOTO)
    expect(dana.get_by_role("checkbox", name="Banana")).to_be_checked()
    for name in ("Kitchen", "Picnic", "Studio", "Portrait"):
        dana.get_by_role("checkbox", name=name).check()
    dana.get_by_role("button", name=re.compile("^Make")).click()
    expect(dana.get_by_text("Done", exact=True)).to_have_count(6)
    shoot(dana, folder / "studio.jpg")

    dana.get_by_role("link", name="Many at once").click()
    dana.get_by_role("checkbox", name="Wide").check()
    expect(dana.locator("#sum")).to_contain_text("There already")
    dana.get_by_role("button", name="Start").click()
    expect(dana.get_by_text("Ended", exact=True).first).to_be_visible()
    shoot(dana, folder / "batch.jpg")

    rita = signed_in(browser, url, "rita", people)
    rita.get_by_role("link", name="Review").click()
    expect(rita.get_by_role("button", name="Approve")).to_be_visible()
    shoot(rita, folder / "review.jpg")
    for _ in range(4):
        before = rita.url
        rita.get_by_role("button", name="Approve").click()
        expect(rita).not_to_have_url(before)
    rita.wait_for_timeout(20_000)  # approved: undo for ten seconds, then a worker publishes it
    rita.get_by_role("link", name="Library").click()
    expect(rita.locator("main img").first).to_be_visible()
    shoot(rita, folder / "library.jpg")
    rita.locator("main a:has(img)").first.click()
    expect(rita.get_by_role("button", name="Copy").first).to_be_visible()
    shoot(rita, folder / "asset.jpg")

    carl = signed_in(browser, url, "carl", people)
    carl.goto(f"{url}/admin/templates_app/sceneversion/1/change/")
    shoot(carl, folder / "scene.jpg")

    phone = signed_in(browser, url, "rita", people, width=390, height=844, dark=True)
    phone.get_by_role("link", name="Review").click()
    expect(phone.get_by_role("button", name="Approve")).to_be_visible()
    shoot(phone, folder / "review-phone.jpg")


def signed_in(
    browser: Browser, url: str, name: str, people: dict[str, str], *, dark: bool = False, **size: int
) -> Page:
    page = browser.new_page(
        viewport={"width": size.get("width", 1280), "height": size.get("height", 900)},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    page.set_default_timeout(PATIENCE)
    page.goto(url)
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(people[name])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state("networkidle")
    return page


def shoot(page: Page, path: Path) -> None:
    page.wait_for_load_state("networkidle")
    page.evaluate("document.querySelectorAll('*').forEach((each) => (each.scrollTop = 0))")
    shot = Image.open(io.BytesIO(page.screenshot(caret="initial")))
    shot.convert("RGB").save(path, quality=88, subsampling=0, optimize=True)


@contextmanager
def served(data: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """A fresh install on a free port: its address, and each person's password."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "BRANDKIT_DATA_DIR": str(data)}
    manage = [sys.executable, str(ROOT / "manage.py")]
    subprocess.run([*manage, "migrate", "--verbosity", "0"], env=environment, check=True)
    told = subprocess.run([*manage, "load_demo"], env=environment, check=True, capture_output=True, text=True)
    people = dict(re.findall(r"^  (\w+) +(\S+) +\w+$", told.stdout, re.MULTILINE))
    server = subprocess.Popen([*manage, "serve", "--port", str(port)], env=environment)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}", people
    finally:
        server.terminate()
        server.wait(60)


def wait_until_ready(url: str) -> None:
    session = requests.Session()
    retries = Retry(total=40, backoff_factor=0.2, backoff_max=2, status_forcelist=[503])
    session.mount("http://", requests.adapters.HTTPAdapter(max_retries=retries))
    session.get(f"{url}/readyz", timeout=30).raise_for_status()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
