"""How files are damaged: as disks, transfers, editors and spreadsheets do it, and at random."""

import gzip
import io
import random
import zlib

NUMBERS = [b"\0\0\0\0", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"\1\0\0\0", b"\xff" * 8, b"\0" * 8]
TEXTS = [
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\r",
    b"\r\n",
    b"\n\n",
    b"\t",
    b"\t\t\t",
    b"#",
    b">",
    b'"',
    b"%00%ff",
    b"-1",
    b"0",
    b"1e400",
    b"-1e400",
    b"nan",
    b"inf",
    b"99999999999999999999999999",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"9" * 5000,
    b"\xe9\xe8",
    "\u2028\x85\x1c".encode(),
    b"[" * 20_000,
    b"{" * 20_000,
]


def damaged(data: bytes, rng: random.Random, kind: str) -> bytes:
    """The bytes of a file, damaged; `kind` is `text`, `gzip`, `bgzip` or `binary`."""
    if kind in ("gzip", "bgzip") and rng.random() < 0.6:  # what was packed is damaged, the packing is sound
        inner = _damaged_text(gzip.decompress(data), rng)
        return _bgzip(inner) if kind == "bgzip" else gzip.compress(inner, mtime=0)
    if kind == "bgzip-binary" and rng.random() < 0.6:
        return _bgzip(_damaged_bytes(gzip.decompress(data), rng))
    return _damaged_text(data, rng) if kind == "text" else _damaged_bytes(data, rng)


def _bgzip(data: bytes) -> bytes:
    out = io.BytesIO()
    for start in range(0, len(data), 30_000):
        out.write(_block(data[start : start + 30_000]))
    return out.getvalue() + _block(b"")


def _block(data: bytes) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    body = packer.compress(data) + packer.flush()
    size = len(body) + 25
    head = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0" + size.to_bytes(2, "little")
    return head + body + zlib.crc32(data).to_bytes(4, "little") + len(data).to_bytes(4, "little")


def _damaged_bytes(data: bytes, rng: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 5])):
        if not out:
            break
        # Heads hold what matters most.
        at = rng.randrange(min(len(out), 600)) if rng.random() < 0.4 else rng.randrange(len(out))
        what = rng.randrange(8)
        if what == 0:
            del out[at:]
        elif what == 1:
            out[at] ^= 1 << rng.randrange(8)
        elif what == 2:
            number = rng.choice(NUMBERS)
            out[at : at + len(number)] = number
        elif what == 3:
            del out[at : at + rng.choice([1, 2, 8, 100, 5000])]
        elif what == 4:
            out[at:at] = rng.randbytes(rng.choice([1, 3, 64]))
        elif what == 5:
            size = rng.choice([4, 16, 512])
            out[at : at + size] = bytes(size)
        elif what == 6:
            other = rng.randrange(len(out))
            size = rng.choice([4, 32, 300])
            out[at : at + size] = out[other : other + size]
        else:
            out[at] = rng.randrange(256)
    return bytes(out)


def _damaged_text(data: bytes, rng: random.Random) -> bytes:
    out = data
    for _ in range(rng.choice([1, 1, 2, 4])):
        what = rng.randrange(9)
        lines = out.split(b"\n")
        row = rng.randrange(len(lines))
        if what == 0:
            at = rng.randrange(len(out) + 1)
            out = out[:at] + rng.choice(TEXTS) + out[at:]
        elif what in (1, 2):  # one field becomes something else
            fields = lines[row].split(b"\t")
            fields[rng.randrange(len(fields))] = rng.choice(TEXTS)
            lines[row] = b"\t".join(fields)
            out = b"\n".join(lines)
        elif what == 3:
            lines[row : row + 1] = [lines[row]] * rng.choice([0, 2, 3])
            out = b"\n".join(lines)
        elif what == 4:
            rng.shuffle(lines)
            out = b"\n".join(lines)
        elif what == 5:
            fields = lines[row].split(b"\t")
            del fields[rng.randrange(len(fields))]
            lines[row] = b"\t".join(fields)
            out = b"\n".join(lines)
        elif what == 6:
            out = rng.choice(
                [
                    out.replace(b"\t", b" "),
                    out.replace(b"\n", b"\r\n"),
                    out.replace(b"\n", b"\r"),
                    b"\xef\xbb\xbf" + out,
                    out.decode("utf-8", "replace").encode("utf-16"),
                    b"",
                    out.replace(b"\n", b""),
                ]
            )
        elif what == 7:
            out = _damaged_bytes(out, rng)
        else:
            number = str(rng.choice([0, -1, 2**31, 2**63, 10**30, rng.randrange(10_000)])).encode()
            fields = lines[row].split(b"\t")
            fields[rng.randrange(len(fields))] = number
            lines[row] = b"\t".join(fields)
            out = b"\n".join(lines)
    return out
