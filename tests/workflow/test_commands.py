"""The commands that README.md shows, on the small config and on every preset."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from neuroloop.report.passport import PAGE, read_passport
from neuroloop.report.templates import picture
from tests.project import PRESETS, ROOT, Finished, Project, preset

pytestmark = pytest.mark.workflow


#: What reads brain data, and what makes soft labels of them.
READING = {"draw_stimuli", "simulate_subject", "simulate_region", "assign_folds"}
READING |= {"extract_region"}
DECODING = {*READING, "decode_linear", "decode_network", "assess_decoding"}
TEACHING = {"prepare_images", "train_cnn_teacher", "train_students", "train_reference_students"}
SUMMING_UP = {"summarise_decoding", "summarise_ablation", "check_dataset", "write_report"}
SUMMING_UP |= {"watch_teaching", "export_bdata"}


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a project without results, for dry-runs only."""
    return Project.make(tmp_path_factory.mktemp("bare") / "project").folder


def rules_of(project: Project, *targets: str) -> set[str]:
    """Rules that targets consist of."""
    return {job.split()[0] for job in project.plan(*targets)}


def test_all_is_made_once(finished: Finished) -> None:
    plan = finished.project.plan()  # `all` is also what no target means
    assert {job.split()[0] for job in plan} == DECODING | TEACHING | SUMMING_UP
    assert not any(plan.values())
    for name in ("report/index.html", "distill/tiny/ablation.tsv", "fmri/plain/decoding.tsv"):
        assert (finished.project.folder / "results" / name).stat().st_size > 0


def test_progress_is_shown(finished: Finished) -> None:
    assert "47 of 47 steps (100%) done" in finished.text


@pytest.mark.parametrize(
    ("target", "rules"),
    [
        ("check", {*READING, "prepare_images", "check_dataset", "write_passport"}),
        ("soft_labels", DECODING),
        ("students", (DECODING - {"decode_network", "assess_decoding"}) | TEACHING),
    ],
)
def test_targets_make_what_they_say_and_no_more(
    finished: Finished, target: str, rules: set[str]
) -> None:
    plan = finished.project.plan(target)
    assert {job.split()[0] for job in plan} == rules
    assert {job for job, waiting in plan.items() if waiting} <= {"write_passport check"}


def test_check_says_what_is_there_and_shows_it(copied: Project) -> None:
    for name in ("tiny", "plain"):
        (copied.folder / f"results/check/{name}.json").unlink()
    said = copied.run("check", "--quiet", "rules", "reason", "host")
    assert "tiny, S2: 60 samples (trials) in 4 runs, 10 categories; voxels: V1 30, HVC 30" in (
        said.text
    )
    assert "tiny, images: {'train': 60, 'test': 50}" in said.text
    folder = copied.folder / "results/check"
    parts = ("json", "run.json", "figures.json")
    named = {"run.json", *(f"{name}.{part}" for name in ("tiny", "plain") for part in parts)}
    assert {path.name for path in folder.glob("*.json")} == named
    tiny, plain = (read_passport(folder / f"{name}.json") for name in ("tiny", "plain"))
    assert f"\ntiny: {tiny.line}\nplain: {plain.line}\nWhat came in: {PAGE}\n" in said.err
    assert "2 subjects, 4 runs, 10 categories, 60 trials" in tiny.line
    page = (folder / "index.html").read_text()
    pictures = [*tiny.pictures, *plain.pictures]
    assert len(pictures) == 6  # regions of three subjects, two designs, images of the students
    for shown in pictures:
        assert picture(folder / shown.file) in page


def test_more_voxels_than_a_simulated_region_has_are_refused(copied: Project) -> None:
    config = preset("test")
    config["run"] = ["plain"]
    config["datasets"]["plain"]["rois"]["V4"]["voxels"] = 5001
    said = copied.write_config("own.yaml", config).call("check", "--cores", "2")
    assert said.status != 0
    assert "plain.rois.V4: voxels: 5001 of a region of size 5000: lower voxels" in said.text


def test_check_refuses_what_cannot_be_analysed(copied: Project) -> None:
    config = preset("test")
    config["run"] = ["plain"]
    config["datasets"]["plain"]["folds"] = 99
    said = copied.write_config("own.yaml", config).call("check", "--cores", "2")
    assert said.status != 0
    (line,) = {line for line in said.err.splitlines() if line.startswith("Error:")}
    assert "folds: 99 folds cannot be made of" in line


