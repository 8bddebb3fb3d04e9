"""One way in which rules look settings up."""

from collections.abc import Callable, Mapping, Sequence
from inspect import signature
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
        wildcard stands for its value. Of a block, ``only=(...)`` or ``but=(...)`` takes what the
        job reads, so that it does not run again for the rest.
    """

    def setting(
        *keys: str, only: Sequence[str] | None = None, but: Sequence[str] = ()
    ) -> Callable[[Any], Any]:
        def look_up(wildcards: Any) -> Any:
            value: Any = config
            for key in keys:
                value = value[getattr(wildcards, key, key)]
            if only is None and not but:
                return value
            return {
                key: one
                for key, one in value.items()
                if (only is None or key in only) and key not in but
            }

        # Snakemake has it made again for every job.
        look_up.__signature__ = signature(look_up)  # type: ignore[attr-defined]
        return look_up

    return setting
