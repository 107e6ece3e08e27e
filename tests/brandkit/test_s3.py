"""The stores on S3: a real HTTP server that speaks S3, the same names, the same refusals."""

import io
import socket
from collections.abc import Iterator

import pytest
from botocore.config import Config
from django.core.files.storage import storages

from brandkit.common.errors import StorageFailed
from brandkit.common.s3 import S3Store
from brandkit.common.storage import keep, private_store, public_store
from generation.catalogue import archive, photos
from tests.conftest import stored_files
from tests.generation.catalogue.files import disc, zipped
from tests.standins.s3 import buckets, s3_server

pytestmark = pytest.mark.s3


@pytest.fixture(scope="module")
def s3_url() -> Iterator[str]:
    with s3_server() as url:
        yield url


@pytest.fixture(autouse=True)
def two_buckets(s3_url: str) -> Iterator[None]:
    with buckets(s3_url):
        yield


def test_it_keeps_and_gives_back_a_picture() -> None:
    name = keep(private_store(), "brands/1/a.png", b"the bytes")
    assert name == "brands/1/a.png"
    with private_store().open(name) as file:
        assert file.read() == b"the bytes"
    assert stored_files() == []


def test_it_replaces_the_same_name() -> None:
    keep(private_store(), "a.png", b"old")
    keep(private_store(), "a.png", b"new")
    with private_store().open("a.png") as file:
        assert file.read() == b"new"
    assert private_store().listdir("")[1] == ["a.png"]


def test_it_keeps_private_and_public_apart() -> None:
    keep(private_store(), "only-here.png", b"secret")
    assert not public_store().exists("only-here.png")


def test_it_deletes() -> None:
    keep(public_store(), "b.png", b"x")
    public_store().delete("b.png")
    assert not storages["public"].exists("b.png")


def test_photos_are_read_out_of_a_zip_in_a_bucket_that_is_fetched_once() -> None:
    photo = disc(1)
    name = keep(private_store(), "brands/1/batches/a/photos.zip", zipped({"spring/mug.png": photo}))
    with photos._zips.reading(name) as packed:
        private_store().delete(name)
        for wanted in ("mug.png", "spring/MUG.png"):
            out = io.BytesIO()
            archive.copy(packed, packed.find(wanted), out)
            assert out.getvalue() == photo
    photos._zips.close_unused(0)
    with pytest.raises(FileNotFoundError), photos._zips.reading(name):
        pass


def test_it_tells_a_missing_bucket_as_a_failed_store(s3_url: str) -> None:
    store = S3Store(bucket_name="nowhere", endpoint_url=s3_url, region_name="us-east-1")
    with pytest.raises(StorageFailed, match="the bucket nowhere refused"):
        keep(store, "a.png", b"x")


def test_it_tells_faults_of_a_bucket_like_those_of_a_disk() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        once = Config(retries={"max_attempts": 0})
        store = S3Store(bucket_name="away", endpoint_url=url, region_name="us-east-1", client_config=once)
        for ask in (store.delete, store.exists, store.open):
            with pytest.raises(OSError, match="the bucket away refused"):
                ask("a.png")
