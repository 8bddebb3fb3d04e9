"""Claims of decoding of brains."""

from tests.calibrate.claim import Claim

CLAIMS: list[Claim] = []
