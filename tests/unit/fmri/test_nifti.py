"""BOLD images to labelled samples, on small images with known content."""

import gzip
import logging

import nibabel
import numpy as np
import pytest
from scipy.signal import detrend
from scipy.stats import zscore

from neuroloop.errors import NeuroLoopError
from neuroloop.files.intake import Intake
from neuroloop.fmri.masks import Region
from neuroloop.fmri.nifti import SAMPLED, read_runs
from neuroloop.fmri.nifti_region import read_region
from neuroloop.fmri.scan import Scan

SHAPE = (4, 3, 2)
VOLUMES = 24
TR = 2.5
#: x runs to the left, as in most scanners: voxel 0 is at 5.5 mm, voxel 3 at -3.5 mm.
AFFINE = np.array([[-3.0, 0, 0, 5.5], [0, 3, 0, -4], [0, 0, 4, 0], [0, 0, 0, 1]])
LABELS = ["rest"] * 2 + ["cat"] * 4 + ["dog"] * 5 + ["rest"] * 3 + ["cat"] * 6 + ["rest"] * 4


def save(path, data, affine=AFFINE, tr=TR):
    image = nibabel.Nifti1Image(data.astype(np.float32), affine)
    if data.ndim == 4:
        image.header.set_zooms((3, 3, 4, tr))
        image.header.set_xyzt_units("mm", "sec")
    nibabel.save(image, path)
    return path


class Study:
    """Two runs in one folder: as two images with events, and as one with a label list."""

    def __init__(self, folder):
        generator = np.random.default_rng(0)
        drift = np.linspace(0, 5, VOLUMES)
        self.folder = folder
        self.data = [100 + drift + generator.standard_normal((*SHAPE, VOLUMES)) for _ in range(2)]
        self.mask = np.zeros(SHAPE)
        self.mask[:, :2] = 1
        self.write()

    def write(self):
        names = [self.folder / f"run{n}.nii.gz" for n in (1, 2)]
        self.bold = [save(path, data) for path, data in zip(names, self.data, strict=True)]
        self.both = [save(self.folder / "both.nii.gz", np.concatenate(self.data, axis=3))]
        self.masks = {"VT": Region(save(self.folder / "mask.nii.gz", self.mask))}
        self.events = []
        for n in (1, 2):
            self.events.append(self.folder / f"run{n}.tsv")
            rows = ["5\t10\tcat", "15\t12.5\tdog", "35\t15\tcat"]
            text = "\n".join(["onset\tduration\ttrial_type", *rows])
            self.events[-1].write_text(text + "\n")
        self.list = self.folder / "labels.txt"
        self.list.write_text("".join(f"{name} {n}\n" for n in (1, 2) for name in LABELS))

    def read(self, **options):
        return read_runs(self.bold, self.events, "events", self.masks, TR, **options)[0]

    def refused(self, **options) -> str:
        with pytest.raises(NeuroLoopError) as error:
            self.read(**options)
        assert "\n" not in str(error.value)
        return str(error.value)


@pytest.fixture
def study(tmp_path) -> Study:
    return Study(tmp_path)


def expected(study: Study) -> np.ndarray:
    """Detrended and standardised by SciPy, voxels in C order."""
    runs = [data[study.mask > 0].T for data in study.data]
    clean = [zscore(detrend(np.float32(run).astype(float), axis=0), ddof=1) for run in runs]
    return np.concatenate(clean)


def test_each_run_is_detrended_and_standardised_before_rest_is_dropped(study):
    brain = study.read()
    shown = np.array(LABELS * 2) != "rest"
    np.testing.assert_allclose(brain.voxels, expected(study)[shown], atol=1e-5)
    assert brain.rows["category"].tolist() == [name for name in LABELS * 2 if name != "rest"]
    assert set(brain.rows["session"]) == {"training"}


def test_one_image_with_a_label_list_is_the_same(study):
    one, xyz, _ = read_runs(study.both, [study.list], "volumes", study.masks, TR)
    two = study.read()
    np.testing.assert_array_equal(one.voxels, two.voxels)
    assert one.rows.equals(two.rows)
    assert xyz.shape == (16, 3)


def test_run_names_in_another_order_do_not_move_rows(study):
    """nilearn's own handling of runs returns rows by sorted names."""
    study.list.write_text("".join(f"{name} {n}\n" for n in (10, 9) for name in LABELS))
    one, _, _ = read_runs(study.both, [study.list], "volumes", study.masks, TR)
    np.testing.assert_array_equal(one.voxels, study.read().voxels)
    assert list(dict.fromkeys(one.rows["run"])) == ["training-10", "training-9"]


