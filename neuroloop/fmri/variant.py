"""A variant of a decoder: what it is asked, what it chose, and the voxels that come of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from neuroloop import registry
from neuroloop.files.formats import StrPath
from neuroloop.fmri.decoding import Problem, load_problem
from neuroloop.jobs.seeds import derive_seed


class Region(NamedTuple):
    """A region of the subject.

    Attributes
    ----------
    problem : Problem
    n_voxels : int or None
        Voxels to select inside each training fold, None for all.
    """

    problem: Problem
    n_voxels: int | None


@dataclass(frozen=True, eq=False)
class Asked:
    """How a region is decoded, and beside which others.

    Attributes
    ----------
    decoder : mapping
        ``method`` and its settings.
    n_voxels : int or None
        Voxels to select inside each training fold, None for all.
    calibration_folds : int
        Folds inside each training fold.
    regions : mapping of str to Region
        All regions of the subject, this one too, by name; empty if the variant compares none.
    seed : int
        Of the variant's own random stream.
    """

    decoder: Mapping[str, Any]
    n_voxels: int | None
    calibration_folds: int
    regions: Mapping[str, Region]
    seed: int


class Varied(NamedTuple):
    """What is decoded.

    Attributes
    ----------
    parts : list of Problem
        One, or one for each fold with its split alone.
    n_voxels : int or None
        Voxels to select inside each training fold, None for all.
    facts : dict
        ``variant`` and what it did, for sidecars; empty without a variant.
    """

    parts: list[Problem]
    n_voxels: int | None
    facts: dict[str, Any]


def load_regions(
    paths: Sequence[StrPath], variant: Mapping[str, Any] | None, folds: StrPath, stimuli: StrPath
) -> dict[str, Region]:
    """Read the regions that a variant compares.

    Parameters
    ----------
    paths : sequence of path
        voxels.npz of each region.
    variant : mapping or None
        ``regions``: by region, in the order of the paths, voxels to select inside each training
        fold.
    folds, stimuli : path
        folds.tsv and stimuli.tsv.
    """
    named = variant["regions"] if variant else {}
    return {
        name: Region(load_problem(path, folds, stimuli), n_voxels)
        for path, (name, n_voxels) in zip(paths, named.items(), strict=True)
    }


def varied(problem: Problem, variant: Mapping[str, Any] | None, how: Asked) -> Varied:
    """Vary a region's problem as its decoder's block asks.

    Parameters
    ----------
    problem : Problem
    variant : mapping or None
        Its ``name``, and ``of``, the subject and region, whose chance is their own. None leaves the
        problem as it is.
    how : Asked
        With the root seed.

    Raises
    ------
    NeuroLoopError
        If the data do not allow the variant.
    """
    if variant is None:
        return Varied([problem], how.n_voxels, {})
    name = variant["name"]
    seed = derive_seed(how.seed, "variant", name, variant["of"])
    own = replace(how, seed=seed)
    facts = {"name": name, "seed": seed, **registry.entry("variant", name).choose(problem, own)}
    parts = varied_again(problem, facts)
    return Varied(parts, facts.get("selected", how.n_voxels), {"variant": facts})


def varied_again(problem: Problem, facts: dict[str, Any] | None) -> list[Problem]:
    """Vary a region's problem as it was varied when it was decoded.

    Parameters
    ----------
    problem : Problem
    facts : dict or None
        ``variant`` of samples.json; None leaves the problem as it is.
    """
    if facts is None:
        return [problem]
    parts: list[Problem] = registry.entry("variant", facts["name"]).vary(problem, facts)
    return parts
