"""How neural networks start, stall and learn: the package behind the book.

Importing it loads nothing else. Numerics live in packages named after their
topic (``trainability.signal``), pictures in ``trainability.figures`` and the
interactive engine in ``trainability.explore``. ``trainability.diagnose`` is that of
``trainability.diagnostics``, loaded when it is first asked for.
"""

from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trainability.diagnostics import diagnose as diagnose

__version__ = version("trainability")


def __getattr__(name: str) -> object:
    if name == "diagnose":
        from trainability.diagnostics import diagnose

        return diagnose
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
