"""Inputs of every stage, and the stores before each, made once; what a toy stage needs, and what it leaves."""

from __future__ import annotations

import pytest

from helixdask.engine.run import run_stage
from tests.engine.all_stages import make_inputs
from tests.engine.toy import HERE, LENGTHS, ToyStage, make_store


@pytest.fixture(scope="session")
def inputs(tmp_path_factory):
    """Folder of a genome, its annotation and its reads."""
    folder = tmp_path_factory.mktemp("inputs")
    make_inputs(folder)
    return folder


@pytest.fixture
def work(tmp_path):
    """Folder in which a toy stage counts its runs."""
    folder = tmp_path / "runs"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """What an undisturbed run of a toy stage leaves; to be read only."""
    folder = tmp_path_factory.mktemp("whole")
    make_store(str(folder / "whole.zarr"), LENGTHS)
    (folder / "runs").mkdir()
    run_stage(ToyStage(str(folder / "runs")), str(folder / "whole.zarr"), HERE)
    return folder / "whole.zarr"
