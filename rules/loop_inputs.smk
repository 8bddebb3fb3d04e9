"""Functions of the closed loop: which datasets close it, and of which files. No rule stands here."""


def closes_loop(dataset):
    """Whether a dataset's brains are looked for in the students that they taught."""
    teaching = config["datasets"][dataset]["teaching"]
    return bool(teaching and teaching["loop"])


def keeps_every_seed():
    """Whether the weights of students of all seeds are kept: if any dataset that runs closes the loop."""
    return any(map(closes_loop, running("datasets")))


def every_seed(folder):
    """Output, by name: weights of the students of all seeds, if they are kept."""
    kept = {"every": f"results/{folder}/every.safetensors"}
    return kept if keeps_every_seed() else {}


def repeats_files(dataset):
    """What every region of a dataset answered to images that were shown again and again."""
    return region_files(dataset, "repeats.npz")


def student_parts(dataset):
    """Files that lie beside model.json of every group of students."""
    names = ("weights.safetensors", "images.npz")
    return [path for name in names for path in student_files(dataset, name)]
