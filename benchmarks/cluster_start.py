"""What worker processes cost: starting them, what they import, ending them; beside the same imports in one process.

Every measurement runs in a process of its own. The least of several is reported: on a shared machine it is nearest to
what the work itself takes.
"""

import argparse
import json
import os
import subprocess
import sys
import time

IMPORTS = {
    "nothing": "pass",
    "numba": "import helixdask.labels.stage",
    "TensorFlow": "from helixdask.trainer.runtime import configure_tensorflow; configure_tensorflow(1)",
}


def load(statement):
    exec(statement)
    return os.getpid()


def in_workers(workers, what):
    start = time.perf_counter()
    from helixdask.engine.dask_logs import held_back
    from helixdask.engine.local_cluster import local_cluster

    with held_back(), local_cluster(workers, None) as crew:
        first = time.perf_counter()
        crew.client.wait_for_workers(workers)
        there = time.perf_counter()
        crew.client.run(load, IMPORTS[what])
        loaded = time.perf_counter()
    end = time.perf_counter()
    return {"first": first - start, "all": there - start, "imports": loaded - there, "end": end - loaded}


def in_this_process(what):
    start = time.perf_counter()
    load(IMPORTS[what])
    return {"imports": time.perf_counter() - start}


def measured(*arguments):
    command = [sys.executable, __file__, "--one", *map(str, arguments)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--one", nargs=2)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    if given.one:
        import helixdask.engine.run  # noqa: F401 what every command has imported before

        workers, what = int(given.one[0]), given.one[1]
        print(json.dumps(in_workers(workers, what) if workers else in_this_process(what)))
        return
    print("| imports | processes | first is there | all are there | imports | end |\n|---|---|---|---|---|---|")
    for what in IMPORTS:
        for workers in (0, given.workers):
            runs = [measured(workers, what) for _ in range(given.runs)]
            least = {name: min(run[name] for run in runs) for name in runs[0]}
            cells = (f"{least[name]:.1f}" if name in least else "" for name in ("first", "all", "imports", "end"))
            print(f"| {what} | {workers or 'this one'} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
