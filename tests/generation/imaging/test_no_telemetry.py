"""Libraries that would report home are kept from it."""

import subprocess
import sys
from pathlib import Path

CUT_OUT = """
import numpy
from generation.imaging.cutout import saliency
assert saliency.find(numpy.full((64, 64, 3), 128, numpy.uint8)) is not None
"""


def test_it_leaves_no_device_id_in_the_home_folder(tmp_path: Path) -> None:
    environment = {
        "HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }
    subprocess.run([sys.executable, "-c", CUT_OUT], env=environment, check=True)
    assert list(tmp_path.rglob("*")) == []
