"""The workers of a cluster that was named: which can be used, and what keeps the others from it."""

from __future__ import annotations

from typing import Any

from helixdask.engine.cluster import RunOptions, WorkerNeeds, connect

_NEEDS = WorkerNeeds(modules=("helixdask.doctor.kernels",))


def workers(options: RunOptions) -> list[dict[str, Any]]:
    """Look at the workers as a stage would.

    Parameters
    ----------
    options
        Which cluster; without one the list is empty.

    Returns
    -------
    list of dict
        ``threads``, ``memory`` (bytes, or None) and ``problem`` (None: it can be used) of each. Addresses are left out.

    Raises
    ------
    BadInputError
        The scheduler does not answer, or none of its workers can be used.
    """
    if not options.is_remote:
        return []
    with connect(options, 3, needs=_NEEDS) as crew:
        if crew is None:
            return []
        known = crew.client.scheduler_info(n_workers=-1)["workers"]
        return [
            {
                "threads": known.get(address, {}).get("nthreads"),
                "memory": known.get(address, {}).get("memory_limit"),
                "problem": crew.refused.get(address),
            }
            for address in sorted({*crew.workers, *crew.refused})
        ]
