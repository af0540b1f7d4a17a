"""Pictures of results: one module a lesson, a result in, a figure out."""


def two_digits(number: float) -> str:
    """Write a number with two digits, and with an exponent only where it is long.

    Examples
    --------
    >>> [two_digits(number) for number in (0.0123, 5.0, 125.8, 3.2e30)]
    ['0.012', '5', '130', '3.2e+30']
    """
    return f"{float(f'{number:.2g}'):g}"