def test_block_is_a_stretch_of_one_category_and_its_event_may_be_averaged(study):
    volumes, blocks = study.read(), study.read(unit="block")
    assert volumes.rows["block"].nunique() == 6
    assert blocks.rows["block"].tolist() == [f"training-{r}-{b}" for r in (1, 2) for b in (1, 2, 3)]
    assert blocks.rows["category"].tolist() == ["cat", "dog", "cat"] * 2
    groups = volumes.rows.groupby("block", sort=False).indices.values()
    means = np.stack([volumes.voxels[places].mean(axis=0) for places in groups])
    np.testing.assert_allclose(blocks.voxels, means, atol=1e-6)


@pytest.mark.parametrize("stimuli", [None, "aaabc"])
def test_every_event_gives_a_row_and_stays_in_the_block_of_its_category(study, stimuli):
    """Back to back, whether they name no image, the same one again or different ones."""
    for path in study.events:
        rows = ["5\t5\tcat", "10\t5\tcat", "15\t5\tcat", "25\t5\tcat", "30\t5\tdog"]
        header = "onset\tduration\ttrial_type"
        if stimuli:
            header += "\tstimulus_id"
            rows = [f"{row}\t{name}" for row, name in zip(rows, stimuli, strict=True)]
        path.write_text("\n".join([header, *rows]) + "\n")
    brain = study.read(unit="block")
    rows = brain.rows
    assert rows["stimulus_id"].tolist() == list(stimuli or ["cat"] * 4 + ["dog"]) * 2
    assert rows["category"].tolist() == (["cat"] * 4 + ["dog"]) * 2
    blocks = [f"training-{run}-{block}" for run in (1, 2) for block in (1, 1, 1, 2, 3)]
    assert rows["block"].tolist() == blocks
    assert rows["sample"].is_unique
    pairs = [slice(first, first + 2) for first in (2, 4, 6, 10, 12)]
    means = [
        expected(study)[run * VOLUMES :][pair].mean(axis=0) for run in (0, 1) for pair in pairs
    ]
    np.testing.assert_allclose(brain.voxels, means, atol=1e-5)
    # The volumes have the same blocks.
    volumes = study.read().rows
    assert volumes["block"].tolist() == [block for block in blocks for _ in (0, 1)]


def test_sides_follow_world_coordinates_not_array_order(study):
    path = study.masks["VT"].mask
    study.masks |= {side: Region(path, side) for side in ("left", "right")}
    brain, xyz, _ = read_runs(study.bold, study.events, "events", study.masks, TR)
    np.testing.assert_array_equal(brain.rois["left"], xyz[:, 0] < 0)
    np.testing.assert_array_equal(brain.rois["right"], xyz[:, 0] > 0)
    assert brain.rois["left"].sum() == 8
    assert set(xyz[:, 0]) == {5.5, 2.5, -0.5, -3.5}
    # With this affine the left half comes last in the array.
    assert brain.rois["left"].tolist() == [False] * 8 + [True] * 8


def test_voxels_are_those_of_any_region(study):
    other = np.zeros(SHAPE)
    other[0, 2] = 1
    study.masks["V1"] = Region(save(study.folder / "v1.nii.gz", other))
    brain = study.read()
    assert brain.voxels.shape[1] == 18
    assert {name: int(flags.sum()) for name, flags in brain.rois.items()} == {"VT": 16, "V1": 2}
    raw = study.data[0][(study.mask + other) > 0].T
    clean = zscore(detrend(np.float32(raw).astype(float), axis=0), ddof=1)
    shown = np.array(LABELS) != "rest"
    np.testing.assert_allclose(brain.voxels[: shown.sum()], clean[shown], atol=1e-5)


def test_shift_moves_labels_to_later_volumes(study):
    at = np.array(LABELS * 2)
    shown = np.roll(at != "rest", 1)
    np.testing.assert_allclose(study.read(shift=TR).voxels, expected(study)[shown], atol=1e-5)


def test_cleaning_can_be_left_out_or_added_to(study):
    shown = np.array(LABELS) != "rest"
    raw = study.read(detrend=False, standardise=False)
    one = np.float32(study.data[0][study.mask > 0].T[shown])
    np.testing.assert_allclose(raw.voxels[: shown.sum()], one, rtol=1e-6)
    slow = 10 * np.cos(np.pi * (np.arange(VOLUMES) + 0.5) / VOLUMES)
    smooth = study.read(high_pass=1 / 40)
    study.data = [data + slow for data in study.data]
    study.write()
    np.testing.assert_allclose(study.read(high_pass=1 / 40).voxels, smooth.voxels, atol=1e-3)


