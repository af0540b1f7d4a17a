"""What a diagnosis says: findings, a row for each layer, and what cannot be said."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from trainability.diagnostics.findings import Finding, Layer
from trainability.diagnostics.profile_figure import profile_figure
from trainability.diagnostics.rendering import html_item, html_table, text_lines

if TYPE_CHECKING:
    import plotly.graph_objects as go


@dataclass(frozen=True)
class Report:
    """What :func:`diagnose` found: ``print`` it, or let a notebook show it.

    Examples
    --------
    >>> print(Report(findings=(), cannot_say=("Without targets no gradient was judged.",)))
    Nothing found.
    Cannot say: Without targets no gradient was judged.
    """

    findings: tuple[Finding, ...] = ()
    cannot_say: tuple[str, ...] = ()
    layers: tuple[Layer, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        lines = [line for finding in self.findings for line in text_lines(finding)]
        unsure = [f"Cannot say: {sentence}" for sentence in self.cannot_say]
        return "\n".join([*(lines or ["Nothing found."]), *unsure])

    def to_dict(self) -> dict[str, Any]:
        """Return plain dicts, lists, strings and numbers, as JSON holds them.

        Numbers that are not finite become strings: JSON has none.

        Examples
        --------
        >>> Report().to_dict()
        {'findings': [], 'cannot_say': [], 'layers': []}
        """
        plain: dict[str, Any] = _plain(asdict(self))
        return plain

    def figure(self) -> go.Figure:
        """Return forward and gradient root mean squares of all layers as a plotly figure."""
        return profile_figure(self.layers)

    def _repr_html_(self) -> str:
        items = "".join(html_item(finding) for finding in self.findings)
        unsure = "".join(f"<p>Cannot say: {escape(words)}</p>" for words in self.cannot_say)
        items_html = f"<ul>{items}</ul>" if items else "<p>Nothing found.</p>"
        return f'<div class="diagnosis">{items_html}{unsure}{html_table(self.layers)}</div>'


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float) and not abs(value) < float("inf"):
        return str(value)
    return value
