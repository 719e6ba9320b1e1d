"""Paths and URLs lose what is nobody's business, in texts, logs and errors."""

import io
import logging
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.errors import BadInputError
from helixdask.public_names import PublicFormatter, public_name, without_secrets

WORD = st.text(st.characters(codec="ascii", categories=("L", "N"), include_characters="._~%+-"), min_size=1)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("http://me:secret@host/a.bam", "http://host/a.bam"),
        ("http://me:s@cret@host:80/a.bam?token=secret", "http://host:80/a.bam"),
        ("https://host/a.bam?X-Amz-Signature=secret: not found", "https://host/a.bam: not found"),
        ("(see s3://key:secret@bucket/x#secret)", "(see s3://bucket/x)"),
        ("http:/me:secret@host/a.bam", "http://host/a.bam".replace("//", "/", 1)),
        ("simplecache::http://me:secret@host/a", "simplecache::http://host/a"),
        ("s3://bucket/reads@v1.bam", "s3://bucket/reads@v1.bam"),
        ("chr1:100-200, 3/4, me@host, a?b", "chr1:100-200, 3/4, me@host, a?b"),
        ("/home/me/a.bam: damaged", "/home/me/a.bam: damaged"),
    ],
)
def test_secrets_are_stripped_and_nothing_else(text, clean):
    assert without_secrets(text) == clean
    assert without_secrets(clean) == clean


@given(WORD, WORD, WORD, WORD)
def test_no_url_keeps_its_secrets(user, password, name, token):
    url = f"https://{user}<>:{password}@host/folder/{name}?token={token}".replace("<>", "")
    assert without_secrets(f"{url}: no such file").startswith(f"https://host/folder/{name}")
    for text in (without_secrets(f"a {url} b"), public_name(url)):
        assert "token" not in text or "token" in name
        assert "@" not in text
        assert "?" not in text
    assert public_name(url) == name


def test_names():
    assert public_name("/home/me/a.bam") == public_name("a.bam") == public_name("s3://bucket/me/a.bam") == "a.bam"
    assert public_name("/home/me/store.zarr/") == "store.zarr"
    assert public_name("") == ""


def test_errors_and_logs():
    url = "http://me:secret@host/a.bam?token=secret"
    error = BadInputError(f"{url} is damaged", where=url, remedy=f"Copy {url} again.")
    assert "secret" not in f"{error} {error.where} {error.args} {pickle.loads(pickle.dumps(error))}"
    assert "http://host/a.bam" in str(error)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(PublicFormatter("%(message)s"))
    handler.handle(logging.LogRecord("x", logging.WARNING, __file__, 1, "%s: no reads", (url,), None))
    assert stream.getvalue() == "http://host/a.bam: no reads\n"
