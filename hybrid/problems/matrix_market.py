"""Graphs as adjacency matrices in the MatrixMarket format, read by SciPy.

Source: R. Boisvert, R. Pozo, K. Remington, NISTIR 5935 (1996).
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np

from hybrid.core.errors import InputError
from hybrid.problems.columns import WHOLE_NUMBER, shown
from hybrid.problems.graph import Edges, Graph, numbered

_BANNER = "%%matrixmarket"
_FIELDS = ("real", "integer", "pattern")
_SYMMETRIES = ("symmetric", "general")


def is_such(text: str) -> bool:
    """Return whether a text starts with the MatrixMarket banner."""
    return text.lower().startswith(_BANNER)


def read(path: str, text: str) -> Graph[int | str]:
    """Return the graph whose adjacency matrix a file holds; nodes are numbered from 1.

    The matrix is symmetric, or holds each edge once, all in the same triangle.

    Raises:
        InputError: complex numbers, another symmetry, a matrix that is not square or not of an
            undirected graph, or a damaged file.
    """
    nodes = numbered(path, 1, _size(path, text))
    matrix = _matrix(path, text)
    rows, columns = matrix.coords
    below, above = rows > columns, rows < columns
    if below.any() and above.any():
        if (matrix != matrix.T).nnz:
            raise InputError(
                path,
                got="a matrix that is not symmetric, as of a directed graph",
                expected="a symmetric matrix, or one triangle of it",
                advice="make the graph undirected",
            )
        above = ~below  # the diagonal stays, to be refused
    else:
        above = np.ones(len(rows), dtype=bool)
    edges: Edges[int | str] = Edges()
    for row, column, weight in zip(
        rows[above].tolist(), columns[above].tolist(), matrix.data[above].tolist(), strict=True
    ):
        where = f"{path}, entry {row + 1} {column + 1}"
        if not np.isfinite(weight):
            raise InputError(
                where, got=weight, expected="a finite weight", advice="remove or mend it"
            )
        edges.add(where, row + 1, column + 1, float(weight))
    if not edges.edges:
        raise InputError(path, got="no edges", expected="entries 'row column'", advice="add some")
    return Graph(nodes, edges.edges)


def _size(path: str, text: str) -> int:
    """Validate banner and size; return the number of rows."""
    banner, *others = text.split("\n")
    words = banner.lower().split()
    if words[1:3] != ["matrix", "coordinate"] or not (
        len(words) == 5 and words[3] in _FIELDS and words[4] in _SYMMETRIES
    ):
        raise InputError(
            f"{path}, line 1",
            got=shown(banner),
            expected="%%MatrixMarket matrix coordinate, then real, integer or pattern, "
            "then symmetric or general",
            advice="write the adjacency matrix in that form",
        )
    entries = [line for line in others if line.strip() and not line.startswith("%")]
    size = entries[0].split() if entries else []
    if len(size) != 3 or not all(map(WHOLE_NUMBER.fullmatch, size)) or size[0] != size[1]:
        raise InputError(
            path,
            got=f"the size {shown(' '.join(size))}",
            expected="a square matrix: rows, columns and entries",
            advice="check that this is the adjacency matrix of a graph",
        )
    if int(size[2]) != len(entries) - 1:
        raise InputError(
            path,
            got=f"{len(entries) - 1} entries",
            expected=f"{size[2]}, as the line of sizes says",
            advice="the file may be cut short: write it again",
        )
    return int(size[0])


def _matrix(path: str, text: str) -> Any:
    """Return the matrix as scipy.sparse.coo_array; refuse duplicate entries."""
    from scipy.io import mmread
    from scipy.sparse import coo_array

    try:
        matrix = coo_array(mmread(BytesIO(text.encode())))
    except Exception as error:  # any error of the parser is an error of the file
        raise InputError(
            path,
            got=shown(str(error)),
            expected="entries 'row column value'",
            advice="the file may be damaged: write it again",
        ) from error
    before = matrix.nnz
    matrix.sum_duplicates()
    if matrix.nnz != before:
        raise InputError(
            path,
            got="an entry that is given twice",
            expected="each entry once",
            advice="remove one, or add them up",
        )
    return matrix
