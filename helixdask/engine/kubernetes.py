"""A cluster file as a resource of Dask's Kubernetes operator."""

from __future__ import annotations

import uuid
from typing import Any

from helixdask.engine.cluster_file import ClusterFile


def manifest(asked: ClusterFile, name: str | None = None) -> dict[str, Any]:
    """The ``DaskCluster`` that a cluster file asks for, as plain values.

    Parameters
    ----------
    asked
        A file of the kind ``kubernetes``.
    name
        Of the resource; None: a new one.

    Examples
    --------
    >>> asked = ClusterFile("kubernetes", memory="8G", image="helixdask:0.1", gpus=1)
    >>> made = manifest(asked, "one")
    >>> made["spec"]["worker"]["spec"]["containers"][0]["resources"]["limits"]
    {'cpu': '1', 'memory': '8G', 'nvidia.com/gpu': '1'}
    """
    name = name or f"helixdask-{uuid.uuid4().hex[:8]}"
    limits = {"cpu": str(asked.processes), "memory": str(asked.memory)}
    if asked.gpus:
        limits["nvidia.com/gpu"] = str(asked.gpus)
    command = ["dask", "worker", "--name", "$(DASK_WORKER_NAME)", "--nthreads", "1", "--no-dashboard"]
    command += ["--nworkers", str(asked.processes)]
    if asked.gpus:
        command += ["--resources", "GPU=1"]
    if asked.lifetime_seconds is not None:
        command += ["--lifetime", f"{asked.lifetime_seconds:.0f}s", "--lifetime-stagger", "60s"]
    scheduler = _container(asked, "scheduler", ["dask", "scheduler", "--no-dashboard"], {"cpu": "1", "memory": "4G"})
    scheduler["ports"] = [{"name": "tcp-comm", "containerPort": 8786, "protocol": "TCP"}]
    selector = {"dask.org/cluster-name": name, "dask.org/component": "scheduler"}
    return {
        "apiVersion": "kubernetes.dask.org/v1",
        "kind": "DaskCluster",
        "metadata": {"name": name, "namespace": asked.namespace},
        "spec": {
            "worker": {"replicas": 0, "spec": {"containers": [_container(asked, "worker", command, limits)]}},
            "scheduler": {
                "spec": {"containers": [scheduler]},
                "service": {
                    "type": "ClusterIP",
                    "selector": selector,
                    "ports": [{"name": "tcp-comm", "protocol": "TCP", "port": 8786, "targetPort": "tcp-comm"}],
                },
            },
        },
    }


def _container(asked: ClusterFile, name: str, command: list[str], limits: dict[str, str]) -> dict[str, Any]:
    requests = {resource: amount for resource, amount in limits.items() if resource != "nvidia.com/gpu"}
    return {
        "name": name,
        "image": asked.image,
        "command": command,  # in place of the image's own, which may be helixdask
        "resources": {"limits": limits, "requests": requests},
    }
