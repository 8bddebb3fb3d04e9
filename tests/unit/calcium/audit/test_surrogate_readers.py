"""Readers of surrogates, small ones, trained."""

from pathlib import Path

import pytest
import torch

from neuroloop.calcium.audit import surrogate_readers as module
from neuroloop.calcium.audit.surrogate_labels import BEFORE, DEALT
from neuroloop.calcium.audit.surrogate_readers import read_surrogates
from neuroloop.config.readers import Reader
from neuroloop.errors import NeuroLoopError
from tests.unit.calcium.audit.planted import planted

READER = Reader(
    widths=(4, 4), hidden_units=8, epochs=15, seeds=1, folds=3, learning_rate=0.003
).model_dump()


def significant(folder: Path, kind: str, *, light: float = 0.0) -> list[int]:
    """Whether surrogates are, with light before the stimulation by pattern."""
    session = planted(snr=10.0).each(lambda f, code: f * (1 + light * code), -5, -3)
    with session.store(folder) as store:
        rows, refused = read_surrogates(
            store, session.cells, READER, kind, 4, 1, torch.device("cpu"), members_at_once=12
        )
    assert not refused
    assert [row["surrogate"] for row in rows] == [0, 1, 2, 3]
    assert all(0 < float(str(row["p"])) <= 1 for row in rows)
    return [int(str(row["significant"])) for row in rows]


@pytest.mark.parametrize("kind", [DEALT, BEFORE])
def test_nothing_is_read_from_surrogates_of_sound_movies(tmp_path: Path, kind: str) -> None:
    assert sum(significant(tmp_path, kind)) <= 1


def test_light_before_the_stimulation_is_read(tmp_path: Path) -> None:
    assert sum(significant(tmp_path, BEFORE, light=0.3)) >= 3


def test_frames_that_are_not_kept_are_told(tmp_path: Path) -> None:
    session = planted()
    with session.store(tmp_path) as store:
        store.rows = store.rows[store.rows["kind"] == "stimulated"].reset_index(drop=True)
        with pytest.raises(NeuroLoopError, match="frames: control to 1"):
            read_surrogates(store, session.cells, READER, BEFORE, 1, 1, torch.device("cpu"))


def test_a_surrogate_that_is_refused_voids_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, drawn = planted(snr=10.0), module._drawn
    numbers = iter(range(4))

    def refuse_the_third(*arguments):
        if next(numbers) == 2:
            raise NeuroLoopError("100 draws of patterns leave folds without a trial to test")
        return drawn(*arguments)

    device = torch.device("cpu")
    with session.store(tmp_path) as store:
        all_of_them, _ = read_surrogates(
            store, session.cells, READER, DEALT, 4, 1, device, members_at_once=12
        )
        monkeypatch.setattr(module, "_drawn", refuse_the_third)
        rows, refused = read_surrogates(
            store, session.cells, READER, DEALT, 4, 1, device, members_at_once=12
        )
    assert refused == {2: "100 draws of patterns leave folds without a trial to test"}
    assert [row["surrogate"] for row in rows] == [0, 1, 3]
    assert rows[0] == all_of_them[0]
