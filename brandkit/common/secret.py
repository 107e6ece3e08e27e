"""The install's own secret key, where the operator gives none."""

import os
import secrets
from pathlib import Path


def secret_key(path: Path) -> str:
    """The key kept in `path`; made on first use, readable by its owner only. Safe when two start at once."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    if not path.exists():
        aside.touch(mode=0o600)
        aside.write_text(secrets.token_urlsafe(50))
        try:
            os.link(aside, path)
        except FileExistsError:
            pass
        finally:
            aside.unlink()
    return path.read_text().strip()
