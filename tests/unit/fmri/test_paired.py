"""Voxels paired with images in one file."""

import numpy as np
import pandas as pd
import pytest
from scipy.io import savemat
from skimage.transform import resize
from sklearn.datasets import load_digits

from neuroloop.errors import NeuroLoopError
from neuroloop.files.intake import Intake
from neuroloop.fmri.bdata import read_bdata, write_bdata
from neuroloop.fmri.paired import read_paired
from neuroloop.fmri.stimuli import list_stimuli

KEYS = {
    "voxels": ["xTrain", "xTest"],
    "images": ["iTrain", "iTest"],
    "labels": ["lTrain", "lTest"],
    "image_shape": (2, 3),
    "image_order": "F",
    "label_names": {"1": "six", "2": "nine"},
}
VOXELS = np.arange(20.0).reshape(5, 4)
IMAGES = np.arange(30, dtype=np.uint8).reshape(5, 2, 3)
LABELS = np.array([[1], [2], [2], [1], [2]], dtype=np.uint8)


def variables() -> dict[str, np.ndarray]:
    """Three training and two test trials, images flattened along columns as in MATLAB."""
    flat = np.stack([image.ravel(order="F") for image in IMAGES])
    return {
        "xTrain": VOXELS[:3],
        "xTest": VOXELS[3:],
        "iTrain": flat[:3],
        "iTest": flat[3:],
        "lTrain": LABELS[:3],
        "lTest": LABELS[3:],
    }


@pytest.fixture
def path(tmp_path):
    savemat(tmp_path / "d.mat", variables())
    return tmp_path / "d.mat"


def refused(path, changed=None, **options) -> str:
    if changed is not None:
        savemat(path, variables() | changed)
    with pytest.raises(NeuroLoopError) as error:
        read_paired(path, **(KEYS | options))
    assert "\n" not in str(error.value)
    assert str(path) in str(error.value)
    return str(error.value)


def test_rows_are_joined_in_the_order_of_the_names(path):
    brain, images = read_paired(path, **KEYS)
    np.testing.assert_array_equal(brain.voxels, VOXELS)
    np.testing.assert_array_equal(images, IMAGES)
    assert images.dtype == np.uint8
    assert brain.rows["category"].tolist() == ["six", "nine", "nine", "six", "nine"]
    assert brain.rows["stimulus_id"].tolist() == [f"trial00{n}" for n in range(1, 6)]
    assert set(brain.rows["run"]) == {"training-1"}
    assert brain.rows["block"].is_unique
    assert brain.rois["all"].all()


def test_other_order_of_names_is_another_order_of_rows(path):
    turned = KEYS | {name: KEYS[name][::-1] for name in ("voxels", "images", "labels")}
    brain, images = read_paired(path, **turned)
    np.testing.assert_array_equal(brain.voxels, VOXELS[[3, 4, 0, 1, 2]])
    np.testing.assert_array_equal(images, IMAGES[[3, 4, 0, 1, 2]])


def test_numpy_file_with_images_in_rows_is_the_same(tmp_path, path):
    np.savez(tmp_path / "d.npz", x=VOXELS, i=IMAGES / 255, l=["six", "nine", "nine", "six", "nine"])
    brain, images = read_paired(
        tmp_path / "d.npz",
        voxels=["x"],
        images=["i"],
        labels=["l"],
        image_shape=(2, 3),
        back_to_back="trials",
    )
    other, _ = read_paired(path, **KEYS)
    pd.testing.assert_frame_equal(brain.rows, other.rows)
    # Up to 29 / 255: taken for values from 0 to 1.
    np.testing.assert_array_equal(images, IMAGES)


def test_runs_may_be_known(path):
    savemat(path, variables() | {"r": np.array([[1.0, 1, 2, 2, 2]]).T})
    rows = read_paired(path, runs=["r"], **KEYS)[0].rows
    assert rows["run"].tolist() == ["training-1"] * 2 + ["training-2"] * 3


def test_rows_back_to_back_are_trials_where_that_is_said(path):
    told = Intake()
    brain, _ = read_paired(path, **KEYS, back_to_back="trials", intake=told)
    assert brain.rows["block"].tolist() == [f"training-1-{row}" for row in range(1, 6)]
    assert "each row is a trial of its own, as paired.back_to_back says" in told.recognised


