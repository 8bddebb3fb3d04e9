"""Which neuroloop runs: the one beside these rules, or else an installed one of their version.

Included first. A checkout runs its own library whatever copy an environment holds; rules that
Snakemake fetches from git find no library beside them.
"""

import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

#: Version of the library that these rules belong to.
VERSION = "0.1.0"

#: Folder of these rules, on disk or in a repository that Snakemake reads them from.
RULES = workflow.current_basedir

#: Whether another workflow uses this one.
IS_MODULE = not workflow.modifier.is_main_snakefile()


def source(path):
    """A file of this workflow: where it lies, or Snakemake's copy of what lies in a repository."""
    if RULES.is_local:
        return str(Path(RULES.get_path_or_uri(secret_free=True)).parent / path)
    return workflow.sourcecache.get_path(RULES.join(f"../{path}"))


def find_library():
    """Import the right library here and in jobs, or refuse in one line."""
    beside = Path(source("neuroloop")) if RULES.is_local else None
    if beside and beside.is_dir():
        home = str(beside.parent)
        sys.path.insert(0, home)
        jobs = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        first = [home, *(path for path in jobs if path and path != home)]
        os.environ.update(PYTHONPATH=os.pathsep.join(first))
    try:
        import neuroloop

        found = Path(neuroloop.__file__).parent
        version = neuroloop.__version__
    except (ImportError, AttributeError, TypeError):
        raise WorkflowError(f"neuroloop is not installed: {remedy()}") from None
    if beside and beside.is_dir() and not found.samefile(beside):
        raise WorkflowError(
            f"neuroloop was imported from {found} before the rules beside {beside} were read: "
            "use one copy of NeuroLoop at a time"
        )
    if version != VERSION:
        raise WorkflowError(
            f"neuroloop {version} is installed ({found}), these rules need {VERSION}: {remedy()}"
        )


def remedy():
    """Command that installs the library of these rules."""
    if hasattr(RULES, "host"):
        address = f"git+https://{RULES.host}/{RULES.repo}@{RULES.ref}"
        return f"run pip install 'neuroloop[workflow] @ {address}'"
    return f"install version {VERSION} with pip"


def without_locks(prepare):
    """Have Snakemake set no lock files: they outlive a killed run, and stop the next one.

    neuroloop/workflow/folder_lock.py keeps a second run out instead. The option `nolock` of
    profiles/default reaches neither a module nor a run without that profile.
    """
    return lambda **options: prepare(**{**options, "nolock": True})


find_library()
workflow._prepare_dag = without_locks(workflow._prepare_dag)