def expected(name: str) -> Counter[tuple[str, str]]:
    """Rule and dataset of the jobs that a preset must come to, counted by hand from its lists."""
    config = preset(name)
    jobs: Counter[tuple[str, str]] = Counter()
    for area in config["run"]:
        if area not in config.get("areas", {}):
            continue
        block = config["areas"][area]
        sessions, readers = len(block["sessions"]), len(block["readers"])
        jobs["simulate_session", area] = sessions
        for rule in ("extract_frames", "extract_traces"):
            jobs[rule, area] = sessions
        for rule in ("train_reader", "correlate_maps", "estimate_coupling"):
            jobs[rule, area] = sessions * readers
        jobs["draw_reading", area] = 1
        jobs["compare_sessions", area] = len(block["comparisons"]) * readers
    for dataset in config["run"]:
        if dataset not in config.get("radiographs", {}):
            continue
        block = config["radiographs"][dataset]
        trained = len(block["cases"]) * len(block["classifiers"])
        reader = "simulate_radiographs" if block["source"] == "simulated" else "list_radiographs"
        for rule in (reader, "split_radiographs", "summarise_classifiers"):
            jobs[rule, dataset] = 1
        jobs["extract_features", dataset] = len(block["classifiers"])  # each has its own front
        jobs["train_classifier", dataset] = trained + len(block["leakage"])
        jobs["map_radiographs", dataset] = len(block["maps"])
    for dataset in config["run"]:
        if dataset not in config.get("datasets", {}):
            continue
        block = config["datasets"][dataset]
        subjects, rois = len(block["subjects"]), len(block["rois"])
        networks = block["decoders"].count("resnet1d18")
        simulated = block["source"] == "simulated"
        reader = "simulate_subject" if simulated else "import_subject"
        jobs[reader, dataset] = subjects
        jobs["draw_stimuli" if simulated else "list_stimuli", dataset] = 1
        jobs["assign_folds", dataset] = jobs["export_bdata", dataset] = subjects
        jobs["extract_region", dataset] = subjects * rois
        jobs["simulate_region", dataset] = subjects * rois * simulated
        jobs["decode_network", dataset] = subjects * rois * networks
        jobs["decode_linear", dataset] = subjects * rois * (len(block["decoders"]) - networks)
        jobs["assess_decoding", dataset] = subjects * rois * len(block["decoders"])
        jobs["summarise_decoding", dataset] = 1
        if teaching := block.get("teaching"):
            references = len({"none", "random", "cnn", "gabor"} & set(teaching["teachers"]))
            brains = len(teaching["teachers"]) - references
            variants = len(teaching["students"])
            jobs["prepare_images", dataset] = 1
            of_cnn = bool({"cnn", "cnnmatched"} & set(teaching["teachers"]))
            jobs["train_cnn_teacher", dataset] = variants * of_cnn
            jobs["train_gabor_teacher", dataset] = "gabor" in teaching["teachers"]
            jobs["train_reference_students", dataset] = variants * references
            jobs["train_students", dataset] = (
                subjects * rois * len(teaching["decoders"]) * brains * variants
            )
            tested = {"brain", "withinclass"} <= set(teaching["teachers"])
            jobs["train_assignments", dataset] = (
                subjects
                * len(teaching["assignment_rois"] or block["rois"])
                * len(teaching["decoders"])
                * variants
                * tested
                * bool(teaching["assignments"])
            )
            jobs["summarise_ablation", dataset] = 1
            if teaching.get("outcomes"):
                jobs["summarise_outcomes", dataset] = 1
            jobs["watch_teaching", dataset] = {"brain", "none"} <= set(teaching["teachers"])
            closes = teaching["loop"] is not None
            jobs["extract_repeats", dataset] = subjects * rois * closes
            jobs["close_loop", dataset] = closes
    return +jobs


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_makes_its_own_jobs_and_none_of_the_demo(bare: Path, name: str) -> None:
    """Without any data: NEUROLOOP_DATA is not set."""
    project = Project(bare, "" if name == "config" else f"config/{name}.yaml")
    found: Counter[tuple[str, str]] = Counter()
    checked: set[str] = set()
    for job in project.plan("all"):
        rule, folder = job.split()
        if rule.startswith("check_"):
            checked.add(rule)
        elif rule != "write_report":
            found[rule, folder.split("/")[1]] += 1
    assert found == expected(name)
    config = preset(name)
    kinds = ("datasets", "areas", "radiographs")
    run = {kind for kind in kinds for one in config["run"] if one in config.get(kind, {})}
    rule_of = dict(zip(kinds, ("check_dataset", "check_area", "check_radiographs"), strict=True))
    assert checked == {rule_of[kind] for kind in run}


def test_a_namesake_of_the_demo_has_its_own_subjects_only(bare: Path) -> None:
    config = preset("config")
    config["datasets"]["simulated"]["subjects"] = {"Ann": {"snr": 1.0}}
    kept, *_ = rois = config["datasets"]["simulated"]["rois"]
    config["datasets"]["simulated"]["rois"] = {kept: rois[kept]}
    project = Project(bare).write_config("own.yaml", config)
    decoded = {job for job in project.plan("soft_labels") if job.startswith("decode_")}
    assert {tuple(job.split("/")[2:4]) for job in decoded} == {("Ann", kept)}


def test_a_run_without_its_data_stops_before_the_first_job(fresh: Project) -> None:
    project = Project(fresh.folder, "config/god.yaml")
    said = project.call("all", "--cores", "2")
    assert said.status != 0
    assert "Traceback" not in said.text
    (line,) = (line for line in said.text.splitlines() if "NEUROLOOP_DATA" in line)
    for part in ("god/Subject1.h5", "set the environment variable", "data_folder"):
        assert part in line
    assert not (fresh.folder / "results").exists()
    assert not list((fresh.folder / ".snakemake").glob("locks/*"))


def test_a_missing_file_is_named_with_its_origin(fresh: Project, tmp_path: Path) -> None:
    """The folder is there, but not all that belongs into it."""
    data = tmp_path / "data"
    shutil.copytree(ROOT / "config", data / "god")
    for number in (1, 2, 4, 5):
        (data / "god" / f"Subject{number}.h5").touch()
    said = Project(fresh.folder, "config/god.yaml", data).call("soft_labels", "--cores", "2")
    assert said.status != 0
    (line,) = (line for line in said.text.splitlines() if "is missing" in line)
    assert str(data / "god" / "Subject3.h5") in line
    assert "datasets.god.subjects.Subject3.file" in line
    assert "`retrieve`" in line
    assert not (fresh.folder / "results").exists()


def test_a_wrong_config_is_refused_in_one_line(bare: Path) -> None:
    said = Project(bare).call("-n", "all", "--config", "sed=1")
    assert said.status != 0
    assert "Traceback" not in said.text
    message = "config, top level: unknown key sed (did you mean seed?)"
    assert said.text.splitlines().count(message) == 1
