"""Students by names that a reader understands."""

from pathlib import Path

import pytest

from neuroloop.distill.student_title import student_title

FOLDER = "results/distill/faces"


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("reference/none/small", "Student taught by labels alone (faces, small)"),
        ("reference/random/small", "Student taught by random soft labels (faces, small)"),
        ("reference/other/small", "Student taught by other (faces, small)"),
        ("S1/HVC/ridge/brain/small", "Student taught by S1's HVC, decoder ridge (faces, small)"),
        (
            "S1/HVC/ridge/smooth/small",
            "Student taught by labels smoothed as S1's HVC are, decoder ridge (faces, small)",
        ),
        ("S1/V1/svm/mine/small", "Student taught by mine of S1's V1, decoder svm (faces, small)"),
        ("cnn/small", "CNN teacher of faces (small)"),
    ],
)
def test_a_student_is_named_by_its_teacher(path, title):
    assert student_title(Path(f"{FOLDER}/{path}/model.json")) == title


def test_a_student_of_another_place_is_called_by_its_folders():
    path = Path("results/audit/distill/faces/S1/small/model.json")
    assert student_title(path) == "Student distill-faces-S1-small"
