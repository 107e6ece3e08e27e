"""What a 4K picture's answer costs us in time and memory, against the client that anybody would write.

Run as `python -m bench.answers`. A stand-in in a process of its own takes a request with two pictures, waits
like a very quick model, and answers 20 MB of JSON with a picture in base64. Ours is the whole provider, its
picture written into a file; the naive client is `requests.post`, `json.loads`, `base64.b64decode` and the
same file. Both run in turns; the shortest run of each counts, with the wait and without it. Memory is the
growth of the high-water mark of the resident set (VmHWM, put back before the call), each client in a fresh
process. Ends with status 1 if over a goal.
"""

import base64
import hashlib
import http.server
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import requests

from bench.timing import shortest
from generation.providers.base import Job, Made, Picture, PictureRequest
from generation.providers.gemini import Gemini

TIME_GOAL = 0.6
MEMORY_GOAL = 1.0
WAIT = 0.1
PICTURE_BYTES = 15 * 10**6
INPUT_BYTES = 10**6
KEY = "bench-key"


def chance(count: int) -> bytes:
    return np.random.default_rng(count).bytes(count)


def answer() -> bytes:
    """As the native shape has it; the picture's bytes are chance, as those of a compressed picture are."""
    picture = {"mimeType": "image/png", "data": base64.b64encode(chance(PICTURE_BYTES)).decode()}
    parts = [{"text": "Here it is."}, {"inlineData": picture}]
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}
    return json.dumps({"candidates": [candidate], "modelVersion": "bench", "responseId": "1"}).encode()


class StandIn(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    body = b""

    def do_POST(self) -> None:
        left = int(self.headers["Content-Length"])
        while left:
            left -= len(self.rfile.read(min(left, 2**20)))
        time.sleep(WAIT)
        self.send_response(200)
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        pass


def serve() -> None:
    StandIn.body = answer()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), StandIn) as server:
        print(server.server_port, flush=True)
        server.serve_forever()


@contextmanager
def standing_in() -> Iterator[str]:
    """The address of a stand-in in a process of its own."""
    command = [sys.executable, "-m", "bench.answers", "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.terminate()


def wish() -> PictureRequest:
    def picture(role: str) -> Picture:
        data = chance(INPUT_BYTES)
        sha256 = hashlib.sha256(data).hexdigest()
        return Picture(role=role, data=data, media_type="image/jpeg", width=2048, height=2048, sha256=sha256)

    return PictureRequest(
        prompt="A kettle.", ratio="1:1", size="4K", subject=picture("subject"), scene=picture("scene")
    )


def ours(url: str, request: PictureRequest, target: Path) -> None:
    provider = Gemini(alias="bench", options={"url": url, "key": KEY})
    with target.open("w+b") as sink:
        made = provider.make(request, sink, Job())
    assert isinstance(made, Made), made


def naive(url: str, request: PictureRequest, target: Path) -> None:
    """What anybody would write."""
    sent = [
        {"inlineData": {"mimeType": "image/jpeg", "data": base64.b64encode(picture.data).decode()}}
        for picture in request.pictures
    ]
    config = {
        "responseModalities": ["TEXT", "IMAGE"],
        "imageConfig": {"aspectRatio": "1:1", "imageSize": "4K"},
    }
    body = {"contents": [{"parts": [*sent, {"text": request.prompt}]}], "generationConfig": config}
    path = f"{url}/v1beta/models/{Gemini.model}:generateContent"
    response = requests.post(path, json=body, headers={"x-goog-api-key": KEY}, timeout=600)
    answered = json.loads(response.content)
    data = answered["candidates"][0]["content"]["parts"][-1]["inlineData"]["data"]
    target.write_bytes(base64.b64decode(data))


CLIENTS: dict[str, Callable[[str, PictureRequest, Path], None]] = {"ours": ours, "naive": naive}


def grow(client: str, url: str, target: str) -> None:
    """Print the bytes by which this process grows at most, from before the call to its end."""
    request = wish()
    Path("/proc/self/clear_refs").write_text("5")  # puts VmHWM back to what is resident now
    before = high_water()
    CLIENTS[client](url, request, Path(target))
    print(high_water() - before)


def high_water() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def growth(client: str, url: str, target: Path) -> int:
    command = [sys.executable, "-m", "bench.answers", "grow", client, url, str(target)]
    return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def told(ratio: float, goal: float) -> str:
    return f"{ratio:.2f} (goal at most {goal}) {'ok' if ratio <= goal else 'OVER'}"


def measure(url: str, folder: Path) -> bool:
    """Print one line each. False if one is over its goal."""
    request = wish()
    targets = {name: folder / name for name in CLIENTS}
    jobs: list[Any] = [lambda name=name: CLIENTS[name](url, request, targets[name]) for name in CLIENTS]
    for job in jobs:
        job()
    assert targets["ours"].read_bytes() == targets["naive"].read_bytes() == chance(PICTURE_BYTES)
    mine, floor = shortest(*jobs)
    ratio, beyond = mine / floor, (mine - WAIT) / (floor - WAIT)
    print(
        f"answers 20 MB: {mine:.3f} s, naive {floor:.3f} s with a wait of {WAIT} s in both, "
        f"ratio {told(ratio, TIME_GOAL)}; without the wait {told(beyond, TIME_GOAL)}"
    )
    grown = {name: growth(name, url, targets[name]) / 10**6 for name in CLIENTS}
    payload = len(answer()) / 10**6
    share = grown["ours"] / payload
    print(
        f"answers memory: {grown['ours']:.1f} MB, naive {grown['naive']:.1f} MB, payload {payload:.1f} MB, "
        f"ratio to the payload {told(share, MEMORY_GOAL)}"
    )
    return max(ratio, beyond) <= TIME_GOAL and share <= MEMORY_GOAL


def main() -> int:
    match sys.argv[1:]:
        case ["serve"]:
            serve()
        case ["grow", client, url, target]:
            grow(client, url, target)
        case _:
            with standing_in() as url, tempfile.TemporaryDirectory() as folder:
                return 0 if measure(url, Path(folder)) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
