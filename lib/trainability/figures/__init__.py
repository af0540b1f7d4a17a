"""Pictures of results: one module a lesson, a result in, a figure out."""

# Blue is low and red is high, in every front end: plotly.js and plotly.py disagree on "RdBu".
DIVERGING = [[0, "#2166ac"], [0.25, "#92c5de"], [0.5, "#f7f7f7"], [0.75, "#f4a582"], [1, "#b2182b"]]


def two_digits(number: float) -> str:
    """Write a number with two digits, and with an exponent only where it is long.

    Examples
    --------
    >>> [two_digits(number) for number in (0.0123, 5.0, 125.8, 3.2e30)]
    ['0.012', '5', '130', '3.2e+30']
    """
    return f"{float(f'{number:.2g}'):g}"
