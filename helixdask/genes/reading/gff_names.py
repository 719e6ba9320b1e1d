"""Sequence names of an annotation file against those of the genome."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.genes.findings import Findings
from helixdask.genes.reading.gff_lines import GffFile, GffRows
from helixdask.store.contigs import ContigTable

_SHOWN = 5
_COMPARED = 2_000


def on_contigs(
    path: str | Path, file: GffFile, contigs: ContigTable, aliases: Mapping[str, str], findings: Findings
) -> tuple[GffRows, NDArray[np.bool_]]:
    """Rows whose sequence the genome has, with ``seqid`` as rows of the contig table.

    Names that are equal win; then the aliases are asked. Every name that the genome has not is a finding.

    Returns
    -------
    tuple
        The rows, and which contigs the file calls circular, ``(contig,)``.

    Raises
    ------
    BadInputError
        The genome has none of the names.
    """
    target = np.full(len(file.seqids), -1, np.int32)
    for number, name in enumerate(file.seqids):
        ours = name if name in contigs else aliases.get(name, "")
        if ours in contigs:
            target[number] = contigs.index(ours)
    if len(target) and (target < 0).all():
        raise _none_matches(path, file.seqids, contigs, bool(aliases))
    findings.unknown_rows, findings.all_rows = int(file.seqid_rows[target < 0].sum()), int(file.seqid_rows.sum())
    for number in np.flatnonzero(target < 0).tolist():
        n_rows, n_genes = int(file.seqid_rows[number]), int(file.seqid_genes[number])
        name = file.seqids[number]
        findings.note("contig_unknown", f"{n_rows:,} rows ({n_genes:,} genes) skipped: no {name!r}", contig=name)
    circular = np.zeros(len(contigs), bool)
    marked = [
        ours for ours, name in zip(target.tolist(), file.seqids, strict=True) if ours >= 0 and name in file.circular
    ]
    circular[marked] = True
    rows = file.rows._replace(seqid=target[file.rows.seqid])
    if (target < 0).any():
        known = rows.seqid >= 0
        columns: list[NDArray[Any]] = [column[known] for column in rows]
        rows = GffRows(*columns)
    return rows, circular


def _none_matches(path: str | Path, names: list[str], contigs: ContigTable, has_aliases: bool) -> BadInputError:
    ours = [str(name) for name in contigs.names[:_COMPARED].tolist()]
    folded = {name.lower().removeprefix("chr"): name for name in reversed(ours)}
    remedy = f"The genome has {', '.join(ours[:_SHOWN])}{' …' if len(contigs) > _SHOWN else ''}"
    for name in sorted(names)[:_SHOWN]:
        close = folded.get(name.lower().removeprefix("chr")) or next(
            iter(difflib.get_close_matches(name, ours, n=1, cutoff=0.7)), ""
        )
        if close:
            remedy += f"; perhaps {name} is {close}"
            break
    remedy += ". Names are never guessed: give a table of names or NCBI's assembly report with --aliases."
    if has_aliases:
        remedy = remedy.replace("give a table of names or", "the table of --aliases names none of them; give")
        remedy = remedy.replace(" with --aliases.", ", or add the lines that lack.")
    shown = ", ".join(sorted(names)[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
    return BadInputError(f"none of its sequence names is in the genome: {shown}", where=str(path), remedy=remedy)
