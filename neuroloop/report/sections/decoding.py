"""Brain decoding: the accuracy of each decoder in each region."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuroloop.report.cards import Card
    from neuroloop.report.flags import Against

ORDER = 1
TITLE = "Brain decoding"
BLOCKS = "datasets"
ASSETS = ("decoding.html.j2",)


def chapters(name: str, block: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """One chapter a dataset."""
    folder = f"results/fmri/{name}"
    figures = {"figure": "decoding", "matrix": "matrix"}
    figures |= {"confusion": "confusion", "calibration": "calibration"}
    drawn = {key: f"{folder}/{file}.svg" for key, file in figures.items()}
    return {name: {"accuracies": f"{folder}/decoding.tsv", **drawn}}


def cards(of: str, files: Mapping[str, str], block: Mapping[str, Any]) -> list["Card"]:
    """What can be read from the brain."""
    from neuroloop.report.answers.decoding import decoding_card, read_decoding

    return [decoding_card(of, read_decoding(files["accuracies"]), block)]


def flags(of: str, files: Mapping[str, str], block: Mapping[str, Any]) -> list["Against"]:
    """Tests that n does not allow."""
    from neuroloop.report.answers.decoding import read_decoding
    from neuroloop.report.answers.table_flags import decoding_flags

    return decoding_flags(read_decoding(files["accuracies"]))


def context(files: Mapping[str, str]) -> dict[str, Any]:
    """The table of accuracies, with what each row found in words."""
    from neuroloop.report.answers.decoding import read_decoding
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

    table = read_decoding(files["accuracies"])
    says_nothing = (table["ci_low"] <= 0) & (table["ci_high"] >= 1)
    table.loc[says_nothing, ["ci_low", "ci_high"]] = float("nan")
    table["finding"] = [_finding(row) for _, row in table.iterrows()]
    columns = {
        "subject": Column("Subject", "mean: of these people; group: of people like them."),
        "roi": Column("Region"),
        "decoder": Column("Decoder"),
        "accuracy": PERCENT.named(
            "Accuracy, %",
            "Samples named right, and 95 % interval; none where it holds every accuracy.",
            True,
        ),
        "chance": PERCENT.named("Chance, %", "What predictions score that know nothing."),
        "balanced_accuracy": PERCENT.named("Balanced, %", "Mean accuracy of the classes."),
        "null_mean": PERCENT.named("Null, %", "Mean balanced accuracy on permuted labels."),
        "p": P._replace(permutations="permutations"),
        "q": Q._replace(permutations="permutations"),
        "permutations": COUNT.named(
            "Permutations", "Of labels: p cannot be below 1 / (these + 1)."
        ),
        "finding": Column("Finding", "At q 0.05.", "words"),
        "n": Column("Samples", kind="count"),
        "unit": UNIT,
        "scope": SCOPE,
        "family": FAMILY,
        "reason": REASON,
    }
    title = "Accuracy by subject, region and decoder"
    return {"table": shown(title, table, columns, files["accuracies"])}


def methods(of: str, block: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    """How a dataset was decoded."""
    from neuroloop import registry
    from neuroloop.report.cards import listed
    from neuroloop.report.passport import counted
    from neuroloop.statistics.prevalence import fewest_people

    simulated = " (simulated)" if block["source"] == "simulated" else ""
    decoders = [
        f"{name} ({registry.entry('decoder', config['decoders'][name]['method']).LEGEND})"
        for name in block["decoders"]
    ]
    people = len(block["subjects"])
    majority = (
        " Whether most people carry the information was tested by prevalence inference (Allefeld "
        "et al. 2016)."
        if people >= fewest_people()
        else f" That most people carry the information cannot be shown of fewer than "
        f"{fewest_people()} subjects by prevalence inference (Allefeld et al. 2016)."
    )
    return (
        f"Brain data {of}{simulated}: {counted(people, 'subject')}, "
        f"{counted(len(block['rois']), 'region')} ({listed(list(block['rois']))}). Samples were "
        f"dealt to {block['folds']} folds by {block['fold_by']}, and their categories predicted "
        "out of fold; voxels were selected, scaled and calibrated inside each training fold "
        f"alone. Decoders: {'; '.join(decoders)}. Balanced accuracy was compared with "
        f"{block['permutations']} permutations of labels, and p corrected within families of tests "
        "by step-down maxT (Westfall and Young 1993; Nichols and Holmes 2002). Intervals of "
        f"accuracy are 95 % score intervals over what is alike.{majority}"
    )


def _finding(row: Any) -> str:
    """What a row says at 5 %, and what it could have said."""
    from neuroloop.report.answers.decoding import SIGNIFICANT

    if row["q"] != row["q"]:
        return ""
    if row["q"] <= SIGNIFICANT:
        return "in most people" if row["family"].startswith("people") else "above chance"
    if row["family"].startswith("people"):
        return "not shown for most people"
    return f"not above chance; {100 * row['smallest_effect']:.1f} points could have been seen"
