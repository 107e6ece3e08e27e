"""The stores on S3. A module of its own, so that installs with plain files never import boto."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from storages.backends.s3 import S3Storage


class S3Store(S3Storage):  # type: ignore[misc]  # django-storages has no types
    """S3 whose faults are told as OSError, like those of a disk. The same name is the same content."""

    def _save(self, name: str, content: "File[Any]") -> str:
        try:
            return str(super()._save(name, content))
        except (BotoCoreError, ClientError) as error:
            raise OSError(f"the bucket {self.bucket_name} refused: {error}") from error
