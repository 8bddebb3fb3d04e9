"""Training states on disk."""

import logging
from pathlib import Path

import pytest
import torch

from neuroloop.errors import NeuroLoopError
from neuroloop.jobs.execution import Execution
from neuroloop.training.checkpoints import Checkpoint, JobStates, checkpoint_key

TENSORS = {"a/weight": torch.arange(6.0).view(2, 3), "b": torch.tensor(7, dtype=torch.int64)}
FACTS = {"history": [{"epoch": 1, "loss": 0.1 + 0.2}], "words": "Grüße"}


def test_comes_back_as_it_was(tmp_path):
    kept = Checkpoint(tmp_path / "new" / "folder", "key")
    assert kept.load() is None
    kept.save(TENSORS, FACTS)
    tensors, facts = kept.load()
    assert facts == FACTS
    assert tensors.keys() == TENSORS.keys()
    for name, values in TENSORS.items():
        assert tensors[name].dtype == values.dtype
        assert torch.equal(tensors[name], values)
    assert [path.name for path in kept.path.parent.iterdir()] == ["key.safetensors"]


def test_layout_in_memory_does_not_matter(tmp_path):
    values = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    kept = Checkpoint(tmp_path, "key")
    kept.save({"x": values.to(memory_format=torch.channels_last)}, {})
    assert torch.equal(kept.load()[0]["x"], values)


def test_other_keys_do_not_find_it(tmp_path):
    Checkpoint(tmp_path, "key").save(TENSORS, FACTS)
    assert Checkpoint(tmp_path, "yek").load() is None


def test_a_writer_that_dies_leaves_the_earlier_state(tmp_path):
    kept = Checkpoint(tmp_path, "key")
    kept.save(TENSORS, FACTS)
    with pytest.raises(TypeError):
        kept.save(TENSORS, {"no": object()})
    with pytest.raises(AttributeError):
        kept.save({"no": "tensor"}, {})
    assert kept.load()[1] == FACTS
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:20],
        lambda content: content[:-1],
        lambda content: content[:-3] + bytes([content[-3] ^ 1]) + content[-2:],
        lambda content: content[:-32] + bytes([content[-32] ^ 1]) + content[-31:],
        lambda content: b"\xff" * len(content),
        lambda content: content.replace(b"checksum", b"checksam"),
    ],
    ids=[
        "empty",
        "header cut",
        "values cut",
        "last tensor",
        "first tensor",
        "noise",
        "other facts",
    ],
)
def test_a_damaged_state_is_ignored_with_a_warning(tmp_path, caplog, damage):
    kept = Checkpoint(tmp_path, "key")
    kept.save(TENSORS, FACTS)
    kept.path.write_bytes(damage(kept.path.read_bytes()))
    with caplog.at_level(logging.WARNING):
        assert kept.load() is None
    (record,) = caplog.records
    assert str(kept.path) in record.getMessage()
    assert "starts over" in record.getMessage()
    kept.save(TENSORS, FACTS)
    assert kept.load()[1] == FACTS


def test_removal_takes_the_parts_along_and_nothing_else(tmp_path):
    for key in ("ab", "ab-1", "ab-scores-2", "abc", "b-ab"):
        Checkpoint(tmp_path, key).save(TENSORS, FACTS)
    Checkpoint(tmp_path, "ab").remove()
    assert {path.stem for path in tmp_path.iterdir()} == {"abc", "b-ab"}
    Checkpoint(tmp_path, "ab").remove()
    Checkpoint(tmp_path / "nowhere", "ab").remove()


def test_due_after_the_interval():
    assert Checkpoint(Path(), "key", interval=0).due()
    assert not Checkpoint(Path(), "key", interval=3600).due()


def test_a_state_just_saved_is_not_due(tmp_path):
    kept = Checkpoint(tmp_path, "key", interval=3600)
    kept._last -= 7200
    assert kept.due()
    kept.save(TENSORS, FACTS)
    assert not kept.due()


def test_key_follows_from_every_part(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"voxels")
    two.write_bytes(b"voxels")
    key = checkpoint_key("code", b"bytes", one)
    assert key == checkpoint_key("code", b"bytes", two), "content counts, not the name"
    assert len(key) == 32
    assert set(key) <= set("0123456789abcdef")
    two.write_bytes(b"voxelS")
    others = [
        checkpoint_key("code", b"bytes", two),
        checkpoint_key("codE", b"bytes", one),
        checkpoint_key("code", b"byteS", one),
        checkpoint_key("code", b"bytes"),
        checkpoint_key("codeb", b"ytes", one),
        checkpoint_key(b"bytes", "code", one),
        checkpoint_key("code", b"bytes", str(one)),
    ]
    assert len({key, *others}) == 8


def test_a_job_names_its_states_by_what_it_follows_from_and_removes_its_own(tmp_path):
    read = tmp_path / "voxels.npz"
    read.write_bytes(b"voxels")
    states = JobStates.of(tmp_path / "states", "code", [{"width": 2}, 5], read, None)
    assert states.key == checkpoint_key("code", '[{"width": 2}, 5]', read)
    states.part("fold0").save(TENSORS, FACTS)
    assert [path.stem for path in states.folder.iterdir()] == [f"{states.key}-fold0"]
    same = JobStates.of(tmp_path / "states", "code", [{"width": 2}, 5], str(read))
    assert same.part("fold0").load()[1] == FACTS
    with Execution("tf32", deterministic=True).used():
        rounded = JobStates.of(tmp_path / "states", "code", [{"width": 2}, 5], read)
    assert rounded.part("fold0").load() is None, "of another precision"
    other = JobStates.of(tmp_path / "states", "code", [{"width": 3}, 5], read)
    assert other.part("fold0").load() is None
    other.remove()
    assert same.part("fold0").load() is not None
    states.remove()
    assert not list(states.folder.iterdir())


def test_key_of_a_missing_file(tmp_path):
    with pytest.raises(NeuroLoopError, match="gone is missing"):
        checkpoint_key("code", tmp_path / "gone")
