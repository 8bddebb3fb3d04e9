"""How much is kept of students' outcomes: known before they are trained.

`tests/memory` compares these numbers with what measures them.
"""

from collections.abc import Mapping
from types import MappingProxyType

#: Tables of seeds and images that a group of students has of each outcome: one a measure; of what
#: is spoilt or moved one a kind and strength, and accuracy and mean; of pairs of students those of
#: its comparisons.
TABLES: Mapping[str, int] = MappingProxyType(
    {"calibration": 3, "corruptions": 21, "adversarial": 10, "error_consistency": 6}
)
