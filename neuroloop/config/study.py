"""The whole config: its top level, and blocks whose keys follow from the entry that they name."""

import warnings
from collections.abc import Mapping
from functools import cache
from types import ModuleType
from typing import Annotated, Any, Literal, Union

from pydantic import Discriminator, Tag, ValidationError, create_model

from neuroloop import registry
from neuroloop.config import areas, datasets
from neuroloop.config.areas import Area
from neuroloop.config.audit import Audit
from neuroloop.config.classifiers import Classifier
from neuroloop.config.datasets import Dataset, Images, Teaching
from neuroloop.config.decoders import Decoder
from neuroloop.config.explain import Explain
from neuroloop.config.names import NAME, Name, SomeTexts, other_than
from neuroloop.config.radiographs import Radiographs
from neuroloop.config.readers import Reader
from neuroloop.config.settings import Settings, setting
from neuroloop.config.students import Student
from neuroloop.config.subjects import FileSubject, Voxels

__all__ = ["NAME", "TAG", "blocks", "study"]

#: What the tag of an entry begins with, where pydantic says in which block an error is.
TAG = "="

Models = Mapping[str, type[Settings]]

#: Types that are put together here from what the registries hold.
DICT: Any = dict
TUPLE: Any = tuple
LITERAL: Any = Literal
UNION: Any = Union


class Study(Settings):
    """A config."""

    seed: int = setting("Root of the random streams of every training and analysis.", 2001, ge=0)
    data_seed: int = setting("Root of the random streams that draw simulated data.", 2001, ge=0)
    device: Literal["auto", "cpu", "cuda"] = setting(
        "Where networks are trained and explained.", "auto"
    )
    precision: Literal["float32", "tf32", "bfloat16"] = setting(
        "How networks multiply: in float32; on a GPU with inputs rounded to TF32; or so, and in "
        "training in bfloat16, on any device, with float32 weights.",
        "float32",
    )
    deterministic: bool = setting(
        "Whether a GPU takes only kernels that give the same bytes again, which may be slower. A "
        "CPU always does.",
        False,
    )
    cuda_graphs: bool = setting(
        "Whether a GPU records the steps of training and repeats them as one, where it can.", False
    )
    threads: int = setting(
        "Numeric threads of one job; sums depend on it, so that --cores does not set it.", 1, ge=1
    )
    longest_job: int | None = setting(
        "Time that a job may run at most; null: any. profiles/slurm sets it.",
        None,
        ge=1,
        unit="min",
    )
    data_folder: str = setting("Where relative paths of input data start.", "$NEUROLOOP_DATA")
    plugins: tuple[str, ...] = setting(
        "Files of decoders, teachers, methods, backbones ... of your own (docs/recipes).", ()
    )
    audit: Audit = setting("How data are audited: `snakemake audit`.", Audit())
    run: SomeTexts = setting("Datasets, areas and sets of radiographs to run, by their names.")


#: Top-level blocks of named variants: what a variant is, in a word or two.
NAMED = {
    "decoders": "Decoders",
    "students": "Students",
    "readers": "Readers",
    "classifiers": "Classifiers of radiographs",
    "datasets": "Datasets of brain data",
    "areas": "Areas of calcium imaging",
    "radiographs": "Sets of chest radiographs",
}


def built(kind: str, key: str, base: type[Settings], **own: Any) -> dict[str, type[Settings]]:
    """Model of a block for each entry that it may name.

    Parameters
    ----------
    kind : str
        Of the registry.
    key : str
        Key of the block that names the entry.
    base : type
        What blocks have in common.
    **own
        By key: a function of the entry that gives the type of that key, where it differs (or where
        the key is a word that classes have a meaning for, as ``register``).
    """
    made = {}
    for name in registry.names(kind):
        entry, settings = registry.entry(kind, name), registry.settings(kind, name)
        bases = (base,) if settings is Settings else (settings, base)
        told = base.model_fields[key]
        named = setting(told.description or "", ... if told.is_required() else told.default)
        types: dict[str, Any] = {key: (LITERAL[name], named)}
        for own_key, type_of in own.items():
            types[own_key] = (type_of(entry), base.model_fields[own_key])
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", 'Field name "register"', UserWarning)
            made[name] = create_model(
                f"{base.__name__}: {name}", __base__=bases, __doc__=base.__doc__, **types
            )
    return made