def test_rows_that_are_sorted_by_category_are_trials_unless_runs_are_named(path):
    """Each variable is sorted: sixes, then nines."""
    changed = {"lTrain": np.array([[1], [1], [2]]), "lTest": np.array([[1], [2]])}
    savemat(path, variables() | changed | {"r": np.ones((5, 1))})
    told = Intake()
    assert read_paired(path, **KEYS, intake=told)[0].rows["block"].is_unique
    assert any(text.startswith("rows are sorted by category") for text in told.recognised)
    assert read_paired(path, **KEYS, runs=["r"])[0].rows["block"].nunique() == 4
    assert read_paired(path, **KEYS, back_to_back="block")[0].rows["block"].nunique() == 4


@pytest.mark.parametrize("last", [np.nan, np.inf])
def test_a_trial_without_a_run_is_refused(path, last):
    line = refused(path, {"r": np.array([[1.0, 1, 2, last, 2]]).T}, runs=["r"])
    assert f"r: row 4 has no run ({last:g})" in line


def repeated() -> dict[str, np.ndarray]:
    """The third trial shows the image of the second, the fifth that of the first."""
    flat = np.stack([IMAGES[place].ravel(order="F") for place in (0, 1, 1, 3, 0)])
    labels = np.array([[1], [2], [2], [1], [1]], dtype=np.uint8)
    return {"iTrain": flat[:3], "iTest": flat[3:], "lTrain": labels[:3], "lTest": labels[3:]}


def test_images_with_equal_pixels_are_one_stimulus(path):
    savemat(path, variables() | repeated())
    brain, images = read_paired(path, **KEYS)
    shown = ["trial001", "trial002", "trial002", "trial004", "trial001"]
    assert brain.rows["stimulus_id"].tolist() == shown
    np.testing.assert_array_equal(images, IMAGES[[0, 1, 1, 3, 0]])
    # Listed once each, and held out whole: of two sixes the last.
    stimuli = list_stimuli([brain.rows], 0)
    assert stimuli["stimulus_id"].tolist() == ["trial002", "trial001", "trial004"]
    six = brain.rows[brain.rows["category"] == "six"]
    assert list_stimuli([six], 1)["held_out"].tolist() == [0, 1]


def test_one_image_under_two_labels_is_refused(path):
    broken = repeated() | {"lTest": np.array([[1], [2]], dtype=np.uint8)}
    line = refused(path, broken)
    assert "rows 1 and 5 show one image, which is labelled six and nine" in line


def test_round_trip_through_bdata(path, tmp_path):
    brain, _ = read_paired(path, **KEYS)
    write_bdata(tmp_path / "b.h5", brain, "trial")
    pd.testing.assert_frame_equal(read_bdata(tmp_path / "b.h5").rows, brain.rows)


def test_missing_variable_lists_those_there_are(path):
    line = refused(path, voxels=["fmri", "xTest"])
    assert "has no variable fmri: it has iTest, iTrain, lTest, lTrain, xTest, xTrain" in line


def test_rows_must_pair(path):
    assert "xTrain, xTest have 5 rows, lTrain, lTest 4" in refused(path, {"lTest": LABELS[:1]})
    assert "xTrain, xTest have 5 rows, iTrain, iTest 4" in refused(path, {"iTest": np.ones((1, 6))})


def test_variables_pair_one_by_one_not_in_sum_alone(path):
    line = refused(path, images=["iTest", "iTrain"])
    assert "xTrain has 3 rows, iTest 2" in line
    assert "xTrain has 3 rows, lTest 2" in refused(path, labels=["lTest", "lTrain"])
    # One variable may hold the trials of several.
    savemat(path, variables() | {"l": LABELS})
    read_paired(path, **(KEYS | {"labels": ["l"]}))


def test_images_must_have_their_shape(path):
    assert "images of shape (6,), image_shape is 2 x 4" in refused(path, image_shape=(2, 4))


def test_joined_variables_must_fit(path):
    assert "cannot be joined" in refused(path, {"xTest": np.ones((2, 7))})


def test_labels_must_be_one_a_trial_and_named(path):
    assert "one value per trial" in refused(
        path, {"lTrain": np.ones((3, 2)), "lTest": np.ones((2, 2))}
    )
    assert "label 7 has no name" in refused(path, {"lTest": np.array([[1.0], [7.0]])})


