"""One way in which rules look settings up."""

from collections.abc import Callable, Mapping
from typing import Any


def looking_up(config: Mapping[str, Any]) -> Callable[..., Callable[[Any], Any]]:
    """Make the look-up of a config.

    Parameters
    ----------
    config : mapping
        Complete and checked.

    Returns
    -------
    function
        ``setting("datasets", "dataset", "teaching", "seeds")`` is a function of the wildcards that
        follows these keys from the top of the config, for params; a key that is the name of a
        wildcard stands for its value.
    """

    def setting(*keys: str) -> Callable[[Any], Any]:
        def look_up(wildcards: Any) -> Any:
            value: Any = config
            for key in keys:
                value = value[getattr(wildcards, key, key)]
            return value

        return look_up

    return setting
