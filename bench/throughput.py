"""How close a worker comes to what its provider could make, and how it keeps to the provider's limits.

Run as `python -m bench.throughput`. A stand-in of a model (`bench.slow_model`) takes 2 s for each call and
answers 3 MB. 320 pictures are asked for as one batch while a worker with 32 threads waits for work; the clock
runs from the asking to the last picture's end. The floor is a bare client in the same run: a pool of 32
threads that sends the same bytes, reads the answers with the standard parsers, and saves the same files: the
picture as it came and the two small copies, made with plain Pillow. What a second worker brings is measured
at 8 in flight each: at 32, the small copies of one worker's pictures keep two cores busy already. At last the
stand-in takes 8 calls at once and 100 a minute and refuses what is more; one worker knows that.

SQLite, or the PostgreSQL that DATABASE_URL names: a database of its own is made there, and dropped at the
end. Ends with status 1 if over a goal.
"""

import base64
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from PIL import Image

from bench.database import demo_in, own_database
from bench.slow_model import slow_model, told

if TYPE_CHECKING:
    from generation.models import Batch

GOAL = 1.10
HALF_WITHIN = 0.15
PACE_GOAL = 0.95
REFUSED_GOAL = 0.01
PICTURES, AT_ONCE, SECONDS = 320, 32, 2.0
FEW_PICTURES, FEW_AT_ONCE = 128, 8
LIMITED_PICTURES, LIMITED_AT_ONCE, LIMITED_A_MINUTE = 150, 8, 100
ROOT = Path(__file__).parent.parent
KEY = "bench-key-of-nobody"
_thread = threading.local()


def ask(number: int, pictures: int) -> "Batch":
    """A batch of so many variations of one thing in one scene; another `number` asks for other pictures."""
    from brandkit.accounts.models import Brand
    from generation.batches.asking import ask as ask_for
    from generation.batches.plans import Line, Plan
    from generation.intake import take_in
    from generation.models import Priority
    from generation.provider import get_provider
    from templates_app.demo import BRAND
    from templates_app.services import find_prompt, find_scene

    brand = Brand.objects.get(slug=BRAND)
    photo = ROOT / "fixtures/demo/subjects/banana.jpg"
    line = Line(
        number=1,
        subject=take_in(brand=brand, by=None, file=photo)[0],
        scenes=[find_scene(brand=brand, slug="kitchen")],
        formats=[small_format(brand, number)],
        variations=pictures,
    )
    plan = Plan(
        brand=brand,
        by=None,
        name=f"Throughput {number}",
        prompt_version=find_prompt(brand=brand),
        provider=get_provider("gemini"),
        variables={},
        priority=Priority.NORMAL,
        lines=[line],
    )
    return ask_for(plan)


def small_format(brand: Any, number: int) -> Any:
    from templates_app.models import OutputFormat

    given = {"name": f"Small {number}", "width": 960, "height": 960, "ratio": "1:1", "size": "1K"}
    return OutputFormat.objects.get_or_create(brand=brand, slug=f"small-{number}", defaults=given)[0]


@contextmanager
def workers(count: int, url: str, **changes: str) -> Iterator[None]:
    """So many worker processes that wait for work."""
    with ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(worker(url, **changes))
        until(lambda: signs() == count)
        yield


@contextmanager
def worker(url: str, **changes: str) -> Iterator[None]:
    environment = {**os.environ, "GEMINI_URL": url, "MALLOC_ARENA_MAX": "2", **changes}
    with subprocess.Popen([sys.executable, "manage.py", "work"], cwd=ROOT, env=environment) as process:
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def signs() -> int:
    from generation.models import WorkerSign

    return WorkerSign.objects.count()


def until(condition: Any) -> None:
    deadline = time.monotonic() + 600
    while not condition():
        assert time.monotonic() < deadline, "it does not come to an end"
        time.sleep(0.02)


def ours(number: int, pictures: int) -> float:
    """Seconds from the asking to the last picture's end."""
    from generation.models import Generation

    began = time.monotonic()
    batch = ask(number, pictures)
    own = Generation.objects.filter(batch=batch)
    until(lambda: not own.filter(state__in=["queued", "running"]).exists())
    seconds = time.monotonic() - began
    assert own.filter(state="succeeded").count() == pictures
    return seconds


def bare(url: str, folder: str) -> float:
    """Seconds of the bare client."""
    body = first_request()
    target = Path(folder) / "bare"
    target.mkdir()
    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda number: one(url, body, target / str(number)), range(PICTURES)))
    return time.monotonic() - began


