"""Genome and prediction files as HelixerPost reads them, from made-up cases."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from helixdask.calling.gene_states import CODE_LETTERS
from tests.calling.made_up import Case

ROW = 500


def _one_hot() -> np.ndarray:
    """What Helixer's files hold for each code, (16, 4)."""
    share = {1: 1.0, 2: 0.5, 3: 0.33, 4: 0.25}
    return np.array(
        [[share[len(meaning)] if letter in meaning else 0.0 for letter in "CATG"] for meaning in CODE_LETTERS],
        np.float16,
    )


def write_helixer_files(folder: Path, case: Case, species: str) -> tuple[Path, Path]:
    """Rows of `ROW` bases, plus strand then minus strand of each contig, padding behind."""
    one_hot, offsets = _one_hot(), np.concatenate([[0], np.cumsum(case.lengths)])
    rows, ids, start_ends, tracks = [], [], [], ([], [])
    for number, name in enumerate(case.names()):
        length = int(case.lengths[number])
        letters = one_hot[case.codes[offsets[number] : offsets[number + 1]]]
        both = [track[..., offsets[number] : offsets[number + 1]] for track in (case.classes, case.phases)]
        for strand in (0, 1):
            sense = slice(None) if strand == 0 else slice(None, None, -1)
            oriented = letters if strand == 0 else letters[::-1, ::-1]
            for start in range(0, length, ROW):
                stop = min(start + ROW, length)
                rows.append(_padded(oriented[start:stop]))
                ids.append(name)
                start_ends.append((start, stop) if strand == 0 else (length - start, length - stop))
                for values, track in zip(tracks, both, strict=True):
                    values.append(_padded(track[strand].T[sense][start:stop]))
    genome, predictions = folder / "genome.h5", folder / "predictions.h5"
    with h5py.File(genome, "w") as file:
        file["data/X"] = np.stack(rows)
        file["data/species"] = np.array([species] * len(rows), "S25")
        file["data/seqids"] = np.array(ids, "S50")
        file["data/start_ends"] = np.array(start_ends, np.int64)
    with h5py.File(predictions, "w") as file:
        file["predictions"] = np.stack(tracks[0]).astype(np.float16)
        file["predictions_phase"] = np.stack(tracks[1]).astype(np.float16)
    return genome, predictions


def _padded(part: np.ndarray) -> np.ndarray:
    return np.concatenate([part, np.zeros((ROW - len(part), 4), part.dtype)])
