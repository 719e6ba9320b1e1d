"""Write docs/reference/FORMAT.md from the registry; ``--check`` only compares.

Run it after every change of helixdask/registry.py: python tools/write_format.py
"""

from __future__ import annotations

import sys
from pathlib import Path

from helixdask.registry import ARRAYS, DIMENSIONS, FORMAT_VERSION, ArraySpec

TARGET = Path(__file__).parents[1] / "docs/reference/FORMAT.md"

HEAD = f"""# The store, format {FORMAT_VERSION}

This page is normative. Its tables are written from `helixdask/registry.py` (`python tools/write_format.py`); a test
compares them.

A store is one Zarr 3 group on a disk or in an object store. It holds one genome and everything that was made from it.
The root's attributes are `helixdask_format` (this version, apart from the package's) and `species`. A reader refuses
a format that it does not know.

## Coordinates
All coordinates are 0-based and half-open. `position` runs over the whole genome, contigs end to end in FASTA order;
contig `c` is the slice `[contig_offset[c], contig_offset[c] + contig_length[c])`. Tracks are in plus-strand
orientation on both strands; `strand` is (plus, minus). The minus strand of a window is the reverse complement of the
plus window, made when it is read. There is no coordinate variable along `position`.

## Groups and publication
A group is published when its attribute `complete` is true. A published group never changes; it is replaced as a
whole, or removed. Its attributes name

* the `stage` that made it, its `settings`, its `inputs` (an identity of each) and the `digest` of the three;
* the digest of its `manifest`;
* what the stage has to say (counts, constants).

Of files only names are in the attributes, and the `digest` is without them. The identity of an input is the digest
of a group, or of a file `KIND:DIGEST:SIZE:ENDS`, with `:INDEX` behind it where an index was read. `KIND` is `sha256`
of a whole file, `blocks` of a large one, `etag`, `date` or `ends` of a URL, `names` of a table of other names.
`DIGEST` is a SHA-256, `SIZE` is in bytes, `ENDS` are the first 12 digits of SHA-256 of the first and last 64 KiB
together, `INDEX` is SHA-256 of the index. Stores of earlier versions have `SIZE-TIME-ENDS`, which matches when size
and ends do. See [inputs.md](inputs.md).

A group without `complete` is work in progress. The metadata of all published groups is copied into the root's
`zarr.json` (consolidated metadata), for readers that cannot list folders; those that can never need it.

Beside the Zarr hierarchy lie

| path | what |
|---|---|
| `.manifests/<group>.<digest>.json` | the objects of a published group, below |
| `.manifests/store.json` | a copy of the root's own attributes, from which a lost root is made anew |
| `.work/<group>/` | what is unfinished: the group in `building/`, receipts of finished regions, scratch arrays, the lock |
| `.old/<group>/` | a group that is just being replaced or removed |
| `history/` | one JSON object for each event: a group published or removed |

Two runs that make the same things leave the same bytes everywhere but in `history/`.

### Manifest
A JSON object: `group`; `objects`, a list of path within the group, size in bytes and CRC-32 (gzip's) of each object;
and `attributes`, CRC-32 of the group's attributes as JSON with sorted keys, without `complete` and `manifest`. It is
not CRC-32C, for chunks end in their own CRC-32C, and the CRC-32C of all that ends in its CRC-32C is the same. The
group's own `zarr.json` is not in the list, since it names the manifest. The digest in the manifest's name and in the
group's attributes is the first 16 hex digits of the SHA-256 of its bytes. A chunk that holds nothing but the fill
value is not stored, so only the manifest tells a lost object from one that was never written. Groups of earlier
versions have no manifest.

### Root
The root's attributes are `helixdask_format`, `species` and `checksum`: CRC-32 of a JSON list of the other two, as an
object, and the consolidated metadata, keys sorted. `.manifests/store.json` holds the first two with a checksum of
their own. Roots of earlier versions have none. A root that does not match is made anew, from that copy and the
groups, by whoever opens a store that can be written; over HTTP it is an error. The groups that hold others (`labels`,
`coverage/rnaseq`) have no attributes; damaged ones are written again by the next command that writes.

### Order of publication
On a disk: the group is built in `.work/<group>/building/`; its manifest is written; `.work/<group>/ready.json`
describes the publication; the group's attributes are completed; the old group, if there is one, gets `complete`
false, is taken out of the root's metadata and renamed to `.old/<group>`; the new one is renamed into its place; the
root's metadata is written; the event is added to the history; what is left of the old one is removed. From
`ready.json` on each step can be repeated, and the next command that writes to the store does so.

In an object store a new group is built in its place and its attributes are written last. A group that replaces
another is built aside and copied, its attributes last.

### What a reader may rely on
Whoever *opens* a group sees the old one, none, or the new one, never a mixture and never fill values in place of
data. Whoever keeps a group open while it is replaced compares `manifest` before and after a read; helixdask's own
verbs do, and say that the group was replaced.

## Shards and chunks
A shard is what one task writes, a chunk what one reader takes. Lengths below are the longest; in a genome of `n`
bases no shard is longer than the smallest power of two, from 65,536 to 2,097,152, that is at least `n / 32`. A shard
holds all strands and classes of its stretch; a chunk holds one strand. Chunks that hold nothing but the fill value
are not stored. The sequence is compressed with Blosc LZ4 and bit-shuffling, everything else with Blosc Zstandard and
bit-shuffling; text columns are variable-length UTF-8, compressed with Zstandard. Each chunk ends in its CRC-32C
(codec `crc32c`); stores of earlier versions have none.

## Attributes of arrays
As the CF conventions name them: `long_name` and `units`; `flag_meanings` with `flag_values` or, where each bit has a
meaning, `flag_masks`; `scale_factor` of probabilities, 1 where they are stored as float16 and 1/255 where they are
stored as uint8, so that xarray decodes both to float64. Stores of earlier versions have neither `flag_values` nor
`scale_factor`; their uint8 probabilities count 255ths, too.

## Size
Sequence about 0.26 byte a base (2 bits and what is left of ambiguities and masking); labels next to nothing outside
genes; predictions as float16 about 20 byte a base (both strands), as uint8 about 3; coverage as the reads are.

## Dimensions
"""


