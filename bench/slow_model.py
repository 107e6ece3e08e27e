"""A stand-in for a paid model, in a process of its own: it takes its time, answers 3 MB, and keeps limits.

Run as `python -m bench.slow_model SECONDS AT_ONCE A_MINUTE`, where 0 is no limit; it prints its port. Beyond
a limit it answers 429, as vendors do who count the calls of the last 60 seconds. `GET /` tells what it has
seen, and forgets it.
"""

import asyncio
import base64
import json
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import requests
from PIL import Image

from tests.standins.gemini.pictures import padded

BODY = 3 * 10**6
SIDE = 1024
SCENE = Path(__file__).parent.parent / "fixtures/demo/scenes/kitchen.jpg"


def picture() -> bytes:
    """The demo's kitchen as a PNG of 1024 x 1024 pixels, filled up until its answer has 3 MB."""
    out = BytesIO()
    with Image.open(SCENE) as scene:
        scene.convert("RGB").resize((SIDE, SIDE)).save(out, "PNG", compress_level=1)
    return padded(out.getvalue(), BODY * 3 // 4 - out.tell())


def answer() -> bytes:
    """As the native shape of Gemini has it."""
    image = {"mimeType": "image/png", "data": base64.b64encode(picture()).decode()}
    parts = [{"inlineData": image}]
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}
    return json.dumps({"candidates": [candidate], "modelVersion": "bench", "responseId": "1"}).encode()


class Model:
    """seen: when the calls came that were answered; refused: how many were not."""

    def __init__(self, seconds: float, at_once: int, a_minute: int) -> None:
        self.seconds, self.at_once, self.a_minute = seconds, at_once, a_minute
        self.body = answer()
        self.window: deque[float] = deque()
        self.forget()

    def forget(self) -> None:
        self.seen: list[float] = []
        self.refused = self.most = self.now = 0

    def lets_in(self) -> bool:
        now = time.monotonic()
        while self.window and now - self.window[0] > 60:
            self.window.popleft()
        full = self.at_once and self.now >= self.at_once
        fast = self.a_minute and len(self.window) >= self.a_minute
        if full or fast:
            self.refused += 1
            return False
        self.window.append(now)
        self.seen.append(now)
        self.now += 1
        self.most = max(self.most, self.now)
        return True

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, kept open."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                status, body = await self.answer(head.decode("latin-1"), reader)
                writer.write(
                    f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\n"
                    f"Content-Length: {len(body)}\r\n\r\n".encode()
                )
                writer.write(body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def answer(self, head: str, reader: asyncio.StreamReader) -> tuple[int, bytes]:
        if head.startswith("GET"):
            told = {"seen": self.seen, "refused": self.refused, "most": self.most}
            self.forget()
            return 200, json.dumps(told).encode()
        fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        left = int(fields["content-length"])
        while left:
            left -= len(await reader.read(min(left, 2**20)))
        if not self.lets_in():
            error = {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Too many."}}
            return 429, json.dumps(error).encode()
        await asyncio.sleep(self.seconds)
        self.now -= 1
        return 200, self.body


async def serve(model: Model) -> None:
    server = await asyncio.start_server(model.serve, "127.0.0.1", 0, limit=2**20, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def slow_model(*, seconds: float, at_once: int = 0, a_minute: int = 0) -> Iterator[str]:
    """Its address, for as long as the block runs."""
    command = [sys.executable, "-m", "bench.slow_model", str(seconds), str(at_once), str(a_minute)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def told(url: str) -> dict[str, Any]:
    """What it has seen since the last time: `seen` (seconds of its clock), `refused`, `most` at once."""
    answer: dict[str, Any] = requests.get(url, timeout=10).json()
    return answer


if __name__ == "__main__":
    asyncio.run(serve(Model(float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
