"""The command that looks at the installation and the machine: doctor."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Annotated, Any

import typer

from helixdask.amounts import duration, short, size
from helixdask.cli.options import Options, Output
from helixdask.cli.report import give, print_facts, print_table, say

if TYPE_CHECKING:
    from helixdask.doctor.kernels import KernelTest

log = logging.getLogger(__name__)

_Cluster = Annotated[Output, Options(only=("scheduler", "scheduler_file", "cluster", "worker_timeout", "json"))]


def doctor(output: _Cluster) -> None:
    """Look at versions, devices, cores, memory, disks and caches, test each kernel, and ask a cluster's workers.

    What it prints may be pasted into a report of a fault: it names no user, no host and no file of yours. It takes
    about half a minute, and exits with 1 where a kernel gives a wrong result.
    """
    from helixdask.doctor.kernels import KERNELS, kernel_tests
    from helixdask.doctor.machine import devices, folders, machine, versions
    from helixdask.doctor.workers import workers
    from helixdask.trainer.network.published import model_folder

    log.info("asking TensorFlow for devices, testing %d kernels", len(KERNELS))
    found: dict[str, Any] = {
        "versions": versions(),
        "machine": machine(),
        "folders": folders(model_folder()),
        "devices": devices(),
    }
    tests = list(kernel_tests())
    found["kernels"] = [test._asdict() for test in tests]
    found["workers"] = workers(output.run_options())
    found["problems"] = _problems(found)
    if not give(found, as_json=output.json):
        _print(found, tests)
    if any(test.problem for test in tests):
        raise typer.Exit(1)


def _problems(found: dict[str, Any]) -> list[str]:
    """What should be mended, in words."""
    told = [f"{test['name']}: {test['problem']}" for test in found["kernels"] if test["problem"]]
    told += [f"{each['for']}: {each['folder']} cannot be written" for each in found["folders"] if not each["writable"]]
    if problem := found["devices"].get("problem"):
        told.append(f"TensorFlow: {problem}")
    elif found["machine"]["gpus_to_use"] and not any("GPU" in each["device"] for each in found["devices"]["devices"]):
        told.append('TensorFlow does not see the GPU that is there: pip install "helixdask[tf-gpu]"')
    return told + [f"a worker cannot be used: {one['problem']}" for one in found["workers"] if one["problem"]]


def _print(found: dict[str, Any], tests: list[KernelTest]) -> None:
    facts = found["machine"]
    print_facts("versions", found["versions"])
    print_facts("machine", facts | {"memory_to_use": size(facts["memory_to_use"])})
    rows = [(each["for"], each["folder"], each["writable"], size(each["free"])) for each in found["folders"]]
    print_table("folders", ("for", "folder", "writable", "free"), rows, text=("folder",))
    seen = found["devices"].get("devices", [])
    if seen:
        table = [(each["device"], each["name"] or "–", f"{each['gflops']:,.0f}") for each in seen]
        print_table("devices that TensorFlow sees", ("device", "name", "Gflop/s"), table, text=("name",))
    lines = [(test.name, f"{short(test.rate)}b/s", duration(test.first), test.problem or "right") for test in tests]
    print_table("kernels", ("kernel", "rate", "first time", "result"), lines, text=("result",))
    if found["workers"]:
        cells = [
            (number, each["threads"], size(each["memory"]) if each["memory"] else "–", each["problem"] or "can be used")
            for number, each in enumerate(found["workers"], 1)
        ]
        print_table("workers of the cluster", ("worker", "threads", "memory", "state"), cells, text=("state",))
    if found["problems"]:
        say("\n".join(["What should be mended:", *(f"  {text}" for text in found["problems"])]))