def numbered(spec: ArraySpec) -> list[tuple[str, str]]:
    """Flags with their values, or with their bits."""
    return [(f"bit {n}" if spec.bits else str(n), flag) for n, flag in enumerate(spec.flags)]


def page() -> str:
    """The whole page."""
    lines = [HEAD, "| dimension | meaning |", "|---|---|"]
    lines += [f"| `{name}` | {meaning} |" for name, meaning in DIMENSIONS.items()]
    for group in dict.fromkeys(spec.group for spec in ARRAYS):
        lines += ["", f"## `/{group}`", "", "| array | dims | dtype | fill | shard, chunk | unit | meaning |"]
        lines.append("|---|---|---|---|---|---|---|")
        for spec in ARRAYS:
            if spec.group == group:
                dims = ", ".join(spec.dims)
                dtype = " or ".join((spec.dtype, *spec.other_dtypes))
                flags = f" ({', '.join(f'{n} {flag}' for n, flag in numbered(spec))})" if spec.flags else ""
                scales = "; `scale_factor` 1 for float16, 1/255 for uint8" if spec.is_probability else ""
                optional = "; may be absent" if spec.optional else ""
                lines.append(
                    f"| `{spec.name}` | {dims} | {dtype} | {spec.fill!r} | {spec.shard:,}, {spec.chunk:,} "
                    f"| {spec.unit} | {spec.meaning}{flags}{scales}{optional} |"
                )
    lines += ["", "## Versions of the format", "", "| version | what changed |", "|---|---|", "| 1 | the first |", ""]
    return "\n".join(lines)


def main() -> int:
    """Write or compare; 1 where they differ."""
    if "--check" in sys.argv:
        return int(not TARGET.exists() or TARGET.read_text() != page())
    TARGET.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main())