def test_nan_voxels(path):
    broken = VOXELS[3:].copy()
    broken[1, 2] = np.nan
    assert "1 NaN or infinite values in 1 voxels, in 1 rows (s000004)" in refused(
        path, {"xTest": broken}
    )


def test_images_must_be_grey_values(path):
    assert "outside 0 to 255" in refused(path, {"iTest": np.full((2, 6), 300.0)})


def fractions(highest: float) -> np.ndarray:
    """Images as `IMAGES`, from 0 to `highest` of 1."""
    return IMAGES.reshape(5, 6) / IMAGES.max() * highest


@pytest.mark.parametrize(("lowest", "highest"), [(0.0, 1.0000001), (-1e-9, 1.0), (-5e-4, 1.0005)])
def test_fractions_of_white_may_lie_beside_0_and_1_by_rounding(path, lowest, highest):
    pixels = fractions(1.0)
    pixels[0, 0], pixels[-1, -1] = lowest, highest
    flat = pixels.reshape(5, 2, 3).transpose(0, 2, 1).reshape(5, 6)
    savemat(path, variables() | {"iTrain": flat[:3], "iTest": flat[3:]})
    _, images = read_paired(path, **KEYS)
    np.testing.assert_array_equal(images, np.rint(IMAGES / 29 * 255))


@pytest.mark.parametrize("highest", [1.01, 1.5, 10.5])
def test_fractions_that_reach_neither_1_nor_far_into_255_are_refused(path, highest):
    pixels = fractions(highest)
    line = refused(path, {"iTrain": pixels[:3], "iTest": pixels[3:]})
    assert f"fractions up to {highest:g}: neither 0 to 1 nor 0 to 255" in line
    assert "store them as one of these" in line


def test_images_of_two_scales_are_refused(path):
    line = refused(path, {"iTest": fractions(1.0)[3:]})
    assert "row 4 has fractions up to" in line
    assert "other rows values up to 17: store all from 0 to 1 or from 0 to 255" in line