@pytest.mark.parametrize("cleaning", [{}, {"detrend": False, "high_pass": 1 / 40}])
def test_constant_voxels_become_zero_and_are_counted(study, caplog, cleaning):
    """Not so by themselves: the second cleaning leaves rounding, which the z-score blows up."""
    study.data[1][0, 0, 0] = 12345.678
    study.write()
    with caplog.at_level(logging.WARNING):
        brain = study.read(**cleaning)
    second = (brain.rows["run"] == "training-2").to_numpy()
    assert (brain.voxels[second, 0] == 0).all()
    assert (brain.voxels[~second, 0] != 0).any()
    assert "training-2: 1 voxels are constant" in caplog.text


def test_missing_and_truncated_images(study):
    study.bold[1].write_bytes(study.bold[1].read_bytes()[:-900])
    assert f"{study.bold[1]} is damaged or not a NIfTI image (Compressed" in study.refused()
    study.bold[1].write_bytes(gzip.compress(b"no image"))
    assert "not a NIfTI image" in study.refused()
    study.bold[1].unlink()
    assert f"{study.bold[1]} is missing" in study.refused()


def test_mask_of_another_grid(study):
    path = study.folder / "other.nii.gz"
    study.masks["VT"] = Region(save(path, np.ones((4, 3, 3))))
    assert f"{path} has the shape (4, 3, 3)" in study.refused()
    moved = AFFINE.copy()
    moved[0, 3] += 1
    save(path, study.mask, moved)
    assert "different affines" in study.refused()


def test_run_of_another_grid(study):
    save(study.bold[1], np.ones((4, 3, 3, VOLUMES)))
    assert f"{study.bold[1]} has the shape" in study.refused()


def test_number_of_dimensions(study):
    save(study.bold[0], np.ones(SHAPE))
    assert "has 3 dimensions (4 x 3 x 2), 4 are needed (a BOLD run)" in study.refused()


def test_label_count_must_agree(study):
    with pytest.raises(NeuroLoopError, match="labels 48 volumes, but the BOLD files have 24"):
        read_runs(study.bold[:1], [study.list], "volumes", study.masks, TR)


def test_nan_voxels_are_counted(study):
    study.data[0][0, 0, 0, 3:5] = np.nan
    study.write()
    assert "2 NaN or infinite values in 1 voxels" in study.refused()


def test_empty_masks(study):
    study.masks["V1"] = Region(save(study.folder / "v1.nii.gz", np.zeros(SHAPE)))
    assert "v1.nii.gz, region V1: no voxel is 1, the image holds 0 (24 voxels)" in study.refused()
    half = np.zeros(SHAPE)
    half[:2] = 1
    study.masks["V1"] = Region(save(study.folder / "v1.nii.gz", half), "left")
    assert "region V1: none of its voxels lies in the left hemisphere" in study.refused()


def test_masks_that_are_not_0_and_1_are_refused_or_chosen_from(study):
    """-1, 0 and 1 once were all inside but 0, and so was NaN."""
    atlas = np.where(study.mask == 1, 2.0, -1.0)
    atlas[0, 2] = np.nan
    path = save(study.folder / "atlas.nii.gz", atlas)
    study.masks["VT"] = Region(path)
    line = study.refused()
    assert (
        "holds 0 and 1 (NaN outside), but this one -1 (6 voxels), 2 (16 voxels): say which" in line
    )
    for choice in ({"label": 2}, {"threshold": 0.5}, {"label": 2, "hemisphere": "left"}):
        study.masks["VT"] = Region(path, **choice)
        brain, _, facts = read_runs(study.bold, study.events, "events", study.masks, TR)
        assert brain.voxels.shape[1] == (8 if "hemisphere" in choice else 16)
        assert facts["nan_in_masks"] == {"VT": 2}


def test_mask_with_a_single_volume_is_a_mask(study):
    mask = nibabel.Nifti1Image(study.mask[..., None].astype(np.uint8), AFFINE)
    assert mask.shape == (*SHAPE, 1)
    want = study.read().voxels
    nibabel.save(mask, study.masks["VT"].mask)
    np.testing.assert_array_equal(study.read().voxels, want)


