"""A grid of figures, packed: the default whole, every other as its difference."""

import base64
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from trainability.explore.document import Path, plain
from trainability.explore.precision import FLOAT32, Precision

_MISSING = 0  # identifiers of leaves start at 1


def pack(
    points: Sequence[Mapping[Path, Any]],
    default: int,
    precision: Precision | Mapping[str, Precision] | None = None,
) -> dict[str, Any]:
    """Pack a grid of figures into data for the page.

    Parameters
    ----------
    points : sequence of mapping
        The leaves of one figure a grid point, in the order of the grid.
    default : int
        Position of the figure that travels whole.
    precision : Precision or mapping, optional
        For all numbers of the traces, or by attribute (``{"y": relative(0.001)}``);
        float32 by default.

    Returns
    -------
    dict
        ``figure``: the default, in plotly's own JSON. ``columns``: the paths that
        differ anywhere. ``blob``: base64 of raw deflate over sections of integers
        and one of JSON, whose byte lengths are in ``sections``.
    """
    arrays = _ArrayPool(precision)
    values = _ValuePool()
    # A parent before its children: what is a word in one state may be a mapping in another.
    paths = sorted(dict.fromkeys(path for point in points for path in point), key=len)
    columns, streams = [], []
    for path in paths:
        identifiers, kind = _column(path, points, arrays, values)
        if len(set(identifiers)) > 1:
            columns.append({"path": path, "kind": kind})
            streams.append(np.array(identifiers, dtype=np.int32))
    words = json.dumps(values.items, ensure_ascii=False).encode()
    head = [_integers(stream) for stream in streams]
    layouts = [[*head, *arrays.table(nested), words] for nested in (True, False)]
    blob, sections = min(
        ((_deflate(b"".join(sections)), sections) for sections in layouts),
        key=lambda packed: len(packed[0]),
    )
    return {
        "figure": _whole(points[default], arrays.decoded),
        "columns": columns,
        "precisions": [[p.kind, p.step] for p in arrays.precisions],
        "sections": [len(section) for section in sections],
        "blob": blob,
    }


def _column(
    path: Path, points: Sequence[Mapping[Path, Any]], arrays: "_ArrayPool", values: "_ValuePool"
) -> tuple[list[int], str]:
    leaf_list = [point.get(path) for point in points]
    present = [path in point for point in points]
    is_array = [isinstance(leaf, np.ndarray) for leaf in leaf_list]
    if any(is_array) and all(a or not p for a, p in zip(is_array, present, strict=True)):
        return [
            arrays.add(path, leaf) if isinstance(leaf, np.ndarray) else _MISSING
            for leaf in leaf_list
        ], "array"
    # An array here and a word there: all of them travel as JSON.
    return [
        values.add(_listed(leaf)) if there else _MISSING
        for leaf, there in zip(leaf_list, present, strict=True)
    ], "json"


def _listed(leaf: Any) -> Any:
    if not isinstance(leaf, np.ndarray):
        return leaf
    return plain(leaf.tolist())


def encode(
    path: Path, leaf: np.ndarray, precision: Precision | Mapping[str, Precision] | None
) -> tuple[Precision, np.ndarray]:
    """Return the precision that holds for an attribute, and the codes of its numbers."""
    if isinstance(precision, Mapping):
        precision = precision.get(str(path[-1]))
    precision = precision or FLOAT32
    try:
        return precision, precision.encode(leaf.ravel())
    except ValueError as error:
        raise ValueError(f"the figure's {'.'.join(map(str, path[2:]))}: {error}") from None


