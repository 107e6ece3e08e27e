"""How fast the review desk is with 1,000 and with 1,000,000 pictures that wait for their verdict.

Run as `python -m bench.review`. Two databases are filled (`bench.many_rows`). The server's time: the desk's
fragment, what comes next, and who has what, for the whole queue and narrowed down, in turns from both; the
best of several runs counts. In a real Chromium a reviewer approves 20 pictures by key, a second for each; the
clock runs from the press of the key until the next picture is decoded and its frame is painted. The median
stays under 150 ms. No time may be more than twice as long with the million. Ends with status 1 otherwise.

SQLite, or the PostgreSQL that DATABASE_URL names: databases of its own are made there, and dropped at the
end. Chromium is the one that BRANDKIT_CHROMIUM names, else the one on the path.
"""

import os
import shutil
import sys
from contextlib import ExitStack
from statistics import median

from playwright.sync_api import Browser, Page, sync_playwright

from bench.lists import FEW, GOAL, MANY, RUNS, Server, server
from bench.many_rows import BATCH, SERVE

KEY_GOAL = 0.150
DECISIONS = 20
PACE = 1000
"""Milliseconds that a picture is looked at."""

NARROWED = ("", f"batch={BATCH}&order=priority", "scene=scene-1", "flagged=yes", "sku=SKU-7")
PAGES = (
    "/b/many/review/{new}/?part=desk&",
    "/b/many/review/ahead?after={new}&",
    "/b/many/review/live?ids={first},{new}&",
)

WATCH = """
() => {
  const desk = () => document.getElementById("desk");
  let began = 0;
  addEventListener("keydown", (event) => (began = event.timeStamp), { capture: true });
  const painted = () => new Promise((done) => requestAnimationFrame(() => {
    const after = new MessageChannel();
    after.port1.onmessage = done;
    after.port2.postMessage("");
  }));
  window.nextPainted = () => {
    const before = desk().dataset.review;
    return new Promise((done) => {
      new MutationObserver(async (_, observer) => {
        if (desk().dataset.review === before) return;
        observer.disconnect();
        const shown = desk().querySelectorAll(".viewer img");
        await Promise.all([...shown].map((each) => each.decode()));
        await painted();
        done((performance.now() - began) / 1000);
      }).observe(document.body, { childList: true, subtree: true });
    });
  };
}
"""


def served(few: Server, many: Server) -> bool:
    """Print the server's times; whether all are within their goal."""
    good = True
    for page in PAGES:
        for query in NARROWED:
            path = f"{page}{query}"
            answers = [(few.ask(path), many.ask(path)) for _ in range(RUNS)]
            small, large = (min(answer[which]["seconds"] for answer in answers) for which in (0, 1))
            good = told(path, small, large) and good
    return good


def told(words: str, small: float, large: float) -> bool:
    """Print seconds at both sizes; whether their ratio is within its goal."""
    good = large <= GOAL * small
    print(
        f"  {words:<72} {1000 * small:6.1f} ms, {1000 * large:6.1f} ms, "
        f"ratio {large / small:.2f} (goal at most {GOAL:.0f}) {'ok' if good else 'OVER'}",
        flush=True,
    )
    return good


def decided(browser: Browser, one: Server) -> list[float]:
    """Seconds from key to picture of each decision."""
    at = one.ask(SERVE)
    context = browser.new_context(base_url=at["url"], viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": at["name"], "value": at["value"], "url": at["url"]}])
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto("/b/many/review/")
    page.evaluate(WATCH)
    times = [next_painted(page) for _ in range(DECISIONS)]
    context.close()
    return times


def next_painted(page: Page) -> float:
    """Approve what is there; the seconds until the next picture is painted."""
    page.wait_for_timeout(PACE)
    page.evaluate("() => { window.next = window.nextPainted(); }")
    page.keyboard.press("a")
    return float(page.evaluate("() => window.next"))


def pressed(few: Server, many: Server) -> bool:
    """Print how long the next picture takes; whether that is within its goals."""
    path = os.environ.get("BRANDKIT_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        times = [decided(browser, one) for one in (few, many)]
        browser.close()
    good = True
    for one, took in zip((few, many), times, strict=True):
        fits = median(took) < KEY_GOAL
        good = good and fits
        print(
            f"  key to next picture at {one.rows:>9,}: median {1000 * median(took):.0f} ms "
            f"(goal under {1000 * KEY_GOAL:.0f}), worst {1000 * max(took):.0f} ms {'ok' if fits else 'OVER'}",
            flush=True,
        )
    return told("key to next picture", *map(median, times)) and good


def main() -> int:
    postgres = os.environ.get("DATABASE_URL", "")
    postgres = postgres if postgres.startswith("postgres") else ""
    print(f"review desk on {'PostgreSQL' if postgres else 'SQLite'}", flush=True)
    with ExitStack() as stack:
        few, many = (stack.enter_context(server(rows, postgres)) for rows in (FEW, MANY))
        quick = served(few, many)
        return 0 if pressed(few, many) and quick else 1


if __name__ == "__main__":
    sys.exit(main())
