"""The project's settings with a data folder of its own for each test process."""

import atexit
import os
import shutil
import tempfile

_folder = tempfile.mkdtemp(prefix="brandkit-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["BRANDKIT_DATA_DIR"] = _folder
os.environ.setdefault("SECRET_KEY", "for tests only, and long enough to please the checks of Django")

from brandkit.settings import *  # noqa: E402, F403 -- settings are one namespace
from brandkit.settings import DATA_DIR, DATABASES, STORAGES  # noqa: E402

# A file, not memory: threads and worker processes of a test share it.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
    # No test loses power.
    DATABASES["default"]["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
else:
    DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c synchronous_commit=off"
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
(DATA_DIR / "static").mkdir(exist_ok=True)  # as collectstatic leaves it
