"""The runs that are disturbed: all steps of the smallest study whose students a brain teaches."""

from typing import Any

from tests.project import preset


def chaos_config() -> dict[str, Any]:
    """config/test.yaml with one subject, one region and two teachers."""
    config = preset("test")
    tiny = config["datasets"]["tiny"]
    tiny["subjects"] = {"S1": tiny["subjects"]["S1"]}
    tiny["rois"] = {"V1": tiny["rois"]["V1"]}
    tiny["teaching"]["teachers"] = ["none", "brain"]
    config["datasets"] = {"tiny": tiny}
    config["decoders"] = {"ridge": config["decoders"]["ridge"]}
    return config | {"run": ["tiny"]}
