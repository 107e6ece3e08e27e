"""Settings of the processes that a test starts: that test's database, stores and providers."""

import json
import os

from brandkit.settings import *  # noqa: F403 -- settings are one namespace
from brandkit.settings import BRANDKIT_PROVIDERS, BRANDKIT_S3_PRIVATE_BUCKET, DATA_DIR, STORAGES

BRANDKIT_PROVIDERS |= json.loads(os.environ["TEST_PROVIDERS"])
if not BRANDKIT_S3_PRIVATE_BUCKET:
    STORAGES["private"] = {
        "BACKEND": "tests.standins.halting_store.HaltingStore",
        "OPTIONS": {"location": DATA_DIR / "private", "base_url": None},
    }
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
