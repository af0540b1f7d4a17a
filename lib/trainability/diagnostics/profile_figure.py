"""The profile of a report as a plotly figure; the one module here that needs plotly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from trainability.diagnostics.findings import Layer

if TYPE_CHECKING:
    import plotly.graph_objects as go


def profile_figure(layers: Sequence[Layer]) -> go.Figure:
    """Return root mean squares forward and backward, layer by layer, on a logarithmic axis.

    Zeros have no place on that axis, and are left out.
    """
    import plotly.graph_objects as go

    shown = [layer for layer in layers if layer.forward is not None]
    names = [layer.name or "the model itself" for layer in shown]
    figure = go.Figure()
    curves = (("signal", "solid", "circle", "forward"), ("gradient", "dash", "square", "gradient"))
    for title, dash, symbol, column in curves:
        values = [getattr(layer, column) or None for layer in shown]
        figure.add_scatter(
            x=list(range(1, len(shown) + 1)),
            y=values,
            name=title,
            mode="lines+markers",
            line={"dash": dash},
            marker={"symbol": symbol},
            customdata=names,
            hovertemplate="%{customdata}: %{y:.3g}<extra>" + title + "</extra>",
        )
    figure.update_xaxes(title="module, in the order of the forward pass")
    figure.update_yaxes(title="root mean square", type="log", exponentformat="power")
    figure.update_layout(meta={"summary": _reading(shown)})
    return figure


def _reading(layers: Sequence[Layer]) -> str:
    gradients = [layer.gradient for layer in layers if layer.gradient]
    if len(gradients) < 2:
        return f"{len(layers)} modules, without two gradients to compare."
    ratio = gradients[0] / gradients[-1]
    return f"The gradient in the first module is {ratio:.3g} times that in the last."
