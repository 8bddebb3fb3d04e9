"""A share of `make calibrate`, the same studies each time; what is wrong is seen to be wrong."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from itertools import accumulate

import pytest

from tests.calibrate import table
from tests.calibrate.claim import Claim, Tally
from tests.calibrate.counting import count
from tests.calibrate.kept_studies import KeptStudies
from tests.calibrate.registry import all_claims
from tests.calibrate.study_code import study_hash
from tests.project import ROOT

PARTS = all_claims()
CLAIMS = [claim for claims in PARTS.values() for claim in claims]

#: Seconds on one core of the short form and of the long one, by what claims say of themselves, and
#: studies of each claim.
SHORT, LONG = (20.0, 60), (150.0, 100)


def affordable(seconds: float, studies: int) -> list[Claim]:
    """The cheapest claims whose studies take so many seconds together."""
    by_cost = sorted(CLAIMS, key=lambda claim: claim.seconds)
    spent = accumulate(studies * claim.seconds for claim in by_cost)
    return [claim for claim, until in zip(by_cost, spent, strict=True) if until <= seconds]


@pytest.mark.parametrize(
    ("seconds", "studies"),
    [SHORT, pytest.param(*LONG, marks=pytest.mark.long)],
    ids=["short", "long"],
)
def test_no_claim_is_refuted(seconds, studies):
    chosen = affordable(seconds, studies)
    assert len(chosen) >= len(CLAIMS) / 4
    # All bounds hold together at 95 % (Bonferroni), or one in twenty sound claims would be red.
    level = 1 - 0.05 / len(chosen)
    refuted = []
    for claim in chosen:
        tally = Tally.of(claim, [claim.run(number) for number in range(studies)])
        if tally.beyond(level):
            refuted.append(f"{claim.name}: {tally.hits} of {tally.n}")
    assert not refuted


def test_claims_state_their_full_number_and_take_an_hour_and_a_quarter_on_two_cores():
    assert all(claim.studies >= 500 for claim in CLAIMS)
    assert all((ROOT / entry).is_file() for claim in CLAIMS for entry in claim.entries)
    assert sum(claim.studies * claim.seconds for claim in CLAIMS) < 2 * 4500


def right_p(generator, factor=1.0):
    return factor * generator.random()


def interval(generator, width=1.96):
    value = generator.standard_normal()
    return value - width, value + width, 0.0


def make(study, kind="test", name="made-here", **given):
    return Claim(name, kind, study, "a world", "draws", seconds=0.1, **given)


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (make(right_p), "holds"),
        (make(partial(right_p, factor=0.5)), "fails"),
        (make(interval, "interval"), "holds"),
        (make(partial(interval, width=1.6), "interval"), "fails"),
    ],
    ids=["right p", "p too small", "right interval", "interval too narrow"],
)
def test_what_is_wrong_fails(tmp_path, claim, verdict):
    (tally,), errors = count([claim], tmp_path)
    assert (tally.verdict, tally.n, errors) == (verdict, 500, [])
    assert tally.beyond() == (verdict == "fails")
    # Nor does it need all studies to be seen.
    (few,), _ = count([claim], tmp_path, most=200)
    assert few.verdict == ("fails" if verdict == "fails" else "too few studies")


def test_rates_by_hand():
    outcomes = [0.05, 0.051, 0.01, None]
    tally = Tally.of(make(right_p), outcomes)
    assert (tally.hits, tally.n, tally.without) == (2, 3, 1)
    # Clopper-Pearson of 2 of 3: 1 - (1 - x)^3 - 3 x (1 - x)^2 ... from tables.
    assert tally.bounds() == pytest.approx((0.094299, 0.991596), abs=1e-6)
    found = Tally.of(make(right_p, "power"), [1.0, 0.0, 1.0, None])
    assert (found.hits, found.n, found.without) == (2, 3, 1)
    held = Tally.of(make(interval, "interval"), [(-1, 1, 1.0), (-1, 1, 1.1)])
    assert (held.hits, held.rate) == (1, 0.5)


@pytest.mark.parametrize(
    ("kind", "hits", "verdict"),
    [
        ("test", 35, "holds"),
        ("test", 36, "fails"),
        ("interval", 465, "holds"),
        ("interval", 464, "fails"),
        ("power", 400, "holds"),
        ("power", 399, "fails"),
    ],
)
def test_limits_at_five_hundred(kind, hits, verdict):
    assert Tally(make(right_p, kind), hits, 500, 0).verdict == verdict


def test_a_rate_may_not_lie_beyond_what_is_promised_however_many_studies():
    assert Tally(make(right_p), 130, 2000, 0).verdict == "fails"  # 6.5 %, from 5.5 %


def test_a_study_is_the_same_whatever_is_counted_beside_it(tmp_path):
    claims = [make(right_p), make(interval, "interval", "other")]
    alone, _ = count(claims[:1], tmp_path / "alone")
    count(claims, tmp_path / "both", jobs=2)
    kept = [KeptStudies(tmp_path / folder, claims[0]).outcomes for folder in ("alone", "both")]
    assert kept[0] == kept[1]
    assert len(kept[0]) == alone[0].n
    assert len(set(kept[0].values())) == 500
    assert make(right_p, name="renamed").run(0) != claims[0].run(0)


def test_a_run_goes_on_where_it_was_cut_off(tmp_path):
    claim, ran = make(right_p), []
    (cut,), _ = count([claim], tmp_path, minutes=0)
    assert 0 < cut.n < 500
    file = tmp_path / "made-here.jsonl"
    file.write_bytes(file.read_bytes() + b'{"code": "' + study_hash(claim).encode())

    class Watched(Claim):
        def run(self, number):
            ran.append(number)
            return super().run(number)

    (whole,), _ = count([Watched(**vars(claim))], tmp_path)
    assert ran == list(range(cut.n, 500))
    assert whole.n == 500
    assert count([Watched(**vars(claim))], tmp_path) == ([whole], [])
    assert len(ran) == 500 - cut.n


def test_a_killed_run_keeps_what_it_finished(tmp_path):
    command = [sys.executable, "-m", "tests.calibrate", "--jobs", "2", "--folder", str(tmp_path)]
    command += ["--claims", "cluster-interval", "permutation-p"]
    run = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    end = time.monotonic() + 60
    while not any(tmp_path.glob("*.jsonl")) and time.monotonic() < end:
        time.sleep(0.02)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    before = {file: file.read_bytes() for file in tmp_path.glob("*.jsonl")}
    assert before
    done = subprocess.run(
        [*command, "--studies", "150"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(file.read_bytes().startswith(old) for file, old in before.items())


def test_a_study_that_raises_is_told_and_not_counted(tmp_path):
    def outside(generator):
        return 1.5 if generator.random() < 0.5 else 0.5

    said = []
    (tally,), errors = count(
        [Claim("broken", "test", globals_of(outside), "a world", "draws", seconds=4.0)],
        tmp_path,
        most=20,
        say=said.append,
    )
    assert errors == said
    assert 0 < len(errors) < 20
    assert tally.n + len(errors) == 20
    assert all("p is 1.5" in error and error.startswith("broken, study ") for error in errors)


def globals_of(function):
    """A function that stands for one of this module's top level, which alone has a hash."""
    function.__name__ = "right_p"
    return function


