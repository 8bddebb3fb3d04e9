"""NIfTI files are read whole, to their checksum, or refused in one line."""

import bz2
import gzip
import struct

import nibabel
import numpy as np
import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.fmri.nifti_files import open_image, read_values

DATA = np.random.default_rng(0).normal(100, 1, (3, 3, 2, 5)).astype(np.float32)


def save(path, data=DATA, kind=nibabel.Nifti1Image):
    nibabel.save(kind(data, np.diag([3.0, 3, 3, 1])), path)
    return path


def read(path, dimensions=4):
    return read_values(path, open_image(path, dimensions), dimensions)


def refused(path, dimensions=4) -> str:
    with pytest.raises(NeuroLoopError) as error:
        read(path, dimensions)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nii.bz2", ".img"])
@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
def test_images_that_are_whole(tmp_path, suffix, kind):
    kind = {".img": nibabel.Nifti1Pair}.get(suffix, kind)
    np.testing.assert_array_equal(read(save(tmp_path / f"a{suffix}", kind=kind)), DATA)


def test_every_flipped_bit_of_the_values_is_noticed(tmp_path):
    """Of a stored stream, in which flips decompress to other numbers without an error."""
    path = save(tmp_path / "a.nii")
    packed = gzip.compress(path.read_bytes(), 0)
    for place in (400, 500, len(packed) - 20, len(packed) - 8, len(packed) - 3):
        flipped = bytearray(packed)
        flipped[place] ^= 4
        bad = tmp_path / "bad.nii.gz"
        bad.write_bytes(flipped)
        assert "is damaged or not a NIfTI image" in refused(bad)
    plain = bytearray(path.read_bytes())
    packed = bytearray(bz2.compress(bytes(plain)))
    packed[len(packed) // 2] ^= 1
    (tmp_path / "bad.nii.bz2").write_bytes(packed)
    assert "is damaged" in refused(tmp_path / "bad.nii.bz2")


@pytest.mark.parametrize("packed", [False, True])
def test_too_few_and_too_many_bytes(tmp_path, packed):
    whole = save(tmp_path / "a.nii").read_bytes()
    path = tmp_path / ("b.nii.gz" if packed else "b.nii")

    def write(content):
        path.write_bytes(gzip.compress(content) if packed else content)

    write(whole)
    np.testing.assert_array_equal(read(path), DATA)
    write(whole[:-1])
    assert "it is truncated" in refused(path)
    write(whole + b"\0")
    assert "it goes on after the 712 bytes that its header states" in refused(path)
    if packed:
        path.write_bytes(gzip.compress(whole) + b"surplus")
        assert "is damaged" in refused(path)


def test_a_header_that_states_a_huge_image(tmp_path):
    path = save(tmp_path / "a.nii")
    content = bytearray(path.read_bytes())
    content[40:56] = struct.pack("<8h", 4, 30000, 30000, 300, 30, 1, 1, 1)
    path.write_bytes(content)
    assert "states 30000 x 30000 x 300 x 30 values" in refused(path)
    packed = tmp_path / "a.nii.gz"
    packed.write_bytes(gzip.compress(bytes(content)))
    assert "states 30000 x 30000 x 300 x 30 values" in refused(packed)


def test_complex_numbers_and_colours(tmp_path):
    assert "complex numbers (complex64), not a BOLD run: save their magnitude" in refused(
        save(tmp_path / "c.nii", DATA.astype(np.complex64))
    )
    colours = np.zeros((3, 3, 2, 5), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    assert "holds colours, not numbers" in refused(save(tmp_path / "rgb.nii", colours))
    assert "holds colours" in refused(save(tmp_path / "mask.nii", colours[..., 0]), 3)


@pytest.mark.parametrize(
    ("slope", "inter", "want"), [(0, 5, DATA), (np.nan, np.nan, DATA), (2, 1, 2 * DATA + 1)]
)
def test_scaling_by_the_standard(tmp_path, slope, inter, want):
    path = save(tmp_path / "a.nii")
    content = bytearray(path.read_bytes())
    content[112:120] = struct.pack("<2f", slope, inter)
    path.write_bytes(content)
    np.testing.assert_allclose(read(path), want, rtol=1e-6)


def test_dimensions(tmp_path):
    mask = DATA[..., :1]
    image = nibabel.Nifti1Image(mask, np.eye(4))
    assert image.shape == (3, 3, 2, 1)
    nibabel.save(image, tmp_path / "mask.nii")
    np.testing.assert_array_equal(read(tmp_path / "mask.nii", 3), mask[..., 0])
    assert "has 4 dimensions (3 x 3 x 2 x 5), 3 are needed (a mask)" in refused(
        save(tmp_path / "a.nii"), 3
    )
    np.testing.assert_array_equal(read(save(tmp_path / "five.nii", DATA[..., None])), DATA)
    assert "has 5 dimensions" in refused(save(tmp_path / "v.nii", DATA[:, :, :, None]))


def test_an_image_without_positions(tmp_path):
    path = save(tmp_path / "a.nii")
    content = bytearray(path.read_bytes())
    content[280:328] = b"\0" * 48  # srow_x, srow_y, srow_z
    path.write_bytes(content)
    assert "states no positions of its voxels" in refused(path)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("lh.V1.func.gii", "a GIFTI surface file"),
        ("lh.V1.label.gii", "give the volume that it was projected from"),
        ("rest.dtseries.nii", "a CIFTI file"),
        ("V1.dlabel.nii", "wb_command -cifti-separate"),
        ("V1.mgz", "mri_convert"),
        ("lh.V1.label", "mri_label2vol"),
        ("bold+orig.HEAD", "3dAFNItoNIFTI"),
        ("1.dcm", "dcm2niix"),
    ],
)
def test_other_formats_are_told_as_what_they_are(tmp_path, name, said):
    (tmp_path / name).write_bytes(b"anything")
    assert said in refused(tmp_path / name, 3)


def test_another_format_by_its_content(tmp_path):
    nibabel.save(nibabel.AnalyzeImage(DATA, np.eye(4)), tmp_path / "a.img")
    assert "convert it to NIfTI" in refused(tmp_path / "a.img")
    (tmp_path / "b.nii").write_text("<?xml version='1.0'?><GIFTI/>")
    assert "is damaged or not a NIfTI image" in refused(tmp_path / "b.nii")
    assert "is missing: put the image there" in refused(tmp_path / "none.nii")