def test_names_of_a_pair_must_agree(study):
    study.bold = [
        path.rename(path.with_name(f"sub-01_run-{n}_bold.nii.gz"))
        for n, path in enumerate(study.bold, start=1)
    ]
    study.events = [
        path.rename(path.with_name(f"sub-1_run-0{n}_events.tsv"))
        for n, path in enumerate(study.events, start=1)
    ]
    study.read()
    study.events.reverse()
    assert "by their names run is 1 here and 2 there" in study.refused()


@pytest.mark.parametrize("change", ["none", "spike", "same", "bytes", "cut", "scaled", "rounded"])
def test_one_run_given_twice_is_refused(study, change):
    """Half of the folds would test on what they learned: noise is decoded in full."""
    data = study.data[0]
    if change == "same":
        study.bold[1], study.events[1] = study.bold[0], study.events[0]
    elif change == "spike":  # the first volume of every run is bright before the steady state
        for path, run in zip(study.bold, study.data, strict=True):
            save(path, np.concatenate([1e4 + 0 * run[..., :1], run[..., 1:]], axis=3))
    elif change == "scaled":
        save(study.bold[1], (3 * data + 100).astype(np.float32))
    elif change == "rounded":
        save(study.bold[1], np.rint(data * 10).astype(np.int16))
    elif change != "none":
        save(study.bold[1], data[..., : 22 if change == "cut" else None])
    if change in ("none", "spike"):
        study.read()
    else:
        said = study.refused()
        assert "training-1" in said
        assert "training-2" in said
        assert str(study.bold[0]) in said
        assert said.endswith("list every run once")


def test_high_pass_in_seconds_is_refused(study):
    """128 s, as SPM has it, is far above the Nyquist frequency: no signal is left."""
    for high_pass in (128, 0.2):
        assert "in Hz, not in seconds: 1/128 is 0.0078" in study.refused(high_pass=high_pass)
    # 17 cosines and the mean of 24 volumes: 6 are left, or 5 if a line goes, too.
    study.read(high_pass=17 / 48 / TR + 1e-6, detrend=False)
    line = study.refused(high_pass=17 / 48 / TR + 1e-6)
    assert "training-1: of its 24 volumes 5 degrees of freedom are left" in line


def test_runs_too_short_to_be_cleaned_are_refused(study):
    study.data = [data[..., :6] for data in study.data]
    study.write()
    for path in study.events:
        path.write_text("onset\tduration\ttrial_type\n5\t5\tcat\n")
    assert "of its 6 volumes 4 degrees of freedom are left" in study.refused()
    study.read(detrend=False)


def test_a_voxel_that_is_a_line_becomes_zero_as_a_constant_one_does(study, caplog):
    study.data[1][0, 0, 0] = 100 + 0.1 * np.arange(VOLUMES)
    study.write()
    brain = study.read()
    second = (brain.rows["run"] == "training-2").to_numpy()
    assert (brain.voxels[second, 0] == 0).all()
    assert (brain.voxels[~second, 0] != 0).any()
    assert "training-2: 1 voxels are constant" in caplog.text


def test_events_shifted_out_of_the_run_are_counted_in_the_facts(study):
    _, _, facts = read_runs(study.bold, study.events, "events", study.masks, TR, shift=30)
    assert facts["events_without_volumes"] == 2
    _, _, facts = read_runs(study.both, [study.list], "volumes", study.masks, TR, shift=30)
    assert facts["events_without_volumes"] == 2


def test_nothing_but_rest(study):
    study.list.write_text("rest 1\n" * 2 * VOLUMES)
    with pytest.raises(NeuroLoopError, match="labels every volume rest"):
        read_runs(study.both, [study.list], "volumes", study.masks, TR)


def test_a_run_of_nan_and_a_region_that_never_changes_are_refused(study):
    measured = [data.copy() for data in study.data]
    study.data[1][:] = np.nan
    study.write()
    assert "training-2 holds nothing but NaN or infinite values" in study.refused()
    study.data[1] = np.zeros_like(measured[1])
    study.write()
    line = study.refused()
    assert "training-2: no voxel of region VT changes (16 voxels hold the value 0" in line
    other = np.zeros(SHAPE)
    other[0, 2] = 1
    study.data = [measured[0], measured[1].copy()]
    study.data[1][0, 2] = [[7], [8]]
    study.write()
    study.masks["V1"] = Region(save(study.folder / "v1.nii.gz", other))
    line = study.refused(detrend=False, standardise=False)
    assert "training-2: no voxel of region V1 changes (2 voxels hold one value a voxel" in line


