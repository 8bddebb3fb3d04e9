"""Which public files a config asks for, and what it says about missing ones."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from neuroloop.files.download_registry import REGISTRY, Source, read_registry
from neuroloop.workflow.retrieval import configured_files, destinations, origin

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def registry() -> dict[str, Source]:
    return read_registry(REGISTRY)


def preset(name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text())


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("config", []),
        ("god", [f"god_subject{n}" for n in range(1, 6)]),
        ("haxby", ["haxby2001_bold", "haxby2001_mask", "haxby2001_labels"]),
        ("digits69", ["digits69"]),
    ],
)
def test_presets_ask_for_what_they_read(
    registry: dict[str, Source], name: str, files: list[str]
) -> None:
    assert configured_files(preset(name), registry) == files


def test_only_datasets_that_run_count(registry: dict[str, Source]) -> None:
    config = preset("god")
    config["datasets"]["digits"] = preset("digits69")["datasets"]["digits69"]
    assert "digits69" not in configured_files(config, registry)
    config["run"].append("digits")
    assert "digits69" in configured_files(config, registry)


def test_files_belong_below_the_data_folder(
    registry: dict[str, Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEUROLOOP_DATA", "/data")
    missing: dict[str, str] = {}
    place = destinations({"data_folder": "$NEUROLOOP_DATA"}, registry, missing)
    assert place(SimpleNamespace(file="god_subject1")) == "/data/god/Subject1.h5"
    assert missing == {}
    monkeypatch.delenv("NEUROLOOP_DATA")
    place(SimpleNamespace(file="god_subject1"))
    assert "NEUROLOOP_DATA" in missing["god/Subject1.h5"]


def test_a_missing_input_has_an_origin(registry: dict[str, Source]) -> None:
    assert "`retrieve`" in origin(registry, "god/Subject1.h5")
    by_hand = origin(registry, "god/images/training")
    assert registry["god_images"].page in by_hand
    assert "`retrieve`" not in by_hand
    assert "no public archive" in origin(registry, "mine/voxels.npz")
