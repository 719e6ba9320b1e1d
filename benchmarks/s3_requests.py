"""What each stage asks an object store for: prepare in two runs, tune and annotate, with two workers on this machine.

    python benchmarks/s3_requests.py FOLDER [--bases 140000]

The server is moto's, and the genome is simulated. Printed are requests by stage and kind.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--bases", type=float, default=140_000)
    given = parser.parse_args()
    given.folder.mkdir(parents=True)

    from helixdask.engine.cluster import RunOptions
    from helixdask.simulate import SimulateSettings, simulate
    from helixdask.trainer.base_models import shipped_models
    from tests.cli.s3_way import whole_way
    from tests.engine.cluster_processes import a_cluster
    from tests.s3_server import a_bucket

    species = simulate(SimulateSettings(bases=int(given.bases), seed=3, contigs=2), given.folder / "species")
    model = next(model.path for model in shipped_models() if model.name == "demo")
    with a_bucket() as bucket, a_cluster(given.folder) as cluster:
        for _ in range(2):
            cluster.add_worker(*bucket.preload(given.folder))
        options = RunOptions(scheduler=json.loads(cluster.file.read_text())["address"], quiet=True)
        *_, requests = whole_way(bucket, species, model, given.folder, options)
    kinds = ("GET", "HEAD", "LIST", "PUT", "POST", "DELETE")
    print("| stage |", " | ".join(kinds), "| all |")
    print("|---" * (len(kinds) + 2) + "|")
    for group, counted in requests.items():
        cells = [str(counted[kind]) for kind in kinds]
        print(f"| {group} |", " | ".join(cells), f"| {sum(counted.values())} |")


if __name__ == "__main__":
    main()