def test_what_was_read_is_told(study):
    study.data[1][0, 0, 0] = 12345.678
    study.data[1][..., -3:] = 0
    study.data[1][0, 0, 0, -3:] = 12345.678
    study.write()
    intake = Intake()
    read_runs(study.bold, study.events, "events", study.masks, None, intake=intake)
    assert intake.recognised[:2] == [
        "TR 2.5 s, from the headers of the BOLD files",
        f"region VT: 16 of the 24 voxels of {study.masks['VT'].mask}",
    ]
    assert "region VT covers 16 of 24 voxels of the grid (67%)" in intake.warnings[0]
    assert intake.warnings[1:] == [
        "region VT: of 16 voxels some never change in a run (1 in training-2) and are 0 there"
    ]
    study.data[1][0, 0, 0, -3:] = 0
    study.write()
    read_runs(study.bold, study.events, "events", study.masks, None, intake=intake)
    assert (
        "training-2: 3 of 24 volumes are 0 throughout, the first is volume 22"
        in (intake.warnings[-1])
    )


def test_the_configs_repetition_time_wins(study):
    save(study.bold[1], study.data[1], tr=2.0)
    intake = Intake()
    want = study.read()
    found = read_runs(study.bold, study.events, "events", study.masks, TR, intake=intake)
    np.testing.assert_array_equal(found[0].voxels, want.voxels)
    assert set(found[2]["repetition_time"].values()) == {TR}
    assert f"repetition_time is 2.5 s, but {study.bold[1]} says 2 s" in intake.warnings[0]


def test_a_mask_of_another_subject_is_refused(study):
    study.bold = [path.rename(path.with_name(f"sub-01_{path.name}")) for path in study.bold]
    mask = study.masks["VT"].mask
    study.masks["VT"] = Region(mask.rename(mask.with_name("sub-02_mask.nii.gz")))
    assert "sub is 1 here and 2 there: give a mask of this subject" in study.refused()


def test_sides_of_an_image_without_orientation_are_told(study):
    for path in [*study.bold, study.masks["VT"].mask]:
        image = nibabel.load(path)
        made = nibabel.Nifti1Image(np.asarray(image.dataobj), None, image.header)
        made.header["sform_code"] = made.header["qform_code"] = 0
        nibabel.save(made, path)
    study.masks["left"] = Region(study.masks["VT"].mask, "left")
    intake = Intake()
    read_runs(study.bold, study.events, "events", study.masks, TR, intake=intake)
    assert any("states no orientation" in line for line in intake.warnings)


@pytest.mark.parametrize("unit", ["volume", "block"])
@pytest.mark.parametrize("high_pass", [None, 0.02])
def test_a_region_read_apart_has_the_bytes_that_all_regions_have(study, unit, high_pass):
    study.masks["left"] = Region(study.masks["VT"].mask, hemisphere="left")
    scan = Scan()
    options = {"unit": unit, "high_pass": high_pass}
    whole = study.read(**options)
    sampled = read_runs(study.bold, study.events, "events", {}, TR, scan=scan, **options)[0]
    assert sampled.rows.equals(whole.rows)
    for name, region in study.masks.items():
        found = read_region(study.bold, region, name, scan.volumes, **options)
        assert found.x.tobytes() == whole.voxels[:, whole.rois[name]].tobytes()
        assert found.voxels.series.shape == (2 * VOLUMES, found.x.shape[1])
        assert (np.ravel_multi_index(found.voxels.place.T, SHAPE) == found.voxels.voxel).all()


def test_without_regions_voxels_that_change_and_are_numbers_stand_for_all(study):
    study.data[0][0, 0, 0] = 5  # never changes
    study.data[0][1, 0, 0, 3] = np.nan
    study.data[1][2, 0, 0] = np.nan
    study.write()
    brain, xyz, facts = read_runs(study.bold, study.events, "events", {}, TR)
    assert brain.voxels.shape[1] == len(xyz) == np.prod(SHAPE) - 3
    assert list(brain.rois) == [SAMPLED]
    assert "nan_in_masks" not in facts
    study.data[0][:] = 3
    study.write()
    with pytest.raises(NeuroLoopError, match=r"run1.nii.gz: no voxel changes"):
        read_runs(study.bold, study.events, "events", {}, TR)


def test_images_that_grew_since_their_labels_were_read_are_refused(study):
    scan = Scan()
    read_runs(study.bold, study.events, "events", {}, TR, scan=scan)
    with pytest.raises(NeuroLoopError, match="have 48 volumes now, and had 47"):
        read_region(study.bold, study.masks["VT"], "VT", scan.volumes.iloc[1:])
