"""Graphics processors that this process may use, found without starting TensorFlow, which would take hold of them."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from helixdask.errors import BadInputError

VISIBLE: Final = "CUDA_VISIBLE_DEVICES"
"""The variable of the environment by which CUDA, and so TensorFlow, is told which GPUs there are for a process."""
NONE_VISIBLE: Final = "-1"
_ALL: Final = "all"
_DRIVER: Final = Path("/proc/driver/nvidia/gpus")
_QUERY: Final = ("--query-gpu=index,uuid,name,memory.total", "--format=csv,noheader,nounits")
_ANSWER_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Gpu:
    """A graphics processor.

    Parameters
    ----------
    token
        What `VISIBLE` is set to for a process to see this one alone.
    name
        What its maker calls it; empty where that is not known.
    memory
        In bytes; None where it is not known.
    """

    token: str
    name: str = ""
    memory: int | None = None


def wanted_gpus(devices: str) -> int | None:
    """The number that ``--devices`` asks for; None for all.

    Raises
    ------
    BadInputError
        Neither ``all`` nor a number.

    Examples
    --------
    >>> wanted_gpus("2"), wanted_gpus("all")
    (2, None)
    """
    if devices == _ALL:
        return None
    if not re.fullmatch(r"\d{1,4}", devices):
        raise BadInputError(
            f"devices is {devices!r}", remedy="Give all, or how many GPUs; 0 is for the processor's cores."
        )
    return int(devices)


def chosen_gpus(devices: str) -> tuple[Gpu, ...]:
    """Those that are to be used, of those that may be.

    Parameters
    ----------
    devices
        ``all``, or their number.

    Raises
    ------
    BadInputError
        There are not as many.
    """
    wanted = wanted_gpus(devices)
    if wanted == 0:
        return ()
    found = usable_gpus()
    if wanted is not None and wanted > len(found):
        raise too_few(wanted, len(found))
    return found[:wanted]


def too_few(wanted: int, found: int) -> BadInputError:
    """The error to raise where there are fewer devices than are asked for."""
    there = "is no GPU that can be used" if not found else "is 1 GPU" if found == 1 else f"are {found} GPUs"
    return BadInputError(
        f"{wanted} device{'s are' if wanted > 1 else ' is'} asked for, and there {there}",
        remedy=f"Give a smaller --devices, or all. helixdask doctor tells what is found; {VISIBLE} may hide some.",
    )


def usable_gpus() -> tuple[Gpu, ...]:
    """Graphics processors that TensorFlow may use in this process, in the order of CUDA."""
    return visible(told_by_driver(), os.environ) if _may_use_cuda() else ()


@cache
def _may_use_cuda() -> bool:
    """Whether TensorFlow was built to use them, as its files say. Where it is not installed, others may have it."""
    package = importlib.util.find_spec("tensorflow")
    if package is None or package.origin is None:
        return True
    try:
        facts = Path(package.origin).with_name("python").joinpath("platform", "build_info.py").read_text("utf-8")
    except OSError:
        return True
    return re.search(r"'is_cuda_build', False", facts) is None


def visible(installed: Sequence[Gpu], environment: Mapping[str, str]) -> tuple[Gpu, ...]:
    """Those among the GPUs of a machine that the environment leaves to a process.

    CUDA reads the list up to the first entry that names none.

    Parameters
    ----------
    installed
        All of the machine, in the driver's order.
    environment
        Variables; without `VISIBLE` all are left.

    Examples
    --------
    >>> machine = [Gpu("GPU-a1"), Gpu("GPU-b2")]
    >>> [gpu.token for gpu in visible(machine, {"CUDA_VISIBLE_DEVICES": "1"})]
    ['1']
    >>> [gpu.token for gpu in visible(machine, {"CUDA_VISIBLE_DEVICES": "GPU-b,GPU-a,-1"})]
    ['GPU-b', 'GPU-a']
    >>> visible(machine, {"CUDA_VISIBLE_DEVICES": ""})
    ()
    """
    if VISIBLE not in environment or not installed:
        return tuple(installed)
    found: list[Gpu] = []
    for token in (entry.strip() for entry in environment[VISIBLE].split(",")):
        named = _named(token, installed)
        if named is None:
            break
        # By the entry as it stands: CUDA may count in another order than the driver.
        found.append(Gpu(token, named.name, named.memory))
    return tuple(found)


def _named(token: str, installed: Sequence[Gpu]) -> Gpu | None:
    if token.isdigit():
        return installed[int(token)] if int(token) < len(installed) else None
    if token.startswith("MIG-"):  # a part of one, whose memory the driver does not tell here
        return Gpu(token)
    return next((gpu for gpu in installed if token and gpu.token.startswith(token)), None)


@cache
def told_by_driver() -> tuple[Gpu, ...]:
    """All of the machine, whether they may be used or not; the driver is asked once."""
    return _told_by_tool() or _told_by_kernel(_DRIVER)


def _told_by_tool() -> tuple[Gpu, ...]:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return ()
    try:
        ran = subprocess.run([tool, *_QUERY], capture_output=True, text=True, check=False, timeout=_ANSWER_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return read_query(ran.stdout) if ran.returncode == 0 else ()


def read_query(text: str) -> tuple[Gpu, ...]:
    r"""GPUs from a table of ``nvidia-smi``; lines that are none are left out.

    Examples
    --------
    >>> read_query("0, GPU-a1, NVIDIA L4, 23034\n1, GPU-b2, NVIDIA L4, [N/A]\n")
    (Gpu(token='GPU-a1', name='NVIDIA L4', memory=24152899584), Gpu(token='GPU-b2', name='NVIDIA L4', memory=None))
    """
    rows = [[cell.strip() for cell in line.split(",")] for line in text.splitlines()]
    return tuple(
        Gpu(row[1], row[2], int(row[3]) << 20 if row[3].isdigit() else None)
        for row in rows
        if len(row) == 4 and row[0].isdigit() and row[1].startswith("GPU-")
    )


def _told_by_kernel(driver: Path) -> tuple[Gpu, ...]:
    """GPUs from the files of the driver, which containers often have without its tool."""
    try:
        files = sorted(driver.glob("*/information"))
        texts = [file.read_text("utf-8", "replace") for file in files]
    except OSError:
        return ()
    found = [dict(re.findall(r"^([^:\n]+):[ \t]*(.*?)[ \t]*$", text, re.MULTILINE)) for text in texts]
    return tuple(Gpu(facts["GPU UUID"], facts.get("Model", "")) for facts in found if "GPU UUID" in facts)
