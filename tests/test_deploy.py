"""The files of deploy/ can be read, and say what goes together."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from helixdask.engine.cluster_file import read_cluster_file
from helixdask.engine.kubernetes import manifest
from tests.test_docs import commands

DEPLOY = Path(__file__).parents[1] / "deploy"


@pytest.mark.parametrize(
    ("name", "kind", "gpus"), [("slurm", "slurm", 0), ("slurm_gpu", "slurm", 1), ("kubernetes", "kubernetes", 0)]
)
def test_cluster_files(name, kind, gpus):
    asked = read_cluster_file(str(DEPLOY / f"{name}.yaml"))
    assert (asked.kind, asked.gpus) == (kind, gpus)
    assert asked.worker_memory
    assert asked.most_jobs > 1


def test_the_job_of_kubernetes():
    job = yaml.safe_load((DEPLOY / "kubernetes_job.yaml").read_text())
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job")
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    program, verb, *arguments = container["command"]
    assert program == "helixdask"
    with commands()[verb].make_context(verb, arguments) as context:
        given = context.params
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    volumes = {volume.pop("name"): volume for volume in pod["volumes"]}
    assert mounts.keys() == volumes.keys()
    for option in ("model", "gff3"):  # files that are not in the object store lie on volumes
        assert str(Path(given[option]).parent) in mounts.values()
    told = Path(given["cluster"])
    asked = read_cluster_file(str(DEPLOY / told.name))
    (config,) = (name for name, path in mounts.items() if path == str(told.parent))
    assert volumes[config]["configMap"]["name"] in (DEPLOY / "kubernetes_job.yaml").read_text().split("spec:")[0]
    made = manifest(asked)["spec"]
    images = [made[part]["spec"]["containers"][0]["image"] for part in ("worker", "scheduler")]
    assert images == [container["image"]] * 2


def test_the_image_holds_what_its_clusters_need():
    text = (DEPLOY / "Dockerfile").read_text()
    (extras,) = re.findall(r'"/src\[(.*?)\]"', text)
    assert {"cloud", "cluster", "kubernetes"} <= set(extras.split(","))
    worker = manifest(read_cluster_file(str(DEPLOY / "kubernetes.yaml")))["spec"]["worker"]["spec"]["containers"][0]
    assert 'ENTRYPOINT ["helixdask"]' in text
    assert worker["command"][0] == "dask"  # arguments alone would be helixdask's


@pytest.mark.parametrize("script", sorted(DEPLOY.glob("*.sh")), ids=lambda path: path.name)
def test_scripts_are_bash(script):
    subprocess.run(["bash", "-n", str(script)], check=True)
