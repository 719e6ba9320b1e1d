"""Small genomes with genes and noisy predictions, made from a seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from helixdask.calling.assemble import build_models
from helixdask.calling.gene_states import complement_codes
from helixdask.calling.span import CallSettings, call_span, whole_contigs

LETTERS = "CATGNYRWSKMDVHB"
CODE = {letter: code for code, letter in enumerate(LETTERS)}
COMPLEMENT = complement_codes()


def encode(text: str) -> np.ndarray:
    return np.array([CODE[letter] for letter in text], np.uint8)


def decode(codes: np.ndarray) -> str:
    return "".join(LETTERS[code] for code in codes)


@dataclass
class Case:
    codes: np.ndarray  # (n,) uint8
    classes: np.ndarray  # (2, 4, n) float16
    phases: np.ndarray  # (2, 4, n) float16
    lengths: np.ndarray

    def mirrored(self) -> Case:
        """Every contig reverse-complemented, the order of the contigs kept."""
        stop = np.cumsum(self.lengths)
        back = np.concatenate([np.arange(e - 1, e - n - 1, -1) for e, n in zip(stop, self.lengths, strict=True)])
        return Case(
            COMPLEMENT[self.codes[back]], self.classes[::-1][:, :, back], self.phases[::-1][:, :, back], self.lengths
        )

    def names(self) -> np.ndarray:
        return np.array([f"c{i}" for i in range(len(self.lengths))], object)

    def call(self, **settings):
        options = CallSettings(**settings)
        span = whole_contigs(self.codes, self.classes, self.phases, self.lengths)
        columns, _ = call_span(span, options.model(), options)
        return build_models(columns, self.names(), "toy", rules=options.rules)


def true_labels(text: str) -> tuple[np.ndarray, np.ndarray]:
    """Class and phase of a string of g, u, c, i; phases follow Helixer's 0, 2, 1."""
    classes = np.array(["guci".index(letter) for letter in text])
    phases = np.zeros(len(text), int)
    coding = np.flatnonzero(classes == 2)
    phases[coding] = np.array([1, 3, 2])[np.arange(coding.size) % 3]
    return classes, phases


def certain(labels: str, truth: float = 0.94) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (4, n) float32 of classes and phases that are sure of the labels."""
    other = (1 - truth) / 3
    out = []
    for values in true_labels(labels):
        table = np.full((4, len(labels)), other, np.float32)
        table[values, np.arange(len(labels))] = truth
        out.append(table)
    return out[0], out[1]


def random_case(seed: int, lengths: list[int], *, noise: float = 0.6, odd_bases: float = 0.01, grain: int = 7) -> Case:
    """Contigs full of genes on both strands, some running over the ends, some without a proper start or stop."""
    rng = np.random.default_rng(seed)
    codes, classes, phases = [], [], []
    for length in lengths:
        sequence = rng.integers(0, 4, length).astype(np.uint8)
        label = np.zeros((2, length), int)
        phase = np.zeros((2, length), int)
        for strand in rng.permutation(2):
            place = int(rng.integers(-150, 60))
            while place < length:
                letters, text = _gene(rng)
                inside = slice(max(place, 0), min(place + len(text), length))
                cut = slice(inside.start - place, inside.stop - place)
                if inside.stop > inside.start:
                    kinds, steps = true_labels(text)
                    along = sequence if strand == 0 else sequence[::-1]
                    new = encode(letters)[cut]
                    along[inside] = new if strand == 0 else COMPLEMENT[new]
                    view = slice(None) if strand == 0 else slice(None, None, -1)
                    label[strand][view][inside] = kinds[cut]
                    phase[strand][view][inside] = steps[cut]
                place += len(text) + int(rng.integers(1, 250))
        odd = rng.random(length) < odd_bases
        sequence[odd] = rng.integers(4, 15, int(odd.sum()))
        codes.append(sequence)
        for target, truth in ((classes, label), (phases, phase)):
            values = rng.dirichlet([0.6] * 4, (2, length)) * noise
            values = np.repeat(values[:, ::grain], grain, axis=1)[:, :length]
            values += (1 - noise) * np.eye(4)[truth]
            target.append(np.moveaxis(values, 2, 1).astype(np.float16))
    return Case(
        np.concatenate(codes), np.concatenate(classes, 2), np.concatenate(phases, 2), np.array(lengths, np.int64)
    )


def _gene(rng: np.random.Generator) -> tuple[str, str]:
    def bases(n: int) -> str:
        return "".join(map("ACGT".__getitem__, rng.integers(0, 4, n).tolist()))

    def codons(n: int) -> str:
        letters = bases(3 * n)
        out = [letters[at : at + 3] for at in range(0, 3 * n, 3)]
        return "".join(codon for codon in out if codon not in ("TAA", "TAG", "TGA"))

    utr5, utr3 = bases(int(rng.integers(1, 30))), bases(int(rng.integers(1, 40)))
    coding = ("ATG" if rng.random() < 0.9 else "ACG") + codons(int(rng.integers(5, 60)))
    coding += "TAA" if rng.random() < 0.85 else "CAA"
    text = "c" * len(coding)
    if rng.random() < 0.6:
        at = int(rng.integers(1, len(coding)))
        size = int(rng.integers(20, 120))
        coding = coding[:at] + "GT" + bases(size) + "AG" + coding[at:]
        text = text[:at] + "i" * (size + 4) + text[at:]
    return utr5 + coding + utr3, "u" * len(utr5) + text + "u" * len(utr3)
