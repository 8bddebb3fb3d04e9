"""A study of everything, made up: config, tables and figures as the report's sections read them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from neuroloop.files.formats import save_json, save_table
from neuroloop.files.intake import Intake
from neuroloop.report.chapters import Chapter, chapters
from neuroloop.report.page import Provenance
from neuroloop.report.passport import Passport

DATASET = {
    "source": "simulated",
    "subjects": {"S1": {}, "S2": {}},
    "rois": {"V1": {"encoding": "energy"}, "Noise": {"encoding": "none"}},
    "images": {"lifetime_per_category": 90},
    "folds": 5,
    "fold_by": "run",
    "decoders": ["ridge"],
    "permutations": 100,
}

TEACHING = {
    "decoders": ["ridge"],
    "teachers": ["none", "random", "smooth", "brain"],
    "students": ["small"],
    "seeds": 3,
    "assignments": 0,
}

#: A config with a chapter of every section, and two of some.
CONFIG: dict[str, Any] = {
    "run": ["faces", "plain", "cells", "chests"],
    "seed": 7,
    "decoders": {"ridge": {"method": "ridge"}},
    "readers": {"cnn": {"head": "flatten"}, "wide": {"head": "gap"}},
    "classifiers": {
        "fine": {
            "backbone": "resnet18",
            "weights": None,
            "train_from": "layer4",
            "epochs": 8,
            "feature_layers": [],
            "C": None,
        }
    },
    "datasets": {
        "plain": {**DATASET, "source": "nifti", "rois": {"V1": {}}},
        "faces": {**DATASET, "teaching": TEACHING},
        "unused": {**DATASET, "teaching": TEACHING},
    },
    "areas": {
        "cells": {
            "source": "simulated",
            "readers": ["cnn", "wide"],
            "sessions": ["before", "after"],
            "comparisons": [["before", "after"]],
        }
    },
    "radiographs": {
        "chests": {
            "source": "files",
            "folds": 5,
            "classifiers": ["fine"],
            "new_sites": [["case1", "fine"]],
            "external": [],
            "ensembles": [],
            "maps": [["case1", "fine"], ["case5", "fine"]],
        }
    },
    "explain": {"models": {}},
}

INTERVAL = {"ci_low": 0.31, "ci_high": 0.52, "p": 0.0099, "q": 0.0198}

DECODED = {
    **INTERVAL,
    "subject": "S1",
    "roi": "V1",
    "decoder": "ridge",
    "accuracy": 0.41,
    "chance": 0.1,
    "n": 100,
    "balanced_accuracy": 0.4,
    "null_mean": 0.1,
    "smallest_effect": 0.06,
    "permutations": 100,
    "reason": "",
    "unit": "runs",
    "scope": "other runs; these people alone",
    "family": "single subjects",
}

COMPARED = {
    "subject": "S1",
    "roi": "V1",
    "decoder": "ridge",
    "teacher": "brain",
    "student": "small",
    "control": "none",
    "difference": 0.041,
    "ci_low": 0.012,
    "ci_high": 0.07,
    "p": 0.004,
    "q": 0.008,
    "n": 1000,
    "seeds": 5,
    "smallest_effect": 0.029,
    "reason": "",
    "unit": "seeds x images",
    "scope": "other seeds and other images of these classes; these brains alone",
    "family": "gains",
}

READ = {
    "subset": "stimulated",
    "measure": "exact_top",
    "frames_of": "stimulated",
    "value": 0.208,
    "ci_low": 0.176,
    "ci_high": 0.245,
    "chance": 0.055,
    "p": 0.001,
    "frames": 540,
    "trials": 180,
    "seeds": 2,
    "unit": "trials",
    "scope": "other trials; this animal alone",
}

ROUTE = {
    "route": "influence",
    "panel": "all",
    "first": 0.17,
    "second": 0.27,
    "change": 0.1,
    "ci_low": 0.06,
    "ci_high": 0.14,
    "p": 0.001,
    "q": 0.002,
    "smallest_effect": 0.04,
    "entries": 54,
    "recordings": 8,
    "note": "",
    "unit": "recordings",
    "scope": "other recordings; this animal alone",
    "family": "changes",
}

SCORED = {
    "case": "case1",
    "classifier": "fine",
    "split": "patient",
    "shown": "whole",
    "metric": "macro_f1",
    "class": "",
    "value": 0.611,
    "ci_low": 0.528,
    "ci_high": 0.689,
    "chance": 0.331,
    "n": 1240,
    "patients": 116,
    "unit": "patients",
    "scope": "other patients; these sites alone",
}

GAP = {
    "kind": "baseline",
    "case": "case5",
    "classifier": "fine",
    "split": "patient",
    "against": "case1, fine, patient",
    "metric": "macro_f1",
    "difference": 0.105,
    "ci_low": 0.021,
    "ci_high": 0.196,
    "p": 0.003,
    "q": 0.0061,
    "smallest_effect": 0.088,
    "reason": "",
    "unit": "patients and partitions",
    "scope": "other patients and partitions; these sites alone",
}

POINT = {
    "case": "case1",
    "classifier": "fine",
    "class": "ill",
    "against": "well",
    "point": "sensitivity 95 %",
    "threshold": 0.21,
    "auc": 0.83,
    "sensitivity": 0.94,
    "sensitivity_low": 0.88,
    "sensitivity_high": 0.97,
    "specificity": 0.41,
    "specificity_low": 0.33,
    "specificity_high": 0.5,
    "n_class": 400,
    "n_others": 840,
    "patients": 116,
    "unit": "patients",
    "scope": "other patients; these sites alone",
}

CHECKED = {
    "method": "LayerCAM",
    "section": "block4",
    "rows": 16,
    "columns": 16,
    "similarity": 0.02,
    "ci_low": -0.03,
    "ci_high": 0.08,
    "threshold": 0.5,
    "n": 60,
    "undefined": 0,
    "verdict": "passed",
    "unit": "images",
    "scope": "other images; these networks alone",
}

POINTED = {
    "method": "LayerCAM",
    "value": 0.15,
    "ci_low": 0.06,
    "ci_high": 0.3,
    "chance": 0.18,
    "p": 0.85,
    "q": 0.85,
    "n": 40,
    "smallest_effect": 0.07,
    "unit": "images",
    "scope": "other images; these networks alone",
}

STUDENT = {"n": 400, "flag": "at chance"}

COUPLED = {
    "route": "maps",
    "silent_cells": 0,
    "pairs": 47,
    "mean": 0.3,
    "q": 0.0004,
    "pairs_both": 45,
    "mean_both": 0.2,
}
COUPLED |= {"mean_low": 0.25, "mean_high": 0.35, "mean_low_both": 0.1, "mean_high_both": 0.3}

DISTANT = {"route": "influence", "bin": "bin 1", "nearest": 10.4, "farthest": 12.9, "pairs": 8}
DISTANT |= {"missing": 1, "mean": 0.47, "ci_low": 0.4, "ci_high": 0.56}

RESPONDING = {"cell": "c1", "trials": 40, "response": 0.62, "ci_low": 0.48, "ci_high": 0.76}
RESPONDING |= {"others": 0.3, "chosen": "strongest"}

NULLS = {"group": "all", "kind": "zncc", "statistic": "sharing_excess", "value": 0.48}
NULLS |= {"ci_low": 0.39, "ci_high": 0.57, "null": "untrained networks", "null_mean": 0.51}
NULLS |= {"null_low": 0.4, "null_high": 0.56, "n_null": 19, "p": 0.75, "ci_unit": "trials"}

ALIKE = {"pattern": "c1", "place": 1, "group": "g1", "sharing": "c1+c2", "zncc_sharing": 0.5}
ALIKE |= {"apart": "c8", "zncc_apart": 0.06}

#: A page's maps; each says of its reader which file it is.
GALLERY: dict[str, Any] = {
    "image": "data:image/png;base64,AA==",
    "width": 48,
    "height": 48,
    "map": {"width": 48, "height": 48, "native": [6, 6], "drawn": [6, 6]},
    "cells": [{"cell": "c1", "x": 14.7, "y": 36.6, "r": 2.6}],
    "patterns": [
        {"pattern": "c1", "cells": [0], "source": "data:image/png;base64,BB==", "problem": ""},
        {"pattern": "c1+c2", "cells": [0], "source": "", "problem": "the map is 0 everywhere"},
    ],
    **{"highest": 0.9, "signed": False, "gradient": "linear-gradient(red, blue)"},
    **{"method": "grad_cam", "trials": 5, "seeds": 2, "session": "after"},
}

#: A row of each table, by its file's name.
ROWS = {
    "decoding.tsv": DECODED,
    "ablation.tsv": STUDENT,
    "reading.tsv": READ,
    "coupling.tsv": COUPLED,
    "distance.tsv": DISTANT,
    "responses.tsv": RESPONDING,
    "zncc_nulls.tsv": NULLS,
    "zncc_patterns.tsv": ALIKE,
    "routes.tsv": ROUTE,
    "metrics.tsv": SCORED,
    "operating_points.tsv": POINT,
    "checks.tsv": CHECKED,
    "pointing.tsv": POINTED,
}


def watched(told: str, n_slides: int = 2, held_out: bool = True) -> dict[str, Any]:
    """Brains at work, one image after another; the first is shown for a reason of one's own."""
    drawn = {"source": "data:image/png;base64,AA", "highest": 1.0, "problem": "", "told": "Maps"}
    student = {"mean": [0.7, 0.3], "low": [0.5, 0.1], "high": [0.9, 0.5], "map": drawn}
    slide = {"image": "i1", "why": "drawn at random", "held_out": held_out, "truth": "cat"}
    slide |= {"told": "of this image, out of fold", "classes": ["cat", "dog"], "brain": [0.8, 0.2]}
    slide |= {"untaught": student, "taught": {**student, "mean": [0.6, 0.4]}}
    slides = [{**slide, "why": told}, *[slide] * (n_slides - 1)]
    brain = {"name": "S1 V1", "decoder": "ridge", "slides": slides}
    return {"seeds": 3, "size": [8, 8], "pictures": {"i1": "data:image/png;base64,BB"}} | {
        "brains": [brain]
    }