class _ValuePool:
    """JSON leaves, each once."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self._known: dict[str, int] = {}

    def add(self, leaf: Any) -> int:
        key = json.dumps(leaf, sort_keys=True)
        if key not in self._known:
            self.items.append(leaf)
            self._known[key] = len(self.items)
        return self._known[key]


class _ArrayPool:
    """Encoded arrays, each once."""

    def __init__(self, precision: Precision | Mapping[str, Precision] | None) -> None:
        self._precision = precision
        self.precisions: list[Precision] = []
        self._arrays: list[tuple[int, int, np.ndarray]] = []
        self._known: dict[tuple[int, int, bytes], int] = {}

    def add(self, path: Path, leaf: np.ndarray) -> int:
        precision, codes = self.encode(path, leaf)
        if precision not in self.precisions:
            self.precisions.append(precision)
        columns = leaf.shape[1] if leaf.ndim == 2 else 0
        key = (self.precisions.index(precision), columns, codes.tobytes())
        if key not in self._known:
            self._arrays.append((key[0], columns, codes))
            self._known[key] = len(self._arrays)
        return self._known[key]

    def encode(self, path: Path, leaf: np.ndarray) -> tuple[Precision, np.ndarray]:
        return encode(path, leaf, self._precision)

    def decoded(self, path: Path, leaf: np.ndarray) -> np.ndarray:
        """Return the numbers as the page will read them."""
        precision, codes = self.encode(path, leaf)
        return precision.decode(codes).reshape(leaf.shape)

    def table(self, nested: bool) -> tuple[bytes, bytes]:
        """Return rows of (offset, length, columns, precision) and all codes, as integers.

        Each array can be read without those before it. Nested, an array that begins another
        is stored inside it: fewer codes, but their places jump about, which costs more than
        it saves where few arrays begin alike.
        """
        rows = np.zeros((len(self._arrays), 4), dtype=np.int32)
        order: Sequence[int] = range(len(self._arrays))
        if nested:
            # Read backward, an array directly follows those that begin with it.
            order = sorted(order, key=self._sorting_key, reverse=True)
        parts: list[np.ndarray] = []
        offset, following = 0, None
        for i in order:
            kind, columns, codes = self._arrays[i]
            if nested and following is not None and self._begins(following, kind, codes):
                start = rows[following, 0]
            else:
                start = offset
                parts.append(codes)
                offset += len(codes)
            rows[i] = start, len(codes), columns, kind
            following = i
        return _integers(rows.T.ravel()), _integers(*parts)

    def _sorting_key(self, i: int) -> tuple[int, bytes]:
        kind, _, codes = self._arrays[i]
        return kind, codes.astype(">i4").tobytes()

    def _begins(self, longer: int, kind: int, codes: np.ndarray) -> bool:
        other_kind, _, other = self._arrays[longer]
        return kind == other_kind and np.array_equal(codes, other[: len(codes)])


def whole(point: Mapping[Path, Any]) -> dict[str, Any]:
    """Return one figure in plotly's own JSON, its numbers as they are."""
    return _whole(point, lambda path, leaf: leaf)


def packed_figure(
    point: Mapping[Path, Any], precision: Precision | Mapping[str, Precision] | None
) -> dict[str, Any]:
    """Return one figure in plotly's own JSON, its numbers as the page would read them.

    Numbers that the precision cannot hold stay as they are: of a grid they are an error.
    """

    def rounded(path: Path, leaf: np.ndarray) -> np.ndarray:
        try:
            kind, codes = encode(path, leaf, precision)
        except ValueError:
            return leaf
        return kind.decode(codes).reshape(leaf.shape)

    return _whole(point, rounded)


def _whole(
    point: Mapping[Path, Any], numbers_of: Callable[[Path, np.ndarray], np.ndarray]
) -> dict[str, Any]:
    figure: dict[str, Any] = {"data": [], "layout": {}}
    for path, leaf in point.items():
        node: Any = figure
        for step in path[:-1]:
            if isinstance(node, list) and isinstance(step, int):
                node.extend({} for _ in range(step + 1 - len(node)))
                node = node[step]
            else:
                node = node.setdefault(step, {})
        is_array = isinstance(leaf, np.ndarray)
        node[path[-1]] = _typed(numbers_of(path, leaf)) if is_array else leaf
    return figure


def _typed(numbers: np.ndarray) -> dict[str, Any]:
    narrow = _narrowed(numbers)
    spec = {"dtype": narrow.dtype.str[1:], "bdata": _base64(narrow.tobytes())}
    return spec | ({"shape": ", ".join(map(str, numbers.shape))} if numbers.ndim == 2 else {})


def _narrowed(numbers: np.ndarray) -> np.ndarray:
    """Return the same numbers in as few bytes as plotly can read."""
    for kind in ("u1", "i1", "u2", "i2", "f4"):
        with np.errstate(invalid="ignore", over="ignore"):
            narrow = numbers.astype(f"<{kind}")
        lost_sign = kind != "f4" and np.signbit(numbers[numbers == 0]).any()
        if not lost_sign and np.array_equal(narrow, numbers, equal_nan=True):
            return narrow
    return numbers.astype("<f8")


def _integers(*arrays: np.ndarray) -> bytes:
    """Write int32 as zigzag differences, all low bytes first: smooth data shrinks most."""
    steps = [np.diff(array.astype(np.int64), prepend=0) for array in arrays]
    differences = np.concatenate([np.zeros(0, np.int64), *steps]).astype(np.int32)
    zigzag = ((differences << 1) ^ (differences >> 31)).view(np.uint32)
    return zigzag.astype("<u4").view(np.uint8).reshape(-1, 4).T.tobytes()


def _deflate(data: bytes) -> str:
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return _base64(squeezer.compress(data) + squeezer.flush())


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
