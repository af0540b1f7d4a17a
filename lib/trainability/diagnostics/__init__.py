"""Examine a model on one batch, and say what keeps it from learning."""

from trainability.diagnostics.diagnosis import diagnose
from trainability.diagnostics.findings import Finding, Layer, Trial
from trainability.diagnostics.lessons import KINDS
from trainability.diagnostics.report import Report

__all__ = ["KINDS", "Finding", "Layer", "Report", "Trial", "diagnose"]
