"""A file is known by what it holds."""

import hashlib
import os
import shutil

import fsspec
import pytest

from helixdask.engine import identity
from helixdask.engine.identity import describe_identity, file_identity, names_identity, same_identity
from helixdask.errors import BadInputError

BLOCK = 1 << 16


def old_form(path):
    """What earlier versions wrote down."""
    data = path.read_bytes()
    ends = hashlib.sha256(data[:BLOCK] + data[-BLOCK:]).hexdigest()[:12]
    return f"{len(data)}-{path.stat().st_mtime_ns}-{ends}"


@pytest.fixture
def large(tmp_path, monkeypatch):
    """A file that counts as large, of 300 blocks."""
    monkeypatch.setattr(identity, "_WHOLE", 10 * BLOCK)
    path = tmp_path / "reads.bam"
    path.write_bytes(b"".join(bytes([k % 251]) * BLOCK for k in range(300)))
    return path


def change(path, at):
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def test_name_folder_and_age_do_not_matter(tmp_path):
    path = tmp_path / "a.gff3"
    path.write_bytes(b"x" * 100_000)
    first = file_identity(path)
    os.utime(path, (1, 1))
    (tmp_path / "other").mkdir()
    copy = shutil.copyfile(path, tmp_path / "other" / "b.gff3")
    assert file_identity(path) == file_identity(copy) == first
    assert str(hashlib.sha256(b"x" * 100_000).hexdigest()) in first


def test_any_byte_of_a_small_file_matters(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(bytes(5 * BLOCK))
    first = file_identity(path)
    change(path, 5 * BLOCK // 2)
    assert not same_identity(first, file_identity(path))


def test_large_files_are_sampled(large):
    first = file_identity(large)
    assert first.startswith("blocks:")
    step = 299 * BLOCK // 63
    for at in (0, step + 5, 62 * step + BLOCK // 2, 300 * BLOCK - 1):
        change(large, at)
        assert not same_identity(first, file_identity(large)), at
        change(large, at)
        assert file_identity(large) == first
    change(large, BLOCK + BLOCK // 2)  # between two blocks: what the documentation says escapes
    assert file_identity(large) == first


@pytest.mark.parametrize("name", ["reads.bam.bai", "reads.bai", "reads.bam.csi"])
def test_the_index_tells_what_the_sample_cannot(large, name):
    bare = file_identity(large)
    index = large.with_name(name)
    index.write_bytes(b"one index")
    first = file_identity(large)
    assert first != bare
    assert same_identity(bare, first)
    index.write_bytes(b"two index")
    assert not same_identity(first, file_identity(large))


def test_the_older_form_matches_by_size_and_ends(tmp_path, large):
    small = tmp_path / "a.gff3"
    small.write_bytes(b"gene" * BLOCK)
    for path in (small, large):
        old = old_form(path)
        os.utime(path, (1, 1))
        assert same_identity(old, file_identity(path))
        change(path, 3)
        assert not same_identity(old, file_identity(path))
        assert "bytes" in describe_identity(old)


def test_urls_are_known_by_their_etag(monkeypatch):
    fs = fsspec.filesystem("memory")
    fs.pipe_file("/identity/a.bw", b"data" * 100)
    info = type(fs).info
    tags = ["one", "one", "two"]
    monkeypatch.setattr(type(fs), "info", lambda self, path, **more: info(self, path, **more) | {"ETag": tags.pop(0)})
    first, again, other = (file_identity("memory://identity/a.bw") for _ in range(3))
    assert first == again != other
    assert first.startswith("etag:")
    assert not same_identity(first, other)
    size, ends = first.split(":")[2:]
    assert same_identity(f"{size}-W/x-1-{ends}", first)


def test_names_are_known_by_those_needed(tmp_path):
    table = tmp_path / "names.tsv"
    table.write_text("I\tchr1\nII\tchr2\n")
    first = names_identity(table, {"I": "chr1"})
    table.write_text("I\tchr1\n# another line\nIII\tchr3\n")
    assert same_identity(first, names_identity(table, {"I": "chr1"}))
    assert not same_identity(first, names_identity(table, {"I": "chr3"}))
    assert same_identity(old_form(table), names_identity(table, {"I": "chr1"}))


def test_group_digests_are_compared_as_they_are():
    assert same_identity("0123456789abcdef", "0123456789abcdef")
    assert not same_identity("0123456789abcdef", "0123456789abcdee")
    assert describe_identity("0123456789abcdef") == "0123456789abcdef"


def test_no_file(tmp_path):
    with pytest.raises(BadInputError, match="no such file"):
        file_identity(tmp_path / "none")
