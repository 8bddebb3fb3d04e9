"""What was read of a data set is kept, once, and read back."""

import hashlib

from neuroloop.files.intake import Dropped, Intake, ReadFile, joined, read_intake


def test_it_comes_back_as_it_was_saved(tmp_path):
    (tmp_path / "a.tsv").write_bytes(b"onset\n")
    intake = Intake()
    intake.read(tmp_path / "a.tsv")
    intake.recognise("events have a column trial_type")
    intake.drop("rows", "the config drops them", 3)
    intake.drop("runs", "there is no such run", 0)
    intake.warn("two runs are equal")
    intake.warn("two runs are equal")
    intake.save(tmp_path / "intake.json")
    found = read_intake(tmp_path / "intake.json")
    assert found == intake
    digest = hashlib.sha256(b"onset\n").hexdigest()
    assert found.files == [ReadFile(str(tmp_path / "a.tsv"), 6, digest)]
    assert found.dropped == [Dropped("rows", 3, "the config drops them")]
    assert found.warnings == ["two runs are equal"]


def test_joined_intakes_repeat_no_file_and_no_sentence():
    one = Intake([ReadFile("a", 1, "x")], ["r"], [Dropped("rows", 1, "why")], ["w"])
    other = Intake([ReadFile("a", 1, "x")], ["r"], [Dropped("rows", 2, "why")], ["w", "v"])
    whole = joined([one, other])
    assert whole.files == one.files
    assert whole.recognised == ["r"]
    assert [each.count for each in whole.dropped] == [1, 2]
    assert whole.warnings == ["w", "v"]
