"""An S3 server on this machine, which counts what it is asked for."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

KEY = "test"


@dataclass
class Bucket:
    """A bucket, the variables by which other processes find it, and the requests so far, by kind."""

    url: str
    endpoint: str
    requests: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def environment(self) -> dict[str, str]:
        return {"FSSPEC_S3_ENDPOINT_URL": self.endpoint, "FSSPEC_S3_KEY": KEY, "FSSPEC_S3_SECRET": KEY}

    def count(self, environ: dict[str, str]) -> None:
        listing = environ["REQUEST_METHOD"] == "GET" and "list-type" in environ.get("QUERY_STRING", "")
        with self._lock:
            self.requests["LIST" if listing else environ["REQUEST_METHOD"]] += 1

    def taken(self) -> Counter[str]:
        """Requests since this was last asked."""
        with self._lock:
            found = Counter(self.requests)
            self.requests.clear()
        return found


@contextlib.contextmanager
def a_bucket() -> Iterator[Bucket]:
    """A server, and a bucket that this process's stores lie in."""
    pytest.importorskip("s3fs")
    server_module = pytest.importorskip("moto.server")
    import boto3
    import fsspec

    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    bucket = Bucket("s3://genomes", f"http://{host}:{port}")
    keys = {"aws_access_key_id": KEY, "aws_secret_access_key": KEY, "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=bucket.endpoint, **keys).create_bucket(Bucket="genomes")
    answer = server._server.app

    def counted(environ, start_response):
        bucket.count(environ)
        return answer(environ, start_response)

    server._server.app = counted
    before = fsspec.config.conf.get("s3")
    fsspec.config.conf["s3"] = {"endpoint_url": bucket.endpoint, "key": KEY, "secret": KEY}
    try:
        yield bucket
    finally:
        server.stop()
        if before is None:
            del fsspec.config.conf["s3"]
        else:
            fsspec.config.conf["s3"] = before
