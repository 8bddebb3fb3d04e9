"""Functions that the rules share about regions: files that they are read from, and made of them. No rule stands here."""


def reads_apart(dataset):
    """Whether a dataset's regions are read from files of their own, such as masks."""
    source = config["datasets"][dataset]["source"]
    return source in registry.having("fmri_source", "read_region")


def region_source(wildcards):
    """Source of the wildcards' dataset, if it reads regions from files of their own."""
    return fmri_source(wildcards) if reads_apart(wildcards.dataset) else []


def region_input(wildcards):
    """Input function: files that the wildcards' region is read from: its own, or the responses."""
    if not reads_apart(wildcards.dataset):
        return {"responses": whole_responses(wildcards)}
    dataset = config["datasets"][wildcards.dataset]
    entry = source_entry(wildcards)
    found = entry.region_inputs(dataset, wildcards.subject, wildcards.roi)
    return named_inputs(wildcards, found)


def region_scan(wildcards):
    """Input function: what the import kept of the scan, if the source reads the region."""
    kept = f"results/fmri/{wildcards.dataset}/{wildcards.subject}/scan.npz"
    return kept if reads_apart(wildcards.dataset) else []


def region_options(wildcards):
    """How the source reads the wildcards' region; None if the responses hold it."""
    if not reads_apart(wildcards.dataset):
        return None
    dataset = config["datasets"][wildcards.dataset]
    return source_entry(wildcards).region_options(dataset, wildcards.roi)


def region_needs(wildcards, name, usual):
    """Memory or time of extracting the wildcards' region: of an import, if the source reads it."""
    apart = reads_apart(wildcards.dataset)
    return source_needs(wildcards, name, usual) if apart else usual


def whole_responses(wildcards):
    """Input function: responses of the wildcards' subject, if they hold its regions."""
    apart = reads_apart(wildcards.dataset)
    kept = f"results/fmri/{wildcards.dataset}/{wildcards.subject}/responses.h5"
    return [] if apart else kept


def dataset_responses(wildcards):
    """Input function: responses of the wildcards' subjects, if they hold the regions."""
    apart = reads_apart(wildcards.dataset)
    return [] if apart else subject_files(wildcards.dataset, "responses.h5")


def read_apart(name):
    """Input function: a file of each region of the wildcards' subject, if they are read apart."""

    @with_signature
    def files(wildcards):
        folder = f"results/fmri/{wildcards.dataset}/{wildcards.subject}"
        rois = config["datasets"][wildcards.dataset]["rois"]
        apart = reads_apart(wildcards.dataset)
        return [f"{folder}/{roi}/{name}" for roi in rois] if apart else []

    return files


def region_files(dataset, name):
    """One file of every subject and region of a dataset."""
    block = config["datasets"][dataset]
    return [
        f"results/fmri/{dataset}/{subject}/{roi}/{name}"
        for subject in block["subjects"]
        for roi in block["rois"]
    ]
