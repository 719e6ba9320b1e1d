"""A process that takes over locks of dead processes beside others like it; run by `test_lock.py` and the harness.

python -m tests.engine.lock_race FOLDER ROUNDS N_PROCESSES NUMBER
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from helixdask.engine.lock import GroupLock, _machine
from helixdask.errors import StoreBusyError
from helixdask.store.objects import Folder


def wait_for_all(folder: Path, name: str, n: int, me: int) -> None:
    """A barrier made of files."""
    (folder / f"{name}-{me}").touch()
    while any(not (folder / f"{name}-{other}").exists() for other in range(n)):
        time.sleep(0.0005)


def main() -> None:
    """Take over stale locks, round after round; note who held one, and when two did."""
    folder, rounds, n, me = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    held = 0
    for number in range(rounds):
        work = folder / f"work-{number}"
        if me == 0:
            dead = {"token": "dead", "host": _machine(), "pid": 2**22 + 1, "born": 0.0}
            Folder(str(work)).write_json("lock.1.json", dead)
        wait_for_all(folder, f"round-{number}", n, me)
        try:
            with GroupLock(Folder(str(work)), "group") as lock:
                inside = os.open(work / ".inside", os.O_CREAT | os.O_EXCL)  # fails where another one is inside
                os.close(inside)
                time.sleep(0.001)
                lock.check()
                (work / ".inside").unlink()
                held += 1
        except StoreBusyError:
            pass
        except FileExistsError:
            (folder / f"double-{number}-{me}").touch()
    (folder / f"held-{me}").write_text(str(held))


if __name__ == "__main__":
    main()
