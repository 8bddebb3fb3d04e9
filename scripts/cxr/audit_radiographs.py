"""Look for ways in which classes of radiographs are known without the lungs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from neuroloop.cxr.audit import film_cues
from neuroloop.cxr.audit.class_checks import class_checks
from neuroloop.cxr.audit.copies import OtherSet, copy_checks, external_checks
from neuroloop.cxr.audit.file_cues import CONTENT, kind_cues, place_cues, sources_of, stored_cues
from neuroloop.cxr.audit.marks import Patches, contrasts, marks, never_lung
from neuroloop.cxr.audit.names import told_names
from neuroloop.cxr.audit.scaling import scaling_check
from neuroloop.cxr.audit.sources import mixed_apart, pooled_check, told_apart
from neuroloop.cxr.audit.told_classes import Cues, deal
from neuroloop.cxr.radiograph_set import RadiographSet, load_radiograph_set
from neuroloop.files.formats import StrPath, open_array, read_table
from neuroloop.jobs.job import job
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.report.audit import save_checks

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def audit_radiographs(
    *,
    source: StrPath | None,
    radiographs: StrPath,
    regions: StrPath,
    folds: StrPath,
    dropped: StrPath,
    properties: StrPath,
    other_radiographs: Sequence[StrPath],
    other_tables: Sequence[StrPath],
    known: Sequence[StrPath],
    flags: StrPath,
    seed: int,
) -> None:
    """Write flags.json.

    Parameters
    ----------
    source : path or None
        Folder or manifest of the files; None of simulated radiographs, which have none.
    radiographs, regions, folds, dropped, properties : path
        radiographs.npy, regions.npz, folds.tsv, dropped.tsv and file_properties.tsv.
    other_radiographs, other_tables, known : sequence of path
        radiographs.npy, radiographs.tsv and known.tsv of each set that classifiers are tested on.
    flags : path
        As `report.audit.save_checks` writes it.
    seed : int
        Root seed.
    """
    name = Path(flags).parent.name
    columns = {"radiograph": str, "file": str, "label": str, "patient": str}
    shown = load_radiograph_set(radiographs, regions, folds)
    files = read_table(properties, columns)
    left_out = read_table(dropped, {"file": str, "reason": str})
    checks = copy_checks(name, shown.table, shown.pixels, files, left_out)
    checks += external_checks(
        name, shown.pixels, read_others(other_radiographs, other_tables, known)
    )
    own = shown.table[["radiograph"]].merge(files, "left", "radiograph")
    folder = Path(flags).parent
    cues, statistics = film_looks(shown, folder)
    dates = [""] * len(own)
    not_done = []
    levels = statistics
    if source:
        below = Path(source) if Path(source).is_dir() else Path(source).parent
        stored = stored_cues([below / file for file in own["file"]])
        kinds = pd.concat([kind_cues(own, shown.pixels), stored.cues], axis=1)
        content = [column for column in kinds if column in CONTENT]
        cues |= {"files": kinds.drop(columns=content), "compression": kinds[content]}
        levels = stored.statistics.set_axis(["mean", "deviation"], axis=1)
        statistics = pd.concat([statistics, stored.statistics], axis=1)
        dates = stored.dates
    else:
        not_done.append("Files are not looked at: simulated radiographs have none.")
    sources = sources_of(shown.table, own)
    labels, patients = shown.table["label"], shown.table["patient"]
    cues["places"] = place_cues(sources, len(own))
    checks.append(scaling_check(name, statistics, {"class": labels, **sources}))
    checks.append(pooled_check(name, levels, sources, patients))
    deals = deal(labels, patients, numpy_generator(seed, "audit", "deals"))
    if deals:
        streams = [numpy_generator(seed, "audit", what) for what in ("ends", "sources", "names")]
        whole, ends = (
            film_cues.by_batches(look, shown.pixels)
            for look in (film_cues.histogram, film_cues.ends)
        )
        own_deals = {
            "ends": told_apart(ends, {"class": labels.tolist()}, patients, streams[0]),
            "histogram": told_apart(
                whole, mixed_apart(sources, labels.tolist(), patients), patients, streams[1]
            ),
        }
        if source:
            names = own["file"].tolist()
            own_deals["names"] = told_names(names, dates, labels, patients, sources, streams[2])
        checks += class_checks(name, cues, deals, own_deals, folder)
    else:
        not_done.append(
            "What else tells the class is not looked at: a class has too few patients for two "
            "folds that have all classes."
        )
    save_checks(flags, checks, not_done)


def film_looks(shown: RadiographSet, folder: Path) -> tuple[dict[str, Cues], pd.DataFrame]:
    """Cues of radiographs as networks see them (`class_checks.LOOKS`), and their grey levels."""
    outside = film_cues.outside_lungs(shown.lungs, len(shown.pixels))
    light = film_cues.by_batches(film_cues.light, shown.pixels)
    seen = contrasts(shown.pixels, folder)
    apart = never_lung(outside, seen.block)
    cues: dict[str, Cues] = {
        "borders": film_cues.by_batches(film_cues.borders, shown.pixels),
        "marks": marks(seen, apart),
        "patches": Patches(seen, apart),
        "overlays": Patches(seen, ~apart),
        "background": film_cues.background(shown.pixels, outside),
        "grain": film_cues.grain(shown.pixels, outside),
        "pixels": film_cues.single_pixels(shown.pixels, shown.table["label"]),
        "light": light,
        "spectrum": film_cues.spectrum(shown.pixels),
    }
    return cues, light[["mean", "deviation"]]


def read_others(
    radiographs: Sequence[StrPath], tables: Sequence[StrPath], known: Sequence[StrPath]
) -> Mapping[str, OtherSet]:
    """Sets that classifiers are tested on, by name."""
    ids = {"radiograph": str}
    return {
        Path(table).parent.name: OtherSet(
            read_table(table, ids), open_array(pixels)[0], read_table(left_out, ids)
        )
        for pixels, table, left_out in zip(radiographs, tables, known, strict=True)
    }


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        audit_radiographs(
            source=snakemake.input.get("source") or None,
            radiographs=snakemake.input.radiographs,
            regions=snakemake.input.regions,
            folds=snakemake.input.folds,
            dropped=snakemake.input.dropped,
            properties=snakemake.input.properties,
            other_radiographs=snakemake.input.other_radiographs,
            other_tables=snakemake.input.other_tables,
            known=snakemake.input.known,
            flags=snakemake.output.flags,
            seed=snakemake.params.seed,
        )
