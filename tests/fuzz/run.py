"""Fuzzing: many damaged files, each read in a process of its own under a limit of processor time; what is no result
and no named error is printed with the numbers that make it again.

``python -m tests.fuzz.run --count 300 --seed 1``
"""

import argparse
import gc
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path

from helixdask.errors import HelixdaskError, InternalError
from helixdask.store.store import Store
from tests.fuzz.damage import damaged
from tests.fuzz.readers import READERS, lay_out
from tests.fuzz.seeds import make_seeds

SECONDS = 60
"""Of the processor: a loaded machine is no fault. A process that only waits is ended after ten times as long."""
BYTES = 1_000_000_000
RESULT, NAMED, FAULT = 0, 2, 3


def cases(count, seed, names):
    """Names of readers, by weight, and the number of each case."""
    weights = [READERS[name].weight for name in names]
    return [(random.Random(f"{seed}/{k}").choices(names, weights)[0], k) for k in range(count)]


def content(seeds, name, seed, number):
    """The damaged file of a case."""
    reader = READERS[name]
    return damaged((seeds / reader.seed).read_bytes(), random.Random(f"{seed}/{number}/{name}"), reader.kind)


def run_case(seeds, folder, name, seed, number):
    """Read one damaged file in a process of its own; outcome, what it says, seconds and bytes."""
    (folder / "case").mkdir(parents=True)
    noise = folder / "stderr"
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        os._exit(_read(seeds, folder, name, seed, number))
    _, status, usage = os.wait4(child, 0)
    said = (folder / "said").read_text() if (folder / "said").exists() else ""
    printed = noise.read_text(errors="replace") if noise.exists() else ""
    outcome = {RESULT: "result", NAMED: "named error"}.get(os.waitstatus_to_exitcode(status), "fault")
    if os.WIFSIGNALED(status):
        out_of_time = os.WTERMSIG(status) in (signal.SIGALRM, signal.SIGXCPU)
        said = "no answer in time" if out_of_time else f"signal {os.WTERMSIG(status)}"
    elif "panicked" in printed or "Traceback" in printed:
        outcome, said = "fault", f"prints {printed[:300]!r}"
    elif usage.ru_maxrss * 1024 > BYTES:
        outcome, said = "fault", f"took {usage.ru_maxrss // 1024} MB"
    return outcome, said, time.monotonic() - start, usage.ru_maxrss * 1024


def _read(seeds, folder, name, seed, number):
    sink = os.open(folder / "stderr", os.O_CREAT | os.O_WRONLY)
    os.dup2(sink, 2)
    os.dup2(sink, 1)
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 5))
    signal.alarm(10 * SECONDS)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("error", RuntimeWarning)  # NumPy's: a number that does not fit
    path = lay_out(READERS[name], seeds, folder / "case", content(seeds, name, seed, number))
    try:
        READERS[name].read(path, folder / "case", Store.open(str(seeds / "genome.zarr")))
    except InternalError:
        (folder / "said").write_text(traceback.format_exc())
        return FAULT
    except HelixdaskError as error:
        (folder / "said").write_text(str(error))
        return NAMED if error.exit_code == 2 and path.name in str(error) else FAULT
    except BaseException:
        (folder / "said").write_text(traceback.format_exc())
        return FAULT
    return RESULT


def fuzz(count, seed, names=tuple(READERS), show=None):
    """Run cases; counts by reader and outcome, all faults, and the largest memory and time."""
    counts, faults, most, longest = Counter(), [], 0, 0.0
    with tempfile.TemporaryDirectory(prefix="helixdask-fuzz-") as scratch:
        seeds = Path(scratch) / "seeds"
        seeds.mkdir()
        make_seeds(seeds)
        (seeds / "sound.h5").write_bytes((seeds / "helixer.h5").read_bytes())
        (seeds / "reads.bam.csi").write_bytes((seeds / "reads.csi").read_bytes())
        _warm_up(seeds, Path(scratch), names)
        gc.freeze()  # else each child copies what its collector looks at
        for name, number in cases(count, seed, names):
            with tempfile.TemporaryDirectory(dir=scratch) as folder:
                outcome, said, seconds, size = run_case(seeds, Path(folder), name, seed, number)
            counts[name, outcome] += 1
            most, longest = max(most, size), max(longest, seconds)
            if outcome == "fault":
                faults.append({"reader": name, "seed": seed, "number": number, "said": said})
                (show or _say)(json.dumps(faults[-1]))
    return {
        "cases": count,
        "seed": seed,
        "counts": {name: {kind: n for (other, kind), n in counts.items() if other == name} for name in names},
        "faults": faults,
        "largest_bytes": most,
        "longest_seconds": round(longest, 2),
    }


def _warm_up(seeds, scratch, names):
    """Read the sound files here: what is imported and compiled once is there for every case. They must be readable."""
    for name in names:
        reader = READERS[name]
        with tempfile.TemporaryDirectory(dir=scratch) as folder:
            path = lay_out(reader, seeds, Path(folder), (seeds / reader.seed).read_bytes())
            reader.read(path, Path(folder), Store.open(str(seeds / "genome.zarr")))


def _say(line):
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--reader", nargs="*", default=list(READERS), choices=list(READERS))
    asked = parser.parse_args()
    found = fuzz(asked.count, asked.seed, tuple(asked.reader), show=_say)
    _say(json.dumps(found))
    return 1 if found["faults"] else 0


if __name__ == "__main__":
    sys.exit(main())
