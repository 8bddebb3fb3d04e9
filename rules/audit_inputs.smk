"""Functions that the rules of audits share: which files of checks and surrogates each data set has. No rule stands here."""


def brain_audit(dataset):
    """Files of checks and of surrogates of a dataset of brain data."""
    subjects = config["datasets"][dataset]["subjects"]
    decoders = without_variant(config["datasets"][dataset]["decoders"])
    audited = decoders if config["audit"]["surrogates"] else []
    decoded = decoded_files(dataset, "", audited)
    folders = [f"results/audit/{folder.removeprefix('results/')}" for folder in decoded]
    return {
        "checks": [
            *(f"results/audit/fmri/{dataset}/{name}/flags.json" for name in subjects),
            *(f"{folder}notes.json" for folder in folders),
            *taught_files(dataset, "notes.json"),
        ],
        "surrogates": [
            *(f"{folder}surrogates.tsv" for folder in folders),
            *taught_files(dataset, "taught_surrogates.tsv"),
        ],
    }


def surrogate_teaching(dataset):
    """Wildcards of the jobs in which a dataset's surrogates teach; None if there are none."""
    block, audit = config["datasets"][dataset], config["audit"]
    if not (audit["students"] and audit["surrogates"] and taught(dataset)):
        return None
    teaching = block["teaching"]
    if "brain" not in teaching["teachers"]:
        return None
    return {
        "dataset": [dataset],
        "subject": block["subjects"],
        "roi": block["rois"],
        "decoder": without_variant(teaching["decoders"]),
        "student": teaching["students"],
    }


def taught_files(dataset, name):
    """One file of every job in which a dataset's surrogates teach."""
    values = surrogate_teaching(dataset)
    pattern = "results/audit/fmri/{dataset}/{subject}/{roi}/{decoder}/{student}/{name}"
    return expand(pattern, **values, name=name) if values else []


def scan_input(wildcards):
    """Input function: what the import kept of a subject's scan; nothing of simulated subjects."""
    reads = hasattr(source_entry(wildcards), "read")
    kept = f"results/fmri/{wildcards.dataset}/{wildcards.subject}/scan.npz"
    return kept if reads else []


def scanned(name):
    """Input function: files of a scan's images that an audit reads, where the source has some."""

    @with_signature
    def files(wildcards):
        entry = source_entry(wildcards)
        if not hasattr(entry, "scanned"):
            return []
        return [*map(users, entry.scanned(subject_input(wildcards)).get(name, []))]

    return files


def label_shift(wildcards):
    """Seconds by which the labels of the wildcards' dataset were moved to later volumes."""
    dataset = config["datasets"][wildcards.dataset]
    return dataset.get(dataset["source"], {}).get("shift", 0.0)


def neuron_audit(area):
    """Files of checks and of surrogates of an area."""
    block = config["areas"][area]

    def files(name):
        return expand(
            "results/audit/calcium/{area}/{session}/{reader}/{name}",
            area=area,
            session=block["sessions"],
            reader=block["readers"],
            name=name,
        )

    drawn = config["audit"]["surrogates"] > 0
    return {
        "checks": files("leaks.json") + files("not_done.json") * drawn,
        "surrogates": files("surrogates.tsv") * drawn,
    }


def film_audit(dataset):
    """Files of checks and of surrogates of a set of radiographs."""
    folder = f"results/audit/cxr/{dataset}"
    trained = [
        f"{folder}/{case}/{classifier}"
        for case, classifier in trainings(config["radiographs"][dataset])
        if config["audit"]["surrogates"]
    ]
    return {
        "checks": [
            f"{folder}/flags.json",
            *(f"{one}/notes.json" for one in trained),
        ],
        "surrogates": [f"{one}/surrogates.tsv" for one in trained],
    }


def audited_source(wildcards):
    """Input function: where the files of the wildcards' set of radiographs lie, if it has files."""
    simulated = config["radiographs"][wildcards.dataset]["source"] == "simulated"
    return [] if simulated else radiograph_input(wildcards)


def audited_content(wildcards):
    """What these files hold, for params."""
    simulated = config["radiographs"][wildcards.dataset]["source"] == "simulated"
    return "" if simulated else radiograph_content(wildcards)


def external_inputs(wildcards, pattern):
    """A file of each set that the classifiers of the wildcards' set are tested on."""
    others = config["radiographs"][wildcards.dataset]["external"]
    return [
        f"results/cxr/{pattern}".format(dataset=wildcards.dataset, other=other)
        for other in others
    ]


def audit_files(which):
    """All files of checks, or of surrogates, each with the name of its data set."""
    audits = {
        "datasets": brain_audit,
        "areas": neuron_audit,
        "radiographs": film_audit,
    }
    return [
        (name, file)
        for kind, files in audits.items()
        for name in running(kind)
        for file in files(name)[which]
    ]