def test_grey_values_may_be_whole_and_low_or_fractions(path):
    for values in (IMAGES.reshape(5, 6) // 2, fractions(200.0), np.ones((5, 6)) * 16):
        tags = np.ones((5, 1))
        changed = {"iTrain": values[:3], "iTest": values[3:], "lTrain": tags[:3], "lTest": tags[3:]}
        savemat(path, variables() | changed)
        _, images = read_paired(path, **KEYS)
        assert images.max() == round(values.max())


def test_broken_files(tmp_path, path):
    assert "is missing" in refused(tmp_path / "no.mat")
    path.write_bytes(path.read_bytes()[:150])
    assert "damaged or not a .mat" in refused(path)
    (tmp_path / "d.npz").write_bytes(b"PK")
    assert "not a .mat or .npz file" in refused(tmp_path / "d.npz")


def test_real_digits(data_folder):
    path = data_folder / "digits69" / "digit69_28x28.mat"
    if not path.is_file():
        pytest.skip(f"real data: {path} is missing")
    brain, images = read_paired(
        path,
        voxels=["fmriTrn", "fmriTest"],
        images=["stimTrn", "stimTest"],
        labels=["labelTrn", "labelTest"],
        image_shape=(28, 28),
        image_order="F",
        label_names={"1": "six", "2": "nine"},
    )
    assert brain.voxels.shape == (100, 3092)
    assert brain.rows["category"].value_counts().to_dict() == {"six": 50, "nine": 50}
    # Upright and not mirrored, they look like the sixes and nines of scikit-learn.
    digits = load_digits()
    small = resize(images / 255, (100, 8, 8), anti_aliasing=True).reshape(100, 64)
    means = np.stack([digits.data[digits.target == digit].mean(axis=0) for digit in (6, 9)])
    alike = np.corrcoef(small, means)[:100, 100:]
    six = (brain.rows["category"] == "six").to_numpy()
    assert ((alike[:, 0] > alike[:, 1]) == six).mean() > 0.8


def trials(repeats: int = 1) -> dict[str, np.ndarray]:
    """Four images, each shown again and again."""
    shown = np.random.default_rng(0).integers(0, 256, (4, 2, 3, 3)).astype(np.uint8)
    return {
        "x": np.random.default_rng(1).normal(size=(4 * repeats, 5)),
        "i": np.tile(shown, (repeats, 1, 1, 1)),
        "l": np.tile([1, 2], 2 * repeats),
        "s": np.tile([11.0, 12, 13, 14], repeats),
    }


COLOUR = {"voxels": ["x"], "images": ["i"], "labels": ["l"], "image_shape": (2, 3, 3)}


def test_ids_of_images_are_those_of_the_file(tmp_path):
    np.savez(tmp_path / "d.npz", **trials(3))
    brain, _ = read_paired(tmp_path / "d.npz", **COLOUR, stimulus_id=["s"])
    assert brain.rows["stimulus_id"].tolist() == ["11", "12", "13", "14"] * 3
    same, _ = read_paired(tmp_path / "d.npz", **COLOUR)
    assert same.rows["stimulus_id"].tolist() == [f"trial00{n}" for n in (1, 2, 3, 4)] * 3


@pytest.mark.parametrize(
    ("row", "value", "said"),
    [
        (4, 15, "rows 1 and 5 show one image, under the ids 11 and 15"),
        (2, 11, "rows 1 and 3 have one id, 11, and show different images"),
        (3, np.nan, "row 4 has no id"),
    ],
)
def test_ids_that_tell_other_images_apart_than_pixels_do_are_refused(tmp_path, row, value, said):
    given = trials(2)
    given["s"][row] = value
    np.savez(tmp_path / "d.npz", **given)
    with pytest.raises(NeuroLoopError, match=said):
        read_paired(tmp_path / "d.npz", **COLOUR, stimulus_id=["s"])


def test_colour_images_keep_their_channels(tmp_path):
    given = trials()
    flat = given["i"].reshape(4, -1)
    as_matlab = np.stack([image.ravel(order="F") for image in given["i"]])
    for images, order in ((given["i"], "C"), (flat, "C"), (as_matlab, "F")):
        np.savez(tmp_path / "d.npz", **given | {"i": images})
        _, read = read_paired(tmp_path / "d.npz", **COLOUR, image_order=order)
        np.testing.assert_array_equal(read, given["i"])
    with pytest.raises(NeuroLoopError, match=r"image_shape is 2 x 3: fix the key .* 3 for colour"):
        read_paired(tmp_path / "d.npz", **COLOUR | {"image_shape": (2, 3)})


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"x": np.float64(3)}, "x is a single value"),
        ({"i": np.full((4, 2, 3, 3), "a")}, "not grey values"),
        ({"l": np.array(["a", 2, 3, "b"], dtype=object)}, "l is a cell, struct or object array"),
    ],
)
def test_variables_of_another_kind_are_one_line(tmp_path, changed, said):
    path = tmp_path / ("d.mat" if "l" in changed else "d.npz")
    if "l" in changed:
        savemat(path, trials() | changed)
    else:
        np.savez(path, **trials() | changed)
    with pytest.raises(NeuroLoopError, match=said):
        read_paired(path, **COLOUR)


def test_lists_may_lie_along_rows_as_matlab_stores_them(tmp_path):
    changed = {name: variables()[name].reshape(1, -1) for name in ("lTrain", "lTest")}
    savemat(tmp_path / "d.mat", variables() | changed)
    brain, _ = read_paired(tmp_path / "d.mat", **KEYS)
    assert brain.rows["category"].tolist() == ["six", "nine", "nine", "six", "nine"]


def test_what_is_taken_of_images_is_told(path):
    for scale, white in ((1, 255), (1 / 255, 1)):
        intake = Intake()
        changed = {name: variables()[name] * scale for name in ("iTrain", "iTest")}
        savemat(path, variables() | changed)
        read_paired(path, **KEYS, intake=intake)
        assert intake.recognised[0].startswith(f"iTrain, iTest: {white} is white")
        assert intake.recognised[1] == "5 images in 5 trials, since equal pixels are one"


def test_categories_that_differ_in_spelling_alone_are_refused(tmp_path):
    names = np.array(["cat", "dog", "Cat ", "dog", "cat"])
    arrays = {"x": VOXELS, "i": IMAGES, "l": names}
    np.savez(tmp_path / "d.npz", **arrays)
    keys = {"voxels": ["x"], "images": ["i"], "labels": ["l"], "image_shape": (2, 3)}
    with pytest.raises(NeuroLoopError, match="categories 'cat' and 'Cat ' differ only in"):
        read_paired(tmp_path / "d.npz", **keys)
