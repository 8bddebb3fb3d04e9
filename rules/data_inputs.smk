"""Functions that find the user's files, and say what they hold. No rule stands here."""

from snakemake.io import ancient, local

from neuroloop.files.data_link import LINK, as_it_lies, target
from neuroloop.files.folder_contents import files_in, read_contents
from neuroloop.workflow.content_digest import digest_files, whole_digest
from neuroloop.workflow.data_place import place_data
from neuroloop.workflow.folder_lock import FolderInUse

#: Where it is remembered what was read of files.
DIGESTS = Path(".neuroloop/digests")

#: Input files that the jobs at hand need and that are not there.
MISSING = {}


@cache
def data_folder():
    """The data folder and the path by which jobs name it; None if it is not known."""
    try:
        folder = expand_path(".", config["data_folder"])
    except ConfigError:
        return None
    if not folder.is_dir():
        return folder, folder
    if not workflow.is_main_process:
        return folder, LINK if target() else folder
    try:
        return folder, place_data(folder, Path.cwd())
    except FolderInUse as error:
        raise WorkflowError(str(error)) from None


def users(path):
    """Mark a file or folder of the user: it counts by its content (`contents_of`), not by its time."""
    return ancient(local(str(path)))


def data_input(path, key):
    """Input file below the data folder, or nothing if it is missing.

    A missing file is remembered: a dry-run goes on without it, a run stops before its first job
    with one line (`refuse_missing_inputs`).
    """
    try:
        full = expand_path(path, config["data_folder"])
    except ConfigError as error:
        MISSING[path] = f"{error}; {origin(SOURCES, path)}"
        return []
    if not full.exists():
        MISSING[path] = (
            f"{full} is missing (config, {key}): {origin(SOURCES, path)}; put it there, "
            "or change that key or data_folder"
        )
        return []
    if not (full.is_file() or full.is_dir()):  # Snakemake would wait for a pipe
        MISSING[path] = f"{full} is a device or pipe (config, {key}): name a file"
        return []
    known = data_folder()
    if known and full.is_relative_to(known[0]):
        return users(known[1] / full.relative_to(known[0]))
    return users(full)


def data_folders():
    """The data folder as jobs name it, if it is known."""
    known = data_folder()
    return [str(known[1])] if known else []


def contents_of(*inputs, folders=None):
    """Function of the wildcards, for params: what the user's files among these inputs hold.

    `inputs` are input functions of the rule, called once more: Snakemake compares no param that is
    made of `input`. `folders` says what folders and manifests among them hold.
    """

    @with_signature
    def contents(wildcards):
        if not workflow.is_main_process:  # what a job starts has no use for it
            return []
        named = sorted({path for find in inputs for path in flat(find(wildcards))})
        files = tuple(path for path in named if is_users(path) and Path(path).is_file())
        return [*files_digest(files), *(flat(folders(wildcards)) if folders else [])]

    return contents


def flat(found):
    """What an input function returned, as a list."""
    if isinstance(found, dict):
        return [path for paths in found.values() for path in flat(paths)]
    return [found] if isinstance(found, str) else list(found)


def is_users(path):
    """Whether an input is a file of the user, and made by no job."""
    return Path(path).is_absolute() or Path(path).is_relative_to(LINK)


@cache
def files_digest(files):
    """Digest of files of the user, those below the data folder by their paths below it."""
    parted = {LINK: [], Path("/"): []}
    for path in map(Path, files):
        folder = next(folder for folder in parted if path.is_relative_to(folder))
        parted[folder].append(str(path.relative_to(folder)))
    return [
        digest_files(folder, names, DIGESTS, logger.info)
        for folder, names in parted.items()
        if names
    ]


def changed_in(find):
    """Function of the wildcards, for params: folders of results that were changed since they were made.

    `find` is an input function that names folders. What a job put into them stands in the file
    beside them, which is an input; nothing tells Snakemake of a file that was changed later.
    """

    @with_signature
    def changed(wildcards):
        if not workflow.is_main_process:
            return []
        found = {path: folder_digest(path) for path in flat(find(wildcards))}
        return sorted(f"{path}: {digest}" for path, digest in found.items() if digest)

    return changed


@cache
def folder_digest(folder):
    """Digest of a folder of results, if it holds something else than was put into it."""
    contents = Path(f"{folder}.json")
    if not (Path(folder).is_dir() and contents.is_file()):
        return ""
    found = digest_files(Path(folder), files_in(folder), DIGESTS, logger.info)
    try:
        return "" if found == whole_digest(read_contents(contents)) else found
    except NeuroLoopError:
        return found


def images_digest(folder, find):
    """Digest of the images that `find` names in a folder; what a job starts has no use for it."""
    if not workflow.is_main_process:
        return ""
    folder = Path(folder)
    return digest_files(folder, find(folder), DIGESTS, logger.info)


def subject_input(wildcards):
    """Input function: the files that the source of the wildcards' dataset reads of a subject."""
    dataset = config["datasets"][wildcards.dataset]
    entry = source_entry(wildcards)
    files = named_inputs(wildcards, entry.inputs(dataset, wildcards.subject))
    beside = entry.beside(files) if hasattr(entry, "beside") else {}
    return files | {name: [*map(users, paths)] for name, paths in beside.items()}


def named_inputs(wildcards, found):
    """Input files that a source names of the wildcards' dataset, by name, without missing ones."""
    files = {
        name: [
            data_input(path, f"datasets.{wildcards.dataset}.{key}")
            for key, path in named
        ]
        for name, named in found.items()
    }
    return {name: [path for path in paths if path] for name, paths in files.items()}
