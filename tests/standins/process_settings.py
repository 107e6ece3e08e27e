"""Settings of the processes that a test starts: that test's database, stores and providers."""

import json
import os

from brandkit.settings import *  # noqa: F403 -- settings are one namespace
from brandkit.settings import BRANDKIT_PROVIDERS, STORAGES

BRANDKIT_PROVIDERS |= json.loads(os.environ["TEST_PROVIDERS"])
STORAGES["private"]["BACKEND"] = "tests.standins.halting_store.HaltingStore"
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
