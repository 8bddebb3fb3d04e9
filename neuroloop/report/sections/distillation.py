"""Knowledge distillation: what each teacher adds to the labels."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from neuroloop.report.cards import Card
    from neuroloop.report.flags import Against

ORDER = 2
TITLE = "Brains teach networks"
BLOCKS = "datasets"
ASSETS = ("distillation.html.j2", "watch.html.j2")

#: A forest plot of more rows is read after the matrix.
MANY_ROWS = 40

#: Fewer test images than this cannot tell teachers apart that differ by a few points.
FEW_IMAGES = 300


def chapters(name: str, block: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """One chapter a dataset that teaches students."""
    if not block.get("teaching"):
        return {}
    folder = f"results/distill/{name}"
    watched = {"watched": f"{folder}/watched.json"} if can_be_watched(block) else {}
    asked = block["teaching"].get("outcomes")
    loop = block["teaching"].get("loop")
    beside = ["outcomes.svg", "outcome_comparisons.tsv"] if asked else []
    return {
        name: {
            "students": f"{folder}/ablation.tsv",
            "comparisons": f"{folder}/comparisons.tsv",
            "forest": f"{folder}/forest.svg",
            "matrix": f"{folder}/matrix.svg",
            "figure": f"{folder}/ablation.svg",
            **watched,
            **{file.partition(".")[0]: f"{folder}/{file}" for file in beside},
            **({"loop": f"{folder}/loop.svg", "loop_table": f"{folder}/loop.tsv"} if loop else {}),
        }
    }


def can_be_watched(block: Mapping[str, Any]) -> bool:
    """Whether a dataset has students of a brain, and of the labels alone beside them."""
    return {"brain", "none"} <= set((block.get("teaching") or {}).get("teachers", ()))


def simulated(block: Mapping[str, Any]) -> str:
    """What simulated brains know that students do not, to which they owe their gain."""
    from neuroloop.report.cards import listed

    knowing = [
        roi for roi, made in block["rois"].items() if made["encoding"] in ("category", "mixed")
    ]
    if not knowing:
        return ""
    known = block["images"]["lifetime_per_category"]
    what = "photographs" if block.get("photographs") else "digits"
    add, know = ("adds", "it knows") if len(knowing) == 1 else ("add", "they know")
    return (
        f"What {listed(knowing)} {add} comes from {known} other labelled {what} of each category "
        f"that {know}, and that no student sees."
    )


def cards(of: str, files: Mapping[str, str], block: Mapping[str, Any]) -> list["Card"]:
    """Does the brain teach? And is it found again, and does it improve more than accuracy?"""
    from dataclasses import replace

    from neuroloop.report.answers.beside_accuracy import beside_accuracy, read_outcomes
    from neuroloop.report.answers.found_again import found_again, read_loop
    from neuroloop.report.answers.taught import read_comparisons
    from neuroloop.report.answers.teaching import teaching_card

    known = simulated(block) if block["source"] == "simulated" else ""
    card = teaching_card(of, read_comparisons(files["comparisons"]), block, known)
    told = []
    if "loop_table" in files:
        told.append(found_again(read_loop(files["loop_table"]), block))
    if "outcome_comparisons" in files:
        told.append(beside_accuracy(read_outcomes(files["outcome_comparisons"]), block))
    for said, against in told:
        answer = f"{card.answer} {said}".strip()
        card = replace(card, answer=answer, against=(*card.against, *against))
    return [card]


def flags(of: str, files: Mapping[str, str], block: Mapping[str, Any]) -> list["Against"]:
    """What must be known of the students, and comparisons that n does not allow."""
    from neuroloop.files.formats import read_table
    from neuroloop.report.answers.table_flags import teaching_flags
    from neuroloop.report.answers.taught import read_comparisons

    students = read_table(files["students"], {"n": int, "flag": str})
    return teaching_flags(students, read_comparisons(files["comparisons"]))


def context(files: Mapping[str, str]) -> dict[str, Any]:
    """What must be known of the students, and the comparisons of those whom brains taught."""
    from neuroloop.files.formats import read_json, read_table
    from neuroloop.report.answers.taught import read_comparisons
    from neuroloop.report.columns import (
        COUNT,
        FAMILY,
        PERCENT,
        REASON,
        SCOPE,
        UNIT,
        Column,
        P,
        Q,
        shown,
    )
    from neuroloop.report.names import teacher_key

    students = read_table(files["students"], {"n": int, "flag": str})
    rows = read_comparisons(files["comparisons"])
    images = int(students["n"].max())
    brains = rows[rows["teacher"] == "brain"]
    named = brains.assign(control=brains["control"].map(teacher_key))
    columns = {
        "subject": Column("Subject", "mean: of these people; group: of people like them."),
        "roi": Column("Region"),
        "decoder": Column("Decoder"),
        "student": Column("Student"),
        "control": Column(
            "Less", "The control whose accuracy is subtracted, and its name in the config."
        ),
        "difference": PERCENT.named("Difference, points", "With its 95 % interval.", True),
        "p": P,
        "q": Q,
        "smallest_effect": PERCENT.named("Could see, points", "The least that could be seen."),
        "seeds": COUNT.named("Seeds"),
        "n": COUNT.named("Images"),
        "unit": UNIT,
        "scope": SCOPE,
        "family": FAMILY,
        "reason": REASON,
    }
    several = brains[["subject", "roi", "decoder", "student"]].drop_duplicates()
    title = "Brain-taught students less each control"
    return {
        "flags": sorted(set(students["flag"]) - {""}),
        "images": images,
        "few": images < FEW_IMAGES,
        "many": len(several) > MANY_ROWS,
        "watched": read_json(files["watched"]) if "watched" in files else None,
        "table": shown(title, named, columns, files["comparisons"]) if len(brains) else None,
        "unseen": {
            family: unseen(brains[brains["family"] == family])
            for family in ("gains", "images", "people")
        },
    }


def methods(of: str, block: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    """How students were taught and compared."""
    from neuroloop import registry
    from neuroloop.report.answers.taught import controls_to_beat
    from neuroloop.report.cards import listed

    teaching = block["teaching"]
    teachers = [
        f"{name} ({registry.entry('teacher', name).LEGEND})" for name in teaching["teachers"]
    ]
    beaten = controls_to_beat(teaching["teachers"]) if "brain" in teaching["teachers"] else []
    asked = f" A brain counts as a teacher where it beats {listed(beaten)}." if beaten else ""
    dealt = (
        f" Whether soft labels know the image and not the class alone was tested by dealing them "
        f"anew to the images of each class {teaching['assignments']} times and training students "
        "of each deal; p is the rank of the recorded one."
        if teaching["assignments"] and "withinclass" in teaching["teachers"]
        else ""
    )
    return (
        f"Students of {of} ({listed(teaching['students'])}, {teaching['seeds']} seeds each) were "
        f"taught by soft labels from {listed(teaching['decoders'])} (Hinton et al. 2015). "
        f"Teachers: {'; '.join(teachers)}. Differences in test accuracy have 95 % intervals over "
        "seeds and test images, and q is p corrected within families (Benjamini and Hochberg 1995)."
        + asked
        + dealt
    )


def unseen(rows: "pd.DataFrame") -> str:
    """Range of the smallest differences that comparisons could have seen, percentage points."""
    points = 100 * rows["smallest_effect"].dropna()
    if points.empty:
        return ""
    low, high = f"{points.min():.1f}", f"{points.max():.1f}"
    return low if low == high else f"{low} to {high}"