def rows(base: Mapping[str, Any], *changes: Mapping[str, Any]) -> pd.DataFrame:
    """A table of rows that differ from one by some columns."""
    return pd.DataFrame([{**base, **change} for change in changes or [{}]])


def filled() -> list[Chapter]:
    """Chapters of `CONFIG` in this folder; each table and figure names its own file."""
    found = []
    for chapter in chapters(CONFIG):
        files = {}
        for name, file in chapter.files.items():
            files[name] = Path(file)
            files[name].parent.mkdir(parents=True, exist_ok=True)
            if file.endswith(".tsv"):
                compared = COMPARED if "distill" in file else GAP
                row = ROWS.get(Path(file).name, compared)
                save_table(files[name], rows(row, {"unit": f"units of {file}"}))
            elif file.endswith(".json"):
                said = f"{file} is at chance"
                told = {"at_chance": said, "reader": said}
                of = {"gallery": {**GALLERY, **told}, "watched": watched(said)}
                save_json(files[name], of.get(name, told))
            else:
                files[name].write_bytes(file.encode())
        found.append(chapter._replace(files=files))
    return found


def passports(warnings: Mapping[str, list[str]] | None = None) -> list[Passport]:
    """Passports of all that runs, with warnings of some."""
    kinds = {"faces": "datasets", "plain": "datasets", "cells": "areas", "chests": "radiographs"}
    return [
        Passport(name, kind, f"line of {name}", Intake(warnings=(warnings or {}).get(name, [])))
        for name, kind in kinds.items()
    ]


PROVENANCE = Provenance("NeuroLoop 1.2.3; numpy 9.9", CONFIG, "seed: 7\nrun: [faces]\n")
