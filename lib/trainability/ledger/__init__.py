"""Read the claims that the book judges, find the tests that hold them, and count lessons."""

from trainability.ledger.claims import Claim, parse_claims, read_claims, tally
from trainability.ledger.lessons import Lesson, read_lesson
from trainability.ledger.markers import source_address, tests_by_claim

__all__ = [
    "Claim",
    "Lesson",
    "parse_claims",
    "read_claims",
    "read_lesson",
    "source_address",
    "tally",
    "tests_by_claim",
]
