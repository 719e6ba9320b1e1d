"""What each stage takes: the one table of coefficients behind plans, and behind whether a cluster is worth starting.

Measured on cores of an AMD EPYC, see docs/explanation/benchmarks.md; a plan is right within a factor of two on such
a machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_MB: Final = 1e6


@dataclass(frozen=True)
class Cost:
    """What a stage takes on a genome.

    Parameters
    ----------
    once
        Seconds of the commanding process, whatever the genome: imports, kernels, publication.
    serial
        Seconds of the commanding process for each megabase.
    work
        Seconds of one worker for each megabase.
    start
        Seconds that each worker takes to import what the tasks need, beyond helixdask itself.
    disk
        Bytes that are written for each base, compressed.
    worker_memory, worker_per_base
        Peak memory of a worker in bytes: the part that is always there, and that of each base of a region.
    client_memory, client_per_base
        The same of the commanding process, for each base of the genome.
    """

    once: float = 0.3
    serial: float = 0.0
    work: float = 0.05
    start: float = 0.0
    disk: float = 0.5
    worker_memory: float = 3e8
    worker_per_base: float = 16.0
    client_memory: float = 2.5e8
    client_per_base: float = 0.01

    def work_seconds(self, n_bases: float) -> float:
        """Seconds of one worker for some bases."""
        return self.work * n_bases / _MB

    def serial_seconds(self, n_bases: float) -> float:
        """Seconds of the commanding process alone for a genome."""
        return self.once + self.serial * n_bases / _MB


COSTS: Final[Mapping[str, Cost]] = {
    # A region is read and written shard by shard, so its length does not matter.
    "encode": Cost(
        once=0.15, serial=0.003, work=0.003, disk=0.27, worker_memory=5e8, worker_per_base=0.0, client_per_base=0.03
    ),
    "genes": Cost(once=0.4, serial=0.012, work=0.0, disk=0.0, client_memory=3.5e8, client_per_base=0.15),
    "labels": Cost(
        once=0.8, serial=0.03, work=0.02, disk=0.05, worker_per_base=20.0, client_memory=3.5e8, client_per_base=0.15
    ),
    "coverage": Cost(once=0.9, work=0.03, disk=0.01, worker_per_base=24.0),
    "ready-made coverage": Cost(work=0.05, disk=1.0, worker_per_base=48.0),
    "alignments": Cost(once=0.6, work=0.03, disk=0.001, worker_per_base=16.0),
    "track": Cost(work=0.005, disk=0.02, worker_per_base=6.0),
    "predict": Cost(
        once=6.0, work=33.0, start=6.0, disk=20.0, worker_memory=1.5e9, worker_per_base=120.0, client_memory=3e8
    ),
    "call": Cost(once=1.0, serial=0.01, work=1.9, disk=0.03, worker_per_base=400.0, client_per_base=0.05),
    "windows": Cost(once=0.5, serial=0.001, work=0.06, disk=0.002, worker_per_base=40.0, client_per_base=0.03),
    "kinship": Cost(once=0.3, serial=0.016, work=0.012, disk=0.14, worker_per_base=4.0, client_per_base=1.3),
    "split": Cost(once=1.0, serial=0.003, work=0.0, disk=0.0003, client_memory=4e8, client_per_base=0.05),
    "select": Cost(once=0.15, serial=0.001, work=0.0, disk=0.0003, client_memory=4e8, client_per_base=0.05),
    "import genome": Cost(work=0.07, disk=0.27, worker_per_base=4.0),
    "import labels": Cost(work=0.2, disk=0.05, worker_per_base=40.0),
    "import coverage": Cost(work=0.2, disk=1.0, worker_per_base=40.0),
    "import predictions": Cost(work=0.5, disk=20.0, worker_per_base=60.0),
}
"""By stage."""

COMMAND_SECONDS: Final = 2.0
"""Until a command that works on a store begins with its first stage."""
GENES_PER_BYTE: Final[Mapping[bool, float]] = {False: 0.06, True: 0.7}
"""Bytes of gene tables for each byte of an annotation file, by whether it is compressed."""
COVERAGE_PER_BAM_BYTE: Final = 0.06
"""Bytes of coverage tracks for each byte of a compressed file of reads; at most one for each base of the genome."""
BAM_BYTES_PER_SECOND: Final = 80e6
"""Of a compressed file of reads, on one core."""
MULTIPLICATIONS_PER_SECOND: Final = 4.8e10
"""Of a network's products on one core, TensorFlow with XLA."""
CORES_OF_A_GPU: Final = 20
"""Cores that a GPU is counted for in plans: an assumption, not measured."""
SECONDS_PER_BASE: Final = 1e-6
"""What a core does beside them for each base that a network sees: cutting windows, averaging, writing."""
TRAINING_MEMORY: Final = 9e8
"""Of a process that trains, apart from its network and batches: TensorFlow, chunks that are kept, tables."""
ALIGNMENTS_PER_BYTE: Final[Mapping[bool, float]] = {False: 0.1, True: 0.65}
"""Bytes of coverage tracks for each byte of a file of alignments, by whether it is compressed."""
ALIGNMENT_BYTES_PER_SECOND: Final[Mapping[bool, float]] = {False: 2e7, True: 3e6}
"""Of a file of alignments, by whether it is compressed."""
SECONDS_OF_READS: Final = 1.6
"""More for each megabase in which genes are called where reads weigh in: regions are longer then, too."""
SECONDS_TO_LEARN_READS: Final = 2.0
"""Until it is known what reads look like in genes."""
MEGABASES_TO_LEARN_SITES: Final = 2.0
"""That are called in each round, until it is known what splice sites look like."""
BYTES_PER_PROBABILITY: Final[Mapping[str, float]] = {"float16": 1.35, "uint8": 0.35}
"""Of predictions as they lie on disk, by precision: from 0.19 of a network that is sure to 0.5 of one that is not."""
