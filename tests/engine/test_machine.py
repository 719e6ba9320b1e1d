"""Cores and memory: what containers and batch systems allow, not what the machine has."""

from __future__ import annotations

import pytest

from helixdask.engine import machine
from helixdask.engine.cluster import RunOptions

CORES, MEMORY = 64, 512 << 30


@pytest.fixture
def groups(tmp_path, monkeypatch):
    """A large machine whose control groups are files of the test: call it with the process's groups and the limits."""
    monkeypatch.setattr(machine, "_own_cores", lambda: CORES)
    monkeypatch.setattr(machine, "_own_memory", lambda: MEMORY)
    monkeypatch.setattr(machine, "_CGROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(machine, "_MEMBERSHIP", tmp_path / "membership")

    def write(membership, **limits):
        (tmp_path / "membership").write_text(membership)
        for name, text in limits.items():
            path = tmp_path / "cgroup" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    return write


def test_no_limits(groups):
    assert (machine.usable_cores(), machine.usable_memory()) == (CORES, MEMORY)
    groups("0::/user.slice\n", **{"user.slice/cpu.max": "max 100000\n", "user.slice/memory.max": "max\n"})
    assert (machine.usable_cores(), machine.usable_memory()) == (CORES, MEMORY)


def test_container(groups):
    groups("0::/\n", **{"cpu.max": "250000 100000\n", "memory.max": f"{4 << 30}\n"})
    assert (machine.usable_cores(), machine.usable_memory()) == (3, 4 << 30)


def test_limits_of_a_group_further_out(groups):
    """As Slurm sets them: on the job, with the process in a step of it."""
    groups(
        "0::/slurm/job_1/step_0/task_0\n",
        **{
            "slurm/cpu.max": "3200000 100000",
            "slurm/job_1/cpu.max": "200000 100000",
            "slurm/job_1/memory.max": str(8 << 30),
            "slurm/job_1/step_0/task_0/memory.max": "max",
        },
    )
    assert (machine.usable_cores(), machine.usable_memory()) == (2, 8 << 30)


def test_first_version_of_control_groups(groups):
    groups(
        "4:memory:/job\n2:cpu,cpuacct:/job\n1:name=systemd:/\n",
        **{
            "cpu,cpuacct/job/cpu.cfs_quota_us": "50000",
            "cpu,cpuacct/job/cpu.cfs_period_us": "100000",
            "cpu,cpuacct/cpu.cfs_quota_us": "-1",
            "cpu,cpuacct/cpu.cfs_period_us": "100000",
            "memory/job/memory.limit_in_bytes": str(2 << 30),
            "memory/memory.limit_in_bytes": str((1 << 63) - 4096),
        },
    )
    assert (machine.usable_cores(), machine.usable_memory()) == (1, 2 << 30)


def test_limits_of_the_process_hold(groups, monkeypatch):
    """Such as the affinity of the process."""
    monkeypatch.setattr(machine, "_own_cores", lambda: 2)
    monkeypatch.setattr(machine, "_own_memory", lambda: 1 << 30)
    groups("0::/\n", **{"cpu.max": "800000 100000", "memory.max": str(4 << 30)})
    assert (machine.usable_cores(), machine.usable_memory()) == (2, 1 << 30)


def test_workers_and_their_memory_follow(groups):
    groups("0::/\n", **{"cpu.max": "400000 100000", "memory.max": str(8 << 30)})
    options = RunOptions()
    assert options.n_workers == 4
    assert options.memory_limit_bytes == int((8 << 30) * 0.9 / 4)