def one(url: str, body: bytes, name: Path) -> None:
    if not hasattr(_thread, "session"):
        _thread.session = requests.Session()
    headers = {"Content-Type": "application/json", "x-goog-api-key": KEY}
    answer = _thread.session.post(f"{url}/v1beta/models/m:generateContent", data=body, headers=headers).json()
    data = base64.b64decode(answer["candidates"][0]["content"]["parts"][0]["inlineData"]["data"])
    name.with_suffix(".png").write_bytes(data)
    with Image.open(BytesIO(data)) as picture:
        picture.convert("RGB").save(name.with_suffix(".webp"), "WEBP", quality=88)
        picture.thumbnail((512, 512))
        picture.convert("RGB").save(name.with_suffix(".small.webp"), "WEBP", quality=82)


def first_request() -> bytes:
    """As long as ours: the subject and the scene in base64."""
    from generation.models import Subject
    from templates_app.models import SceneVersion

    subject, scene = Subject.objects.get(), SceneVersion.objects.get(scene__slug="kitchen")
    with subject.normal.open("rb") as photo, scene.picture.open("rb") as place:
        parts = [
            {"inlineData": {"mimeType": "image/jpeg", "data": base64.b64encode(data).decode()}}
            for data in (photo.read(), place.read())
        ]
    return json.dumps({"contents": [{"role": "user", "parts": parts}]}).encode()


def measure_speed(folder: str) -> bool:
    with slow_model(seconds=SECONDS) as url:
        with workers(1, url):
            alone = ours(1, PICTURES)
        floor = bare(url, folder)
    ratio = alone / floor
    good = ratio <= GOAL
    print(
        f"one worker: {alone:.1f} s, bare client {floor:.1f} s (the waits alone "
        f"{PICTURES / AT_ONCE * SECONDS:.0f} s), ratio {ratio:.2f} (goal at most {GOAL}) "
        f"{'ok' if good else 'OVER'}"
    )
    return good


def measure_second_worker() -> bool:
    few = {"BRANDKIT_WORKER_THREADS": str(FEW_AT_ONCE)}
    with slow_model(seconds=SECONDS) as url:
        with workers(1, url, **few):
            one = ours(2, FEW_PICTURES)
        with workers(2, url, **few):
            two = ours(3, FEW_PICTURES)
    half = two / one
    good = half <= 0.5 * (1 + HALF_WITHIN)
    print(
        f"{FEW_AT_ONCE} in flight: one worker {one:.1f} s, two workers {two:.1f} s, {half:.2f} of it "
        f"(goal at most {0.5 * (1 + HALF_WITHIN):.3f}) {'ok' if good else 'OVER'}"
    )
    return good


def measure_pace() -> bool:
    """The pace is that between the first and the last call: of n calls, n - 1 steps."""
    limits = {"at_once": LIMITED_AT_ONCE, "a_minute": LIMITED_A_MINUTE}
    own = {
        "GEMINI_CALLS_AT_ONCE": str(LIMITED_AT_ONCE),
        "GEMINI_REQUESTS_A_MINUTE": str(LIMITED_A_MINUTE),
    }
    with slow_model(seconds=SECONDS, **limits) as url, workers(1, url, **own):
        ours(4, LIMITED_PICTURES)
        seen = told(url)
    calls = len(seen["seen"])
    pace = (calls - 1) / (seen["seen"][-1] - seen["seen"][0]) * 60 / LIMITED_A_MINUTE
    refused = seen["refused"] / (calls + seen["refused"])
    good: bool = pace >= PACE_GOAL and refused <= REFUSED_GOAL
    print(
        f"at {LIMITED_AT_ONCE} at once and {LIMITED_A_MINUTE} a minute: {pace:.1%} of the pace (goal at least"
        f" {PACE_GOAL:.0%}), {refused:.1%} refused (goal at most {REFUSED_GOAL:.0%}), at most {seen['most']}"
        f" at once {'ok' if good else 'OVER'}"
    )
    return good


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, own_database(folder) as database:
        demo_in(
            folder,
            DATABASE_URL=database,
            LOG_LEVEL="ERROR",
            BRANDKIT_WORKER_THREADS=str(AT_ONCE),
            GEMINI_KEY=KEY,
        )
        good = [measure_speed(folder), measure_second_worker(), measure_pace()]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