MODULE = '''
"""Words."""
from neuroloop.statistics.intervals import permutation_p
LEVEL = 3
OTHER = 4
def helper(x):
    """Words."""
    return x + LEVEL
def study(generator, gain=1.0):
    return helper(generator.random()) * 0
def other(generator):
    return permutation_p(0.5, OTHER)
'''


def imported(tmp_path, text, name="study"):
    file = tmp_path / f"module{len(list(tmp_path.iterdir()))}.py"
    file.write_text(text)
    spec = importlib.util.spec_from_file_location("a_module", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)


def test_an_edit_counts_anew_what_it_touches_alone(tmp_path):
    def hashed(old="", new="", name="study"):
        return study_hash(make(imported(tmp_path, MODULE.replace(old, new), name)))

    study, other = hashed(), hashed(name="other")
    assert study != other
    for old, new in [("OTHER = 4", "OTHER = 5"), ('"""Words."""', ""), ("0.5", "0.6")]:
        assert hashed(old, new) == study
    assert hashed("OTHER = 4", "OTHER = 5", "other") != other
    for old, new in [("LEVEL = 3", "LEVEL = 2"), ("x + L", "x - L"), ("gain=1.0", "gain=2.0")]:
        assert hashed(old, new) != study
        assert hashed(old, new, "other") == other
    function = imported(tmp_path, MODULE)
    worlds = {study_hash(make(partial(function, gain=gain))) for gain in (0.1, 0.2)}
    assert len(worlds | {study}) == 3


def test_an_edit_of_the_library_counts_anew(tmp_path):
    """In a copy: what `permutation_p` is made of reaches the study that calls it, and no other."""
    for folder in ("neuroloop/statistics", "envs"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("neuroloop/statistics/intervals.py", "neuroloop/statistics/crossed.py"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    own = tmp_path / "own"
    own.mkdir()
    claims = [make(imported(own, MODULE, name)) for name in ("study", "other")]
    before = [study_hash(claim, tmp_path) for claim in claims]
    file = tmp_path / "neuroloop/statistics/crossed.py"
    file.write_text(file.read_text().replace("return max([0.0", "return max([1.0"))
    after = [study_hash(claim, tmp_path) for claim in claims]
    assert after[0] == before[0]
    assert after[1] != before[1]


def test_entries_are_part_of_the_code():
    entry = "neuroloop/fmri/decoders/ridge.py"
    assert study_hash(make(right_p, entries=(entry,))) != study_hash(make(right_p))


def test_what_has_no_lasting_name_is_refused():
    with pytest.raises(TypeError, match="another at each start"):
        study_hash(make(partial(right_p, factor=object())))
    with pytest.raises(TypeError, match="no function of the top level"):
        study_hash(make(lambda generator: 0.5))


def test_the_table_is_written_between_its_marks(tmp_path):
    file = tmp_path / "claims.md"
    file.write_text(f"Before\n{table.BEGIN}\nold\n{table.END}\nAfter\n")
    tally = Tally(make(right_p), 20, 400, 3)
    table.write(file, {"a part": [tally]})
    text = file.read_text()
    assert text.startswith("Before\n")
    assert text.endswith("\nAfter\n")
    assert "old" not in text
    row = "| `made-here` | a world | draws | 400 of 500 (3 without) | significant 5.0 [3.1, 7.6] |"
    assert f"{row} too few studies |" in text
    file.write_text("no marks")
    with pytest.raises(SystemExit, match="lacks the marks"):
        table.write(file, {})


def test_kept_batches_are_json_lines(tmp_path):
    kept = KeptStudies(tmp_path, make(interval, "interval"))
    kept.keep([0, 1], [(0.0, 1.0, 0.5), None], 0.25)
    line = json.loads((tmp_path / "made-here.jsonl").read_text())
    assert line["numbers"] == [0, 1]
    assert line["outcomes"] == [[0.0, 1.0, 0.5], None]
    again = KeptStudies(tmp_path, make(interval, "interval"))
    assert again.outcomes == {0: (0.0, 1.0, 0.5), 1: None}
