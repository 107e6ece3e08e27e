"""The stores on S3. A module of its own, so that installs with plain files never import boto."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from storages.backends.s3 import S3Storage


class S3Store(S3Storage):  # type: ignore[misc]  # django-storages has no types
    """S3 whose faults are told as OSError, like those of a disk. The same name is the same content."""

    def _save(self, name: str, content: "File[Any]") -> str:
        with self._telling():
            return str(super()._save(name, content))

    def _open(self, name: str, mode: str = "rb") -> "File[Any]":
        """The file with its bytes: fetched now and not at the first read, so that faults are told here."""
        with self._telling():
            file: File[Any] = super()._open(name, mode).open()
            return file

    def delete(self, name: str) -> None:
        with self._telling():
            super().delete(name)

    def exists(self, name: str) -> bool:
        with self._telling():
            return bool(super().exists(name))

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, ClientError) as error:
            raise OSError(f"the bucket {self.bucket_name} refused: {error}") from error
