"""What every test may use."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Folder of real data, named by the environment variable NEUROLOOP_DATA."""
    named = os.environ.get("NEUROLOOP_DATA")
    if not named:
        pytest.skip("real data: set NEUROLOOP_DATA to the folder that holds it")
    folder = Path(named).resolve()
    if not folder.is_dir():
        pytest.skip(f"real data: NEUROLOOP_DATA names {folder}, which is no folder")
    return folder
