"""Draw results: one or two modules a lesson, a result in, a figure's plain data out.

A function ``read_…`` computes a :class:`~trainability.figures.reading.Reading` from a result; the
function beside it lays out the panels around that reading.
"""
