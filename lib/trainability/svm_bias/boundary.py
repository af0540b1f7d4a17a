"""Find where a linear classifier on a line changes its answer."""

from trainability.svm_bias.classifier import LinearClassifier


def boundary(classifier: LinearClassifier) -> float:
    """Return where w·x + b = 0 on a line.

    Parameters
    ----------
    classifier : LinearClassifier
        A solution for points of shape (n, 1).

    Raises
    ------
    ValueError
        For points with more features than one, whose boundary is no point, and for w = 0,
        which answers alike everywhere.

    Examples
    --------
    Halfway between 1 and -4, and nearer to the origin where the bias is penalized:

    >>> from trainability.svm_bias import two_point_solution
    >>> solutions = [two_point_solution(4, program) for program in ("explicit", "augmented")]
    >>> [round(boundary(solution), 6) for solution in solutions]
    [-1.5, -1.0]
    """
    if len(classifier.w) != 1:
        raise ValueError(
            f"classifier has {len(classifier.w)} weights, so its boundary is no point; pass one "
            "solved for points of shape (n, 1)"
        )
    if not float(classifier.w):
        raise ValueError("classifier has w = 0 and no boundary; pass one of two classes")
    return -classifier.b / float(classifier.w)
