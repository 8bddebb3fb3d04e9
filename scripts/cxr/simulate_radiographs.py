"""Simulate chest radiographs whose lungs and lesions are known."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from neuroloop.cxr import simulate
from neuroloop.cxr.content_hashes import content_hashes
from neuroloop.cxr.simulated_settings import RadiographSettings
from neuroloop.files.formats import StrPath, save_array, save_arrays, save_table
from neuroloop.files.intake import Intake
from neuroloop.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def simulate_radiographs(
    *, outputs: Mapping[str, StrPath], simulation: Mapping[str, Any], size: int, seed: int
) -> None:
    """Write radiographs, their table and what is known of them.

    Parameters
    ----------
    outputs : mapping
        ``radiographs``, ``regions``, ``table``, ``dropped``, ``properties``, ``intake``.
    simulation : mapping
        Values of `RadiographSettings`, but for its size.
    size : int
        Side of a radiograph in pixels.
    seed : int
        Root seed.
    """
    settings = RadiographSettings(size=size, **simulation)
    drawn = simulate.simulate_radiographs(seed, settings)
    ids = {"radiograph": drawn.radiographs.tolist()}
    table = pd.DataFrame(
        {
            "radiograph": drawn.radiographs,
            "file": "",
            "label": drawn.labels,
            "patient": drawn.patients,
        }
    )
    if settings.sites > 1:
        table["site"] = drawn.sites
    save_table(outputs["table"], table)
    save_table(outputs["dropped"], pd.DataFrame(columns=["file", "reason"]))
    axes = ("radiograph", "row", "column")
    pixels = np.rint(drawn.images * 255).astype(np.uint8)
    save_array(
        outputs["radiographs"],
        pixels,
        axes=axes,
        units="grey level of 255",
        ids=ids,
        seed=seed,
        content=[content_hashes(radiograph) for radiograph in pixels],
        patients_of=f"simulation with seed {seed}",
    )
    save_arrays(
        outputs["regions"],
        {"lungs": drawn.lungs, "lesions": drawn.lesions},
        axes={"lungs": axes, "lesions": axes},
        source="simulated",
    )
    save_table(
        outputs["properties"],
        table.assign(mean=(pixels.mean(axis=(1, 2)) / 255).round(6)),
    )
    intake = Intake()
    intake.recognise(
        f"{len(table)} radiographs of {table['patient'].nunique()} patients are simulated; nothing "
        "was read."
    )
    intake.save(outputs["intake"])


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        simulate_radiographs(
            outputs=snakemake.output,
            simulation=snakemake.params.simulation,
            size=snakemake.params.size,
            seed=snakemake.params.seed,
        )
