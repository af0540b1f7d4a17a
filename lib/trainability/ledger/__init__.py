"""Read the claims that the book judges, and find the tests that hold them."""

from trainability.ledger.claims import Claim, parse_claims, read_claims, tally
from trainability.ledger.markers import source_address, tests_by_claim

__all__ = [
    "Claim",
    "parse_claims",
    "read_claims",
    "source_address",
    "tally",
    "tests_by_claim",
]
