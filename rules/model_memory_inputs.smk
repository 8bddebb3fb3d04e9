"""Functions that count what networks keep that are looked into, for the memory of these jobs. No rule stands here."""

from neuroloop.workflow import reader_size

#: A network of the user's own whose size cannot be told before it is opened, and a side of its
#: images.
UNKNOWN = {"backbone": "resnet50", "width": 64, "stem": "imagenet"}
USUAL_SIDE = 224


def sizes_of_model(model):
    """Bytes that a network keeps of an image, its weights, and pixels of an image."""
    path = config["explain"]["models"][model]
    kinds = {
        "cxr": classifier_sizes,
        "calcium": reader_sizes,
        "distill": student_sizes,
        "fmri": line_sizes,
    }
    parts = Path(path).parts
    try:
        if path.startswith("results/") and parts[1] in kinds:
            return kinds[parts[1]](parts)
    except (KeyError, IndexError):
        pass  # no network of this config: the run tells
    return own_sizes(model)


def classifier_sizes(parts):
    """Of a classifier of radiographs: results/cxr/dataset/case/classifier."""
    classifier = config["classifiers"][parts[4]]
    every = network_size.sections(classifier)
    pixels = read_side(parts[2], classifier) ** 2
    kept = sum(one.kept for one in every) * pixels
    return kept, sum(one.weights for one in every), pixels


def reader_sizes(parts):
    """Of a reader of frames: results/calcium/area/session/reader."""
    reader, pixels = config["readers"][parts[4]], pixels_of_frames(parts[2])
    found = reader_size.reader_items(reader | {"batch_size": 8}, pixels)
    held = memory.LAWS["train_reader"].terms["read byte"] * found["read byte"] / 8
    return held, found["reader weight"], pixels


def student_sizes(parts):
    """Of a student, or of the CNN that teaches: results/distill/dataset/.../student."""
    teaching = config["datasets"][parts[2]]["teaching"]
    student = config["students"][parts[-2]] | {"batch_size": 1}
    if parts[3] == "cnn":
        student |= {"depth": teaching["cnn_depth"]}
    found = memory.network_items(student, 1)
    return found["kept byte"], found["weight"], student["crop"] ** 2


def line_sizes(parts):
    """Of a decoder: results/fmri/dataset/subject/region/decoder."""
    names = dict(zip(("dataset", "subject", "roi", "decoder"), parts[2:]))
    region = region_of(SimpleNamespace(**names))
    decoder = config["decoders"][names["decoder"]] | {"batch_size": 1}
    found = memory.line_network_items(decoder, region.kept, 1)
    return found["kept byte"], found["weight"], region.kept


def own_sizes(model):
    """Of the user's own network: what its options say of it, and else what is usual."""
    wildcards = SimpleNamespace(model=model)
    options = own_description(wildcards).get("options") or {}
    options = options if isinstance(options, dict) else {}
    depth = f"resnet{options.get('depth', 50)}"
    said = {"backbone": options.get("backbone", depth)}
    said |= {key: options[key] for key in ("width", "stem") if key in options}
    try:
        every = network_size.sections(UNKNOWN | said)
    except (TypeError, ValueError):
        every = network_size.sections(UNKNOWN)
    files = [part for part in own_model(wildcards) if part.is_file()]
    stored = files[0].stat().st_size / 4 if files else 0
    kept = sum(one.kept for one in every) * USUAL_SIDE**2
    weights = max(stored, sum(one.weights for one in every))
    return kept, weights, USUAL_SIDE**2


def explained_items(wildcards):
    """What a network keeps of the images that pass it at once, its weights, and the pixels of all images."""
    kept, weights, pixels = sizes_of_model(wildcards.model)
    return {
        "kept byte": config["explain"]["settings"]["batch"] * kept,
        "looked pixel": LOOKED_AT * pixels,
        "weight": weights,
    }
