"""Linear layers: drawn by a generator that the caller passes, and made orthogonal."""

import torch
from torch import Tensor, nn

from trainability.norms import matrix_norms


def linear(
    fan_in: int, fan_out: int, *, bias: bool = True, generator: torch.Generator | None = None
) -> nn.Linear:
    """Make a ``torch.nn.Linear`` whose weights and biases the generator draws.

    They are uniform within ±1/√fan_in, as ``torch.nn.Linear`` draws them itself.

    Parameters
    ----------
    fan_in, fan_out : int
        Inputs and outputs.
    bias : bool
        Whether there is one.
    generator : torch.Generator, optional
        Where none is given torch's own generator draws; otherwise that one is left alone.

    Examples
    --------
    >>> first, second = (linear(3, 2, generator=torch.Generator().manual_seed(0)) for _ in "ab")
    >>> torch.equal(first.weight, second.weight)
    True
    """
    if generator is None:
        return nn.Linear(fan_in, fan_out, bias=bias)
    layer: nn.Linear = nn.utils.skip_init(nn.Linear, fan_in, fan_out, bias=bias)
    for parameter in layer.parameters():
        nn.init.uniform_(parameter, -(fan_in**-0.5), fan_in**-0.5, generator=generator)
    return layer


def nearest_orthogonal(matrix: Tensor) -> Tensor:
    """Return the orthogonal matrix nearest to a square one, to about 1e-5.

    Every singular value is brought to 1 by 26 steps of X ← 1.5 X − 0.5 X Xᵀ X. Of a matrix of
    independent normal numbers this is a uniformly distributed orthogonal matrix. A singular value
    below about 1e-4 of the mean is too small to get there.

    Parameters
    ----------
    matrix : Tensor, shape (n, n)

    References
    ----------
    Higham (2008), "Functions of Matrices", section 8.3, https://doi.org/10.1137/1.9780898717778

    Examples
    --------
    >>> turn = nearest_orthogonal(torch.tensor([[3.0, 0.0], [0.0, -0.5]]))
    >>> [[round(entry, 4) for entry in row] for row in turn.tolist()]
    [[1.0, 0.0], [0.0, -1.0]]
    """
    norm = matrix.square().sum().sqrt().clamp(min=1e-30)
    x = matrix / norm
    for _ in range(26):
        x = 1.5 * x - 0.5 * (x @ x.T) @ x
    return x


def nearly_orthogonal(matrices: Tensor) -> Tensor:
    """Bring the singular values of matrices to between 0.6 and 1.3, as Muon does.

    Five rounds of X ← a X + (b X Xᵀ + c (X Xᵀ)²) X, from the matrix over its Frobenius norm. What
    is below some thousandths of that stays smaller. Computed in the type given, where
    ``torch.optim.Muon`` takes bfloat16.

    Parameters
    ----------
    matrices : Tensor, shape (..., m, n)
        With m ≤ n, which takes the least work; a taller one is better transposed.

    References
    ----------
    Jordan et al. (2024), "Muon: an optimizer for hidden layers in neural networks",
    https://kellerjordan.github.io/posts/muon/.

    Examples
    --------
    >>> stretched = torch.diag(torch.tensor([5.0, 1.0]))
    >>> turned = nearly_orthogonal(stretched)
    >>> bool(torch.linalg.svdvals(turned).max() < 1.3), bool(turned[1, 1] > 0.6)
    (True, True)
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrices / matrix_norms(matrices).clamp(min=1e-7)
    for _ in range(5):
        gram = x @ x.mT
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    return x
