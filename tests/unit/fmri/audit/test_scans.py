"""Each leak is planted in the files of a scan, and found; nothing is found in clean ones."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.fmri.audit import label_times, leaks, sides, subject
from neuroloop.fmri.audit.motion import motion_of
from tests import scans
from tests.scans import Study, study
from tests.unit.fmri.audit.subjects import audit_scan, found

#: What spoils a study, and the check that has to see it. Others may see it too.
LEAKS = [
    (scans.same_order, leaks.TIME),
    (scans.class_motion, leaks.MOTION),
    (scans.class_outside, leaks.OUTSIDE),
    (scans.class_brightness, leaks.GLOBAL),
    (scans.class_before, leaks.REST),
    (scans.copied_run, sides.COPIES),
    (scans.filled_in, sides.VOLUMES),
    (scans.scaled_over_all, subject.TOGETHER),
    (scans.scaled_by_class, subject.BY_CLASS),
]


@pytest.mark.parametrize("unit", ["block", "volume"])
def test_nothing_is_found_in_clean_scans(tmp_path: Path, unit: str) -> None:
    for seed in (1, 2):
        checks, not_done = audit_scan(study(seed), tmp_path / str(seed), unit)
        assert found(checks) == set()
        assert not not_done
        assert {check.name for check in checks} >= {name for _, name in LEAKS}
        assert all(check.told and not check.remedy for check in checks)


@pytest.mark.long
def test_nothing_is_found_in_many_clean_scans(tmp_path: Path) -> None:
    for seed in range(40):
        assert found(audit_scan(study(seed), tmp_path / "one")[0]) == set(), seed


@pytest.mark.parametrize(("spoil", "name"), LEAKS, ids=lambda each: getattr(each, "__name__", ""))
def test_a_planted_leak_is_found(tmp_path: Path, spoil: Callable[[Study], None], name: str) -> None:
    made = study(3)
    spoil(made)
    checks, _ = audit_scan(made, tmp_path)
    assert name in found(checks)
    assert all(check.remedy for check in checks if check.found)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_strong_responses_are_not_read_before_their_onset(tmp_path: Path, seed: int) -> None:
    """Taking slow fluctuations out of whole runs would spread them there."""
    assert found(audit_scan(study(seed, signal=40.0), tmp_path)[0]) == set()


def test_onsets_that_are_told_late_are_found(tmp_path: Path) -> None:
    """By four volumes, so that responses begin in what is called rest."""
    made = study(6, signal=20.0)
    made.runs = [np.concatenate([data[..., 4:], data[..., :4]], axis=3) for data in made.runs]
    assert leaks.REST in found(audit_scan(made, tmp_path)[0])


@pytest.mark.parametrize("count", [2, -3])
def test_labels_that_are_volumes_late_or_early_are_found(tmp_path: Path, count: int) -> None:
    made = study(6)
    made.runs = [np.roll(data, -count, axis=3) for data in made.runs]
    checks, _ = audit_scan(made, tmp_path)
    (shifted,) = (check for check in checks if check.name == label_times.SHIFTED)
    assert shifted.found
    assert f"under labels {-count:+d} volumes ({-2 * count:+d} s) from there" in shifted.told


def test_motion_with_one_class_of_four_is_found_and_the_class_named(tmp_path: Path) -> None:
    made = study(7)
    for run, data in enumerate(made.runs):
        place = np.zeros((3, data.shape[3]))
        place[1] = 0.15 * (scans.labelled(made, run) == 2)
        made.runs[run] = scans.moved(data, place)
    checks, _ = audit_scan(made, tmp_path)
    (motion,) = (check for check in checks if check.name == leaks.MOTION)
    assert motion.found
    assert f"blocks of {scans.CLASSES[2]} are told from all others" in motion.told


def test_a_single_voxel_outside_the_brain_is_found(tmp_path: Path) -> None:
    made = study(8)
    for run, data in enumerate(made.runs):
        data[0, 0, 0] += 8.0 * (scans.labelled(made, run) + 1)
    assert leaks.OUTSIDE in found(audit_scan(made, tmp_path)[0])


def test_motion_is_read_from_tables_of_confounds(tmp_path: Path) -> None:
    """Where each run has one, as fMRIPrep names it; a table of another length is refused."""
    made = study(4)
    tables = []
    for run in range(len(made.runs)):
        moves = made.generator.normal(0, 0.02, (made.runs[run].shape[3], 6))
        moves[:, 1] += 0.2 * scans.labelled(made, run)
        header = "trans_x\ttrans_y\ttrans_z\trot_x\trot_y\trot_z\n"
        lines = ["\t".join(f"{value:.5f}" for value in row) for row in moves]
        name = f"sub-01_task-see_run-{run + 1}_desc-confounds_timeseries.tsv"
        tables.append(tmp_path / name)
        tables[-1].write_text(header + "\n".join(lines) + "\n")
    checks, _ = audit_scan(made, tmp_path)
    assert found(checks) == {leaks.MOTION}
    (motion,) = (check for check in checks if check.name == leaks.MOTION)
    assert "tables of confounds" in motion.told
    tables[2].write_text(header + lines[0] + "\n")
    with pytest.raises(NeuroLoopError, match="has 1 rows, its image 70 volumes"):
        audit_scan(made, tmp_path)


def test_what_a_scan_does_not_have_is_told(tmp_path: Path) -> None:
    """No air around the brain, and none at the edges: every voxel is of the region."""
    made = study(5)
    made.region[:] = True
    made.runs = [data + 1000 for data in made.runs]
    checks, not_done = audit_scan(made, tmp_path)
    assert [sentence for sentence in not_done if leaks.OUTSIDE in sentence]
    assert leaks.OUTSIDE not in {check.name for check in checks}


def test_motion_is_estimated_as_it_was() -> None:
    """A smooth image, moved along an axis and turned about another, against the truth."""
    grid = np.indices((16, 16, 16)) - 7.5
    truth = np.linspace(-0.2, 0.2, 9)

    def image(place: np.ndarray) -> np.ndarray:
        x, y, z = place
        return np.exp(-(x**2) / 20 - (y - 1) ** 2 / 12 - z**2 / 30) + 0.5 * np.exp(
            -((x - 3) ** 2 + (y + 3) ** 2 + (z - 2) ** 2) / 8
        )

    everywhere = np.ones((16, 16, 16), dtype=bool)
    for axis in range(3):
        away = np.eye(3)[axis][:, None, None, None]
        course = np.stack([image(grid - step * away) for step in truth], axis=3)
        estimate = motion_of(course, everywhere)
        np.testing.assert_allclose(estimate[:, axis], truth, atol=0.01)
        np.testing.assert_allclose(np.delete(estimate[:, :6], axis, axis=1), 0, atol=0.01)
    angles = truth / 4
    turned = [
        np.stack([c * grid[0] + s * grid[1], -s * grid[0] + c * grid[1], grid[2]])
        for c, s in zip(np.cos(angles), np.sin(angles), strict=True)
    ]
    estimate = motion_of(np.stack([image(place) for place in turned], axis=3), everywhere)
    assert abs(np.corrcoef(estimate[:, 3], angles)[0, 1]) > 0.999
    assert abs(np.polyfit(angles, estimate[:, 3], 1)[0]) == pytest.approx(1, abs=0.05)
