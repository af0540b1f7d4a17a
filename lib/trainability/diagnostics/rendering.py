"""A finding in lines of text, findings and layers in HTML."""

from dataclasses import fields
from html import escape

from trainability.diagnostics.findings import Finding, Layer, Trial, number


def _trial_sentence(trial: Trial) -> str:
    return (
        f"Tried on a copy: after {trial.steps} steps the loss is {number(trial.after)} with the "
        f"remedy and {number(trial.before)} without."
    )


def text_lines(finding: Finding) -> list[str]:
    """Return the lines that a terminal shows of a finding."""
    lines = [f"{finding.severity}: {finding.kind}", f"  {finding.sentence}"]
    lines.append(f"  {finding.remedy}")
    if finding.trial:
        lines.append(f"  {_trial_sentence(finding.trial)}")
    page, section = finding.lesson
    return [*lines, f"  Explained in {page}, “{section}”."]


def html_item(finding: Finding) -> str:
    """Return a list item with everything that came from the model escaped."""
    trial = f" {escape(_trial_sentence(finding.trial))}" if finding.trial else ""
    page, section = map(escape, finding.lesson)
    return (
        f"<li><strong>{escape(finding.severity)}: {escape(finding.kind)}</strong> "
        f"{escape(finding.sentence)} {escape(finding.remedy)}{trial} "
        f"Explained in {page}, “{section}”.</li>"
    )


_HEADS = {
    "name": "module",
    "module": "class",
    "shape": "output",
    "forward": "signal (rms)",
    "gradient": "gradient (rms)",
    "saturated": "saturated",
    "dead": "dead",
    "duplicates": "duplicate units",
    "correlation_in": "correlation in",
    "correlation_out": "correlation out",
    "step": "‖ΔW‖/‖W‖",
}


def html_table(layers: tuple[Layer, ...]) -> str:
    """Return a table with a row for each layer, and a column for each number that one has."""
    if not layers:
        return ""
    used = [
        column.name
        for column in fields(Layer)
        if any(getattr(layer, column.name) is not None for layer in layers)
    ]
    heads = "".join(f'<th scope="col">{escape(_HEADS[name])}</th>' for name in used)
    rows = "".join(
        f"<tr>{''.join(f'<td>{_cell(getattr(layer, name))}</td>' for name in used)}</tr>"
        for layer in layers
    )
    return (
        f"<table><caption>One row a module</caption><thead><tr>{heads}</tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return escape(" × ".join(map(str, value)))
    return escape(number(value) if isinstance(value, float) else str(value))
