"""Sliders that survive publication: ``interact``, for a page without a kernel.

The engine knows plotly and anywidget. It knows nothing of neural networks.
"""

from collections.abc import Callable, Mapping
from typing import Any

from trainability.explore.construction import build_explorer
from trainability.explore.controls import as_control
from trainability.explore.explorer import Explorer
from trainability.explore.precision import Precision


def explore(
    function: Callable[..., Any],
    /,
    *,
    name: str | None = None,
    labels: Mapping[str, str] | None = None,
    batch: str | None = None,
    precision: Precision | Mapping[str, Precision] | None = None,
    link: str | None = None,
    live: Mapping[str, Any] | None = None,
    **axes: Any,
) -> Explorer:
    """Let a reader move the arguments of ``function`` and see the figure follow.

    Shown in the built book or in an exported page, it carries the figures of the whole
    grid and needs no kernel. Shown in JupyterLab, Notebook or VS Code, it calls the
    function in the kernel, between grid points too.

    Parameters
    ----------
    function : callable
        Takes one keyword an axis and returns a plotly figure that leaves a one-sentence
        reading of itself in ``fig.layout.meta["summary"]``. Instead of a ``go.Figure`` it
        may return its plain data, ``{"data": […], "layout": {…}}``: several times faster
        for a large grid, and checked by plotly once for each set of attributes. A default
        value in its signature is where the control starts. A
        :class:`trainability.programs.Program` is computed by the page itself, so that every
        value of its controls can be had there; a :class:`trainability.programs.Run` is trained
        there by the reader. Further entries of ``meta``:

        ``"pick"``
            ``{"set": {axis: "x" or "y"}, "explorer": name}``: a click on a point sets
            these axes to its coordinates, here or in the explorer named. A further key
            ``"fixed"`` sets axes to values of their own, whatever the point. A list of
            such mappings sets several explorers.
        ``"device"``
            Where the numbers were made, if not on the device of the axis ``device``; shown
            in a live kernel.
        any other
            Readings that goals and bound text can use by name.
    name : str, optional
        Unique on the page: letters, digits, ``-`` and ``_``. The function's name by
        default.
    labels : mapping, optional
        The axes in the reader's words; by default their names with blanks for ``_``.
    batch : str, optional
        An axis that the function takes whole: it is called with a tuple of values and
        returns a list of figures.
    precision : Precision or mapping, optional
        How finely the traces' numbers travel to the page: ``absolute(step)``,
        ``relative(step)``, or one of them by attribute. float32 by default.
    link : str, optional
        Explorers of a page that share this word keep the axes of the same name equal:
        moving one moves the others, where they have the value.
    live : mapping, optional
        What only a kernel can offer: further axes, or more values of an axis. A page keeps
        the published values, and for a further axis the default of ``function``, where
        ``None`` stands for the first value. An axis with a single value shows no control.
        The axis ``device`` names where the numbers are made.
    **axes
        The values of each axis, as :func:`trainability.explore.controls.as_control`
        takes them.

    Returns
    -------
    Explorer
        Leave it as the last line of a cell to show it.

    Raises
    ------
    TypeError, ValueError
        Naming the argument at fault.

    Examples
    --------
    >>> import plotly.graph_objects as go
    >>> def line(slope=2):
    ...     figure = go.Figure(go.Scatter(x=[0, 1], y=[0, slope]))
    ...     return figure.update_layout(meta={"summary": f"The line rises by {slope}."})
    >>> lines = explore(line, slope=[1, 2, 3])
    >>> lines.figure(slope=3).layout.meta["summary"]
    'The line rises by 3.'
    """
    controls = {axis: as_control(axis, values) for axis, values in axes.items()}
    return build_explorer(
        function,
        controls,
        name=name,
        labels=labels,
        batch=batch,
        precision=precision,
        link=link,
        live={} if live is None else live,
    )
