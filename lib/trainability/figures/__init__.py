"""Draw results: a result in, a figure's plain data out, a module for a figure or two of a lesson.

A function ``read_…`` computes a :class:`~trainability.figures.reading.Reading` from a result; the
function beside it lays out the panels around that reading. It returns a dict of ``data`` and
``layout``, the plain data of a plotly figure.
"""
