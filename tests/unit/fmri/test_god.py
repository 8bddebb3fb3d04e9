"""Ids of Generic Object Decoding."""

from neuroloop.fmri import god


def test_stimulus_id_is_text_of_six_decimals_and_names_its_synset():
    assert god.stimulus_name(1518878.008432) == "1518878.008432"
    assert god.stimulus_name(1443537.02212) == "1443537.022120"
    assert god.synset(1518878.008432) == "n01518878"
    assert god.synset(10123456.5) == "n10123456"


def test_runs_of_two_sessions_stay_apart():
    sessions = ["training"] * 4 + ["perception"] * 4
    assert god.unique_runs(sessions, [1, 1, 2, 2, 1, 1, 2, 2]) == [
        *["training-1"] * 2,
        *["training-2"] * 2,
        *["perception-1"] * 2,
        *["perception-2"] * 2,
    ]


def test_restarted_run_numbers_are_counted_on():
    runs = god.unique_runs(["training"] * 8, [1, 1, 2, 2, 1, 1, 2, 2])
    assert runs == [f"training-{number}" for number in (1, 1, 2, 2, 3, 3, 4, 4)]


def test_run_numbers_of_rows_out_of_order_are_kept():
    runs = god.unique_runs(["training"] * 8, [1, 2, 1, 2, 1, 2, 1, 2])
    assert runs == [f"training-{number}" for number in (1, 2) * 4]


def test_gaps_in_run_numbers_are_kept():
    assert god.unique_runs(["training"] * 4, [3.0, 3.0, 7.0, 7.0])[-1] == "training-7"


def test_block_numbers_that_separate_trials_are_kept():
    runs = ["r1", "r1", "r1", "r2"]
    blocks = god.unique_blocks(["training"] * 4, runs, [1, 1, 2, 1], list("aabc"), list("aabc"))
    assert blocks == ["r1-1", "r1-1", "r1-2", "r2-1"]


def test_block_numbers_that_join_categories_give_way_to_stretches_of_one():
    rows = (["training"] * 3, ["r1"] * 3, [1, 1, 1], list("abc"), list("AAB"))
    assert god.unique_blocks(*rows) == ["r1-1", "r1-1", "r1-2"]
    assert god.unique_blocks(*rows, trials=True) == ["r1-1", "r1-2", "r1-3"]


def test_without_block_numbers_a_stretch_of_one_category_is_a_block():
    runs = ["r1"] * 5 + ["r2"]
    rows = (["training"] * 6, runs, None, list("aabbcc"), list("xxxyyy"))
    assert god.unique_blocks(*rows) == ["r1-1"] * 3 + ["r1-2"] * 2 + ["r2-1"]
    trials = ["r1-1", "r1-1", "r1-2", "r1-2", "r1-3", "r2-1"]
    assert god.unique_blocks(*rows, trials=True) == trials


def test_trials_whose_images_are_not_known_are_rows():
    rows = (["training"] * 3, ["r1"] * 3, None, list("xxy"), list("xxy"))
    assert god.unique_blocks(*rows) == ["r1-1", "r1-1", "r1-2"]
    assert god.unique_blocks(*rows, trials=True) == ["r1-1", "r1-2", "r1-3"]


def test_sessions_are_judged_apart():
    sessions = ["training", "training", "perception", "perception"]
    runs = ["t", "t", "p", "p"]
    blocks = god.unique_blocks(sessions, runs, [1, 1, 7, 8], list("abcd"), list("abcd"))
    assert blocks == ["t-1", "t-2", "p-7", "p-8"]
