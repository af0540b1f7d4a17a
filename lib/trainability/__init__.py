"""How neural networks start, stall and learn: the package behind the book.

Importing it loads nothing else. Numerics live in packages named after their
topic (``trainability.signal``), pictures in ``trainability.figures`` and the
interactive engine in ``trainability.explore``.
"""

from importlib.metadata import version

__version__ = version("trainability")
