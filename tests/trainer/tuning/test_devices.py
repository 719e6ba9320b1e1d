"""What is learnt does not depend on the number of devices, nor on whether it changes on the way."""

import json
import subprocess
import sys

import pytest

from helixdask.errors import BadInputError
from helixdask.trainer.tuning.settings import TuneSettings

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found(little_store, tmp_path_factory):
    command = [
        sys.executable,
        "-m",
        "tests.trainer.tuning.on_devices",
        little_store.url,
        tmp_path_factory.mktemp("out"),
    ]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    return json.loads(ran.stdout.splitlines()[-1])


def test_a_run_that_was_killed_on_one_device_ends_alike_on_two(found):
    apart = found["whole"]
    assert apart["steps"][0] == apart["steps"][1] == 6
    assert 0 < apart["weights"] < 1e-5
    assert apart["scores"] < 1e-3
    assert "Going on after step 2, in epoch 1." in found["told"]
    assert "2 devices share each batch." in found["told"]


def test_a_finished_run_is_the_same_on_another_number(found):
    assert found["again"] == "already there"


def test_an_output_layer_learns_the_same_on_four(found):
    assert found["head"] < 1e-6


def test_no_device_waits_for_another_in_an_operation(found):
    """Collective operations occupy a thread on each device until all have come, and may wait for ever."""
    assert "AddN" in found["kinds"]
    assert not [kind for kind in found["kinds"] if "Collective" in kind or "Nccl" in kind]


def test_what_cannot_be_is_refused(found):
    assert "5 devices are asked for" in found["refused"]
    assert "--devices 1" in found["xla"]


@pytest.mark.parametrize(("devices", "words"), [("9", "cannot share a batch of 8"), ("some", "devices is 'some'")])
def test_settings_are_checked_before_anything_is_loaded(tmp_path, devices, words):
    with pytest.raises(BadInputError, match=words):
        TuneSettings(("no.zarr",), str(tmp_path / "m.keras"), devices=devices).check()
