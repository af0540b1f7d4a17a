"""Torch functions that a page runs: recorded once, written as plans, computed without Python."""

from trainability.programs.program import Program
from trainability.programs.run import Run
from trainability.programs.scan import scan

__all__ = ["Program", "Run", "scan"]
