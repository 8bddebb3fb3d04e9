"""Claims of looking inside networks."""

from tests.calibrate.claim import Claim

CLAIMS: list[Claim] = []
