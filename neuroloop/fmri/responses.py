"""What import keeps of a subject: its samples, and the responses that regions are parts of."""

from neuroloop.files.formats import StrPath
from neuroloop.fmri.bdata import write_bdata
from neuroloop.fmri.copies import digest
from neuroloop.fmri.samples import save_samples
from neuroloop.fmri.source import Imported


def save_responses(samples: StrPath, responses: StrPath, found: Imported) -> None:
    """Write samples.tsv, and responses.h5 with its sidecar.

    Parameters
    ----------
    samples, responses : path
        samples.tsv, and a BData file.
    found : Imported
    """
    described = (found.unit, found.voxel_xyz, found.units, found.voxel_keys)
    write_bdata(
        responses,
        found.brain,
        *described,
        digest=digest(found.brain.voxels),
        facts=found.facts,
    )
    save_samples(samples, found.brain.rows, found.unit)
