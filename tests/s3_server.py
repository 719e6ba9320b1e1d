"""An S3 server on this machine, which counts what it is asked for."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

KEY = "test"


@dataclass
class Bucket:
    """A bucket, how other processes find it, and the requests so far, by kind."""

    url: str
    endpoint: str
    requests: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def settings(self) -> dict[str, str]:
        """What fsspec is told."""
        return {"endpoint_url": self.endpoint, "key": KEY, "secret": KEY}

    def preload(self, folder: Path) -> tuple[str, str]:
        """Options of a Dask worker that is to find it."""
        path = folder / "find_bucket.py"
        path.write_text(f"import fsspec\n\nfsspec.config.conf['s3'] = {self.settings!r}\n")
        return "--preload", str(path)

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

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request
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
    fsspec.config.conf["s3"] = bucket.settings
    try:
        yield bucket
    finally:
        server.stop()
        if before is None:
            del fsspec.config.conf["s3"]
        else:
            fsspec.config.conf["s3"] = before
