"""Numbers as titles and readings write them."""


def two_digits(number: float) -> str:
    """Write a number with two digits, and with an exponent only where it is long.

    Examples
    --------
    >>> [two_digits(number) for number in (0.0123, 5.0, 125.8, 3.2e30)]
    ['0.012', '5', '130', '3.2e+30']
    """
    return f"{float(f'{number:.2g}'):g}"


def rounded(number: float, digits: int = 3) -> float:
    """Round a number to so many significant digits; inf and nan stay what they are.

    Examples
    --------
    >>> rounded(1234.5), rounded(0.012345, 2), rounded(float("inf"))
    (1230.0, 0.012, inf)
    """
    return float(f"{number:.{digits}g}")


def superscript(number: int) -> str:
    """Write a whole number as an exponent.

    Examples
    --------
    >>> f"10{superscript(-12)}"
    '10⁻¹²'
    """
    return str(number).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