@cache
def blocks() -> dict[str, Models]:
    """Models of each block whose keys follow from an entry, by the entry's name."""
    return {
        "decoders": built("decoder", "method", Decoder, variant=variants_of),
        "classifiers": built("backbone", "backbone", Classifier),
        "images": built("image_source", "source", Images),
        "datasets": built(
            "fmri_source",
            "source",
            Dataset,
            subjects=lambda entry: DICT[
                other_than(*datasets.TAKEN), getattr(entry, "Subject", FileSubject)
            ],
            rois=lambda entry: DICT[Name, getattr(entry, "Roi", Voxels)],
            teaching=lambda entry: teaching() | None,
        ),
        "areas": built(
            "calcium_source", "source", Area, sessions=sessions_of, register=lambda entry: bool
        ),
        "radiographs": built("cxr_source", "source", Radiographs),
    }


def variants_of(entry: ModuleType) -> Any:
    """Type of a decoder's variant: some train the decoder often, and are for linear ones alone."""
    linear = hasattr(entry, "decode")
    names = [
        name
        for name in registry.names("variant")
        if linear or not registry.entry("variant", name).LINEAR
    ]
    return LITERAL[tuple(names)] | None


def sessions_of(entry: ModuleType) -> Any:
    """Type of an area's sessions."""
    return DICT[other_than(*areas.TAKEN), getattr(entry, "Session", Settings)]


def one_of(models: Models, key: str) -> Any:
    """Type of a block that is one of these models, as its key says."""
    default = next(iter(models.values())).model_fields[key].default

    def tag(block: Any) -> str:
        given = block.get(key, default) if isinstance(block, Mapping) else getattr(block, key, None)
        return f"{TAG}{given}"

    tagged = tuple(Annotated[model, Tag(TAG + name)] for name, model in models.items())
    return Annotated[
        UNION[tagged],
        Discriminator(
            tag,
            custom_error_type="no_entry",
            custom_error_message="no entry",
            custom_error_context={"key": key, "known": ", ".join(map(repr, models))},
        ),
    ]


@cache
def teaching() -> type[Settings]:
    """Model of a dataset's teaching."""
    fields = Teaching.model_fields
    images = one_of(built("image_source", "source", Images), "source")
    teachers = TUPLE[LITERAL[registry.names("teacher")], ...]
    listed = setting(
        fields["teachers"].description or "",
        fields["teachers"].default,
        min_length=1,
        json_schema_extra={"uniqueItems": True},
    )
    return create_model(
        "Teaching",
        __base__=Teaching,
        __doc__=Teaching.__doc__,
        images=(images, fields["images"]),
        teachers=(teachers, listed),
    )


def options() -> type[Settings]:
    """Model of `explain.options`: settings of each method that has any."""
    fields: dict[str, Any] = {}
    for name in registry.names("method"):
        settings = registry.settings("method", name)
        if not settings.model_fields:
            continue
        try:
            default: Any = settings()
        except ValidationError:
            default = ...
        fields[name] = (settings, setting(registry.entry("method", name).LEGEND + ".", default))
    return create_model("Options", __base__=Settings, __doc__="Settings of each method.", **fields)


def forget() -> None:
    """Build the models anew when they are asked for next: there are new plugins."""
    for made in (blocks, teaching, study):
        made.cache_clear()


@cache
def study() -> type[Settings]:
    """Model of a whole config, the entries of plugins that are registered included."""
    made = blocks()
    of_methods = options()
    fields = Explain.model_fields
    methods = TUPLE[LITERAL[registry.names("method")], ...]
    explain = create_model(
        "Explain",
        __base__=Explain,
        __doc__=Explain.__doc__,
        methods=(
            methods,
            setting(
                fields["methods"].description or "",
                min_length=1,
                json_schema_extra={"uniqueItems": True},
            ),
        ),
        options=(of_methods, setting(fields["options"].description or "", of_methods())),
    )
    variants: dict[str, Any] = {
        "decoders": one_of(made["decoders"], "method"),
        "students": Student,
        "readers": Reader,
        "classifiers": one_of(made["classifiers"], "backbone"),
        "datasets": one_of(made["datasets"], "source"),
        "areas": one_of(made["areas"], "source"),
        "radiographs": one_of(made["radiographs"], "source"),
    }
    named: dict[str, Any] = {
        key: (DICT[Name, variants[key]], setting(f"{meaning}, by name.", {}))
        for key, meaning in NAMED.items()
    }
    return create_model(
        "Study",
        __base__=Study,
        __doc__=Study.__doc__,
        **named,
        explain=(explain, setting("Networks that are looked into.")),
    )
