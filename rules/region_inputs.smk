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
        return {"responses": region_responses(wildcards)}
    dataset = config["datasets"][wildcards.dataset]
    entry = source_entry(wildcards)
    found = entry.region_inputs(dataset, wildcards.subject, wildcards.roi)
    return named_inputs(wildcards, found)


@with_signature
def region_name(wildcards):
    """Name of the wildcards' region in the responses: its flag, or its own."""
    roi = config["datasets"][wildcards.dataset]["rois"][wildcards.roi]
    return roi.get("flag") or wildcards.roi


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


def region_responses(wildcards):
    """Responses that hold the wildcards' region: the subject's, or simulated ones of its own."""
    simulated = config["datasets"][wildcards.dataset]["source"] == "simulated"
    own = f"{wildcards.roi}/" if simulated else ""
    return f"results/fmri/{wildcards.dataset}/{wildcards.subject}/{own}responses.h5"


def decoder_variant(wildcards):
    """Variant of the wildcards' decoder, if it has one."""
    name = config["decoders"][wildcards.decoder]["variant"]
    return [name] if name else []


def compares_regions(wildcards):
    """Whether the wildcards' decoder is a variant that compares the regions of a subject."""
    return any(
        registry.entry("variant", name).COMPARES for name in decoder_variant(wildcards)
    )


def compared_regions(wildcards):
    """Input function: voxels of all regions of the wildcards' subject, if their decoder compares them."""
    if not compares_regions(wildcards):
        return []
    rois = config["datasets"][wildcards.dataset]["rois"]
    folder = f"results/fmri/{wildcards.dataset}/{wildcards.subject}"
    return [f"{folder}/{roi}/voxels.npz" for roi in rois]


def asked_variant(wildcards):
    """What the variant of the wildcards' decoder is asked; None without one."""
    rois = config["datasets"][wildcards.dataset]["rois"]
    compared = rois if compares_regions(wildcards) else {}
    for name in decoder_variant(wildcards):
        return {
            "name": name,
            "of": f"{wildcards.subject}/{wildcards.roi}",
            "regions": {roi: compared[roi]["voxels"] for roi in compared},
        }


def whole_responses(wildcards):
    """Input function: responses that hold the regions of the wildcards' subject; none if masks do."""
    return subject_responses(wildcards.dataset, [wildcards.subject])


def dataset_responses(wildcards):
    """Input function: responses that hold the regions of the wildcards' subjects; none if masks do."""
    subjects = config["datasets"][wildcards.dataset]["subjects"]
    return subject_responses(wildcards.dataset, subjects)


def subject_responses(dataset, subjects):
    """Responses that hold the regions of subjects: one file each, or simulated ones of each region."""
    if reads_apart(dataset):
        return []
    block = config["datasets"][dataset]
    rois = (
        [f"{roi}/" for roi in block["rois"]] if block["source"] == "simulated" else [""]
    )
    return [
        f"results/fmri/{dataset}/{subject}/{roi}responses.h5"
        for subject in subjects
        for roi in rois
    ]


def responses_sidecar(wildcards):
    """Input function: facts of the import of the wildcards' subject, if there was one."""
    if config["datasets"][wildcards.dataset]["source"] == "simulated":
        return []
    return f"results/fmri/{wildcards.dataset}/{wildcards.subject}/responses.json"


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
