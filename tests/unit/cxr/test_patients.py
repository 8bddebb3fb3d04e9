"""Whose radiograph it is."""

import pytest

from neuroloop.cxr.patients import patient_in_name, told_patients, united
from neuroloop.files.intake import Intake


@pytest.mark.parametrize(
    ("name", "patient"),
    [
        ("train/PNEUMONIA/person112_bacteria_539.jpeg", "person112"),
        ("person112_virus_7.jpeg", "person112"),
        ("NORMAL2-IM-0001-0001.jpeg", "NORMAL2-IM-0001"),
        ("IM-0115-0001.jpeg", "IM-0115"),
        ("IM-0612-0001-0002.jpeg", "IM-0612"),
        ("BACTERIA-1008087-0001.jpeg", "person1008087"),
        ("VIRUS-1008087-0002.jpeg", "person1008087"),
        ("NORMAL-28501-0001.jpeg", "person28501"),
        ("someperson112_bacteria_539.jpeg", None),
        ("person112.jpeg", None),
        ("NORMAL2-0001.jpeg", None),
        ("scan.png", None),
    ],
)
def test_patients_of_kermany(name, patient):
    assert patient_in_name(name) == patient


def test_unknown_names_are_patients_of_their_own_and_counted():
    intake = Intake()
    files = ["a/x.png", "b/x.png", "a/person1_virus_2.png"]
    assert told_patients(files, [()] * 3, intake) == ["a/x.png", "b/x.png", "person1"]
    assert "2 of 3 file names tell no patient (a/x.png" in intake.warnings[0]
    known = Intake()
    told_patients(files[2:], [()], known)
    assert not known.warnings
    assert known.recognised == [
        "Patients are told by file names of 1 radiographs (1 patients, person1 the first)."
    ]


def test_patients_are_united_through_others():
    made = united([["p10", "p9"], ["q"], ["p3", "p11"], ["p11", "p10"]])
    assert made == {"p3": "p3", "p9": "p3", "p10": "p3", "p11": "p3", "q": "q"}
