"""Inputs of every stage, and the stores before each, made once."""

from __future__ import annotations

import pytest

from tests.engine.all_stages import make_inputs


@pytest.fixture(scope="session")
def inputs(tmp_path_factory):
    """Folder of a genome, its annotation and its reads."""
    folder = tmp_path_factory.mktemp("inputs")
    make_inputs(folder)
    return folder
