"""Comparing what genome, annotation and libraries call the sequences, before anything is done with them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from helixdask.coverage.libraries import Library
from helixdask.coverage.library_names import library_names
from helixdask.engine.same_work import differences
from helixdask.errors import BadInputError, NamesDifferError
from helixdask.names.in_text import names_in_text
from helixdask.names.needed import aliases_of
from helixdask.names.proposal import ForeignNames, Proposal, propose
from helixdask.names.table import write_table
from helixdask.public_names import public_name
from helixdask.sequence.stage import EncodeStage, scanned
from helixdask.store.contigs import ContigTable
from helixdask.store.objects import Folder, is_url
from helixdask.store.store import Store

log = logging.getLogger(__name__)

_SHOWN = 4


def check_names(
    genome: EncodeStage, url: str, gff3: str | None, libraries: Sequence[Library], aliases: str | None
) -> None:
    """Compare the names in an annotation and in libraries with those of the genome; write a proposal where they differ.

    Parameters
    ----------
    genome
        The stage that encodes the genome. Its FASTA file is read once, here; the stage does not read it again.
    url
        The store; the genome that it holds already is not read from FASTA.
    gff3, libraries
        The files.
    aliases
        Table of other names, or None.

    Raises
    ------
    NamesDifferError
        A file has no name in common with the genome; or it has, and lengths or MD5s tell others that no alias was
        given for. Where the user gave aliases already, the latter is a warning.
    BadInputError
        A file cannot be read, or the annotation is empty.
    """
    files = [_annotation_names(gff3)] if gff3 else []
    files += [found for library in libraries for found in library_names(library)]
    if not files:
        return
    contigs, md5 = _sequences(genome, url)
    given = aliases_of(aliases, contigs)
    proposal = propose(contigs, md5, files, given)
    if not proposal.unlike and not proposal.partly:
        return
    if not proposal.unlike and aliases:
        log.warning(
            "%s: the table of names lacks %s, told by %s",
            public_name(aliases),
            _pairs(proposal),
            " and ".join(sorted(set(proposal.how.values()))),
        )
        return
    raise _refusal(proposal, files, contigs, _table_of(url, proposal, given))


def _annotation_names(path: str) -> ForeignNames:
    found = names_in_text(path, "gff3")
    if not found.names:
        raise BadInputError("an annotation without rows", where=path, remedy="Check that it is the annotation.")
    return ForeignNames(public_name(path), found.names, found.lengths)


def _sequences(genome: EncodeStage, url: str) -> tuple[ContigTable, list[str]]:
    """Sequences of the genome and their MD5s, from the store or else from FASTA."""
    if Folder(url).exists("zarr.json"):
        store = Store.open(url)
        attrs = store.attrs("genome")
        if attrs.get("complete") is True and not differences(genome, attrs, genome.inputs(store)):
            md5 = np.asarray(store.array("genome/contig_md5")[...])
            return store.contigs, [row.tobytes().hex() for row in md5]
    found = scanned(genome.fasta, genome.on_bad_base)
    return ContigTable(np.array(found.names, dtype=object), found.lengths), [row.tobytes().hex() for row in found.md5]


def _table_of(url: str, proposal: Proposal, given: dict[str, str]) -> str | None:
    if not proposal.names:
        return None
    folder = Path() if is_url(url) else Path(url).parent
    name = f"{public_name(url.rstrip('/')).removesuffix('.zarr')}.aliases.tsv"
    return str(write_table(folder / name, proposal, given))


def _refusal(
    proposal: Proposal, files: Sequence[ForeignNames], contigs: ContigTable, table: str | None
) -> NamesDifferError:
    by_file = {file.file: file for file in files}
    told = [name for name in proposal.unlike if proposal.covers(by_file[name].names)]
    lines = [f"{name} has none of the genome's names: {_some(by_file[name].names)}" for name in proposal.unlike]
    lines += [f"{name} has some of the genome's names, and others for some" for name in proposal.partly]
    problem = "the files do not call the sequences alike. " + "; ".join(lines)
    problem += f". The genome has {_some(contigs.names.tolist())}"
    remedy = (
        f"By length or MD5: {_pairs(proposal)}. The table is in {table}" if table else "Nothing tells which is which"
    )
    lost = [name for name in proposal.unlike if name not in told]
    if lost:
        remedy += (
            f"; lengths and MD5s say nothing about {', '.join(lost)}: {'add its' if table else 'give the'} names by "
        )
        remedy += "hand, one pair a line, or use NCBI's assembly report"
    error = NamesDifferError(problem, remedy=f"{remedy}. Check it, then give it with --aliases.")
    error.table = table
    return error


def _pairs(proposal: Proposal) -> str:
    shown = [f"{name} is {ours}" for name, ours in list(proposal.names.items())[:_SHOWN]]
    more = len(proposal.names) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
