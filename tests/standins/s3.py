"""Two buckets on a real HTTP server that speaks S3: the stores of a test and of processes that it starts."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch
from uuid import uuid4

import boto3
from django.test import override_settings
from moto.server import ThreadedMotoServer

ACCESS = {
    "AWS_ACCESS_KEY_ID": "tests",
    "AWS_SECRET_ACCESS_KEY": "tests",
    "AWS_DEFAULT_REGION": "us-east-1",
    "NO_PROXY": "127.0.0.1",
}


@contextmanager
def s3_server() -> Iterator[str]:
    """Its address, for as long as the block runs."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@contextmanager
def buckets(url: str) -> Iterator[dict[str, str]]:
    """The stores are two new ones there while the block runs; gives how other processes are told of them."""
    run = uuid4().hex
    names = {name: f"{name}-{run}" for name in ("private", "public")}
    options = {"endpoint_url": url, "region_name": "us-east-1", "default_acl": None}
    stores = {
        name: {"BACKEND": "brandkit.common.s3.S3Store", "OPTIONS": {"bucket_name": names[kind], **options}}
        for name, kind in {"default": "private", "private": "private", "public": "public"}.items()
    }
    static = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with patch.dict(os.environ, ACCESS), override_settings(STORAGES={**stores, "staticfiles": static}):
        client = boto3.client("s3", endpoint_url=url)
        for bucket in names.values():
            client.create_bucket(Bucket=bucket)
        client.close()
        yield {
            "BRANDKIT_S3_ENDPOINT": url,
            "BRANDKIT_S3_REGION": "us-east-1",
            "BRANDKIT_S3_PRIVATE_BUCKET": names["private"],
            "BRANDKIT_S3_PUBLIC_BUCKET": names["public"],
        }
