"""Functions that the rules of audits share: which files of checks and surrogates each data set has. No rule stands here."""


def brain_audit(dataset):
    """Files of checks and of surrogates of a dataset of brain data."""
    return {"checks": [], "surrogates": []}


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
    return {"checks": [], "surrogates": []}


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
