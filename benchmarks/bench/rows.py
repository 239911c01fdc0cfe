"""The rows of the table: workload, peer and target ratio."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

from bench.data_batch import data_batch
from bench.hardware_efficient import hardware_efficient
from bench.hubbard import hubbard
from bench.molecules import qubit_excitations, uccsd
from bench.qaoa import maxcut_qaoa
from bench.workload import Workload

EXACT = 1e-8
"""Relative difference of energies and gradient norms above which no ratio is given."""
SINGLE = 1e-4
"""The same if one of the two computes in complex64."""

Make = Callable[[], Workload]


@dataclass(frozen=True)
class Row:
    """One comparison: the ratio is the other's time over ours.

    Attributes:
        name: for ``--only``.
        title: what is computed.
        against: description of the other engine.
        ours: makes our workload.
        engine: the module of ``bench.engines`` on the other side.
        target: target ratio, or None.
        theirs: makes the other's workload, if it differs.
        gradient: whether to compute the gradient too.
        tolerance: relative tolerance of answers; None if they differ by intention.
        options, other_options: options of our engine, on our side and, if it is ours too, theirs.
        threads, other_threads: threads of each side; None for those of the run.
        first_call: target seconds of our first call, or None.
    """

    name: str
    title: str
    against: str
    ours: Make
    engine: str
    target: float | None = None
    theirs: Make | None = None
    gradient: bool = True
    tolerance: float | None = EXACT
    options: Mapping[str, Any] = field(default_factory=dict)
    other_options: Mapping[str, Any] = field(default_factory=dict)
    threads: int | None = None
    other_threads: int | None = None
    first_call: float | None = None


@dataclass(frozen=True)
class Sizes:
    """Sizes of the workloads."""

    hea: int = 20
    hea_narrow: int = 12
    hea_wide: int = 24
    layers: int = 5
    molecule: str = "water"
    large_molecule: str = "n2"
    qaoa: tuple[int, int] = (20, 10)
    batch: tuple[int, int, int] = (8, 4, 256)
    wide_batch: tuple[int, int, int] = (12, 4, 64)
    hubbard: tuple[int, int] = (4, 3)


FULL = Sizes()
QUICK = Sizes(10, 6, 12, 2, "lih", "lih", (10, 3), (4, 2, 16), (6, 2, 8), (2, 1))

LIGHTNING, QULACS = "lightning.qubit, adjoint", "qulacs, backprop"


def rows(sizes: Sizes) -> tuple[Row, ...]:
    """Return the table's rows in order."""
    return (
        *_circuits(sizes),
        *_molecules(sizes),
        *_sectors(sizes),
        *_batches(sizes),
        *_others(sizes),
    )


def _circuits(sizes: Sizes) -> tuple[Row, ...]:
    hea, narrow, wide = (
        partial(hardware_efficient, width, sizes.layers)
        for width in (sizes.hea, sizes.hea_narrow, sizes.hea_wide)
    )
    title = f"HEA n={{}}, L={sizes.layers}: energy and gradient".format
    qaoa = partial(maxcut_qaoa, *sizes.qaoa)
    qaoa_title = f"QAOA n={sizes.qaoa[0]}, p={sizes.qaoa[1]}: energy and gradient"
    return (
        Row("hea20", title(sizes.hea), LIGHTNING, hea, "lightning", 12),
        Row("hea20", title(sizes.hea), QULACS, hea, "qulacs", 16),
        Row("hea12", title(sizes.hea_narrow), LIGHTNING, narrow, "lightning", 4),
        Row("hea12", title(sizes.hea_narrow), QULACS, narrow, "qulacs", 4),
        Row("hea24", title(sizes.hea_wide), LIGHTNING, wide, "lightning", 12),
        Row("qaoa", qaoa_title, LIGHTNING, qaoa, "lightning", 12),
        Row("qaoa", qaoa_title, QULACS, qaoa, "qulacs"),
    )


def _molecules(sizes: Sizes) -> tuple[Row, ...]:
    small = cache(partial(uccsd, sizes.molecule))
    large = cache(partial(uccsd, sizes.large_molecule, turn=1.0))
    title = f"UCCSD {sizes.molecule}: energy and gradient"
    large_title = f"UCCSD {sizes.large_molecule}: energy and gradient"
    rotations, native = "Pauli rotations", "its DoubleExcitation (another ansatz)"
    return (
        Row("water", title, f"{QULACS}, {rotations}", small, "qulacs", 30),
        Row("water", title, f"{LIGHTNING}, {rotations}", small, "lightning", 30),
        Row(
            "water-native",
            title,
            f"{LIGHTNING}, {native}",
            small,
            "lightning",
            12,
            theirs=lambda: qubit_excitations(small()),
            tolerance=None,
        ),
        Row(
            "n2",
            large_title,
            f"{LIGHTNING}, {native}",
            large,
            "lightning",
            25,
            theirs=lambda: qubit_excitations(large()),
            tolerance=None,
        ),
    )


def _sectors(sizes: Sizes) -> tuple[Row, ...]:
    """Return states in symmetry sectors beside dense ones, evaluated inside ``hybrid.minimize``."""
    ladder = partial(hubbard, *sizes.hubbard)
    sector = {"inside": True}
    dense = {"inside": True, "sector": False}
    return tuple(
        Row(
            name,
            title,
            "the same with dense states",
            make,
            "ours",
            target,
            options=sector,
            other_options=dense,
        )
        for name, title, make, target in (
            (
                "water-sector",
                f"UCCSD {sizes.molecule}: energy and gradient in an optimizer",
                cache(partial(uccsd, sizes.molecule)),
                4,
            ),
            (
                "n2-sector",
                f"UCCSD {sizes.large_molecule}: energy and gradient in an optimizer",
                cache(partial(uccsd, sizes.large_molecule, turn=1.0)),
                20,
            ),
            (
                "hubbard-sector",
                "Hubbard 2 x {}, HVA, L={}: energy and gradient in an optimizer".format(
                    *sizes.hubbard
                ),
                ladder,
                20,
            ),
        )
    )


def _batches(sizes: Sizes) -> tuple[Row, ...]:
    batch, wide = partial(data_batch, *sizes.batch), partial(data_batch, *sizes.wide_batch)
    title = "QML n={}, L={}, B={}: loss and gradient".format
    jax = "TensorCircuit-NG on JAX"
    small_title, wide_title = title(*sizes.batch), title(*sizes.wide_batch)
    return (
        Row("qml8", small_title, jax, batch, "tensorcircuit", 4, first_call=0.5),
        Row("qml8", small_title, QULACS, batch, "qulacs", 12),
        Row("qml8", small_title, LIGHTNING, batch, "lightning", 150),
        Row("qml12", wide_title, jax, wide, "tensorcircuit"),
        Row("qml12", wide_title, QULACS, wide, "qulacs"),
        Row("qml12", wide_title, LIGHTNING, wide, "lightning"),
    )


def _others(sizes: Sizes) -> tuple[Row, ...]:
    hea = partial(hardware_efficient, sizes.hea, sizes.layers)
    title = f"HEA n={sizes.hea}, L={sizes.layers}: energy"
    aer = "Aer, save_expectation_value"
    return (
        Row("energy", f"{title} alone", aer, hea, "aer", 5, gradient=False),
        Row(
            "complex64",
            f"{title} and gradient in complex64",
            "the same in complex128",
            hea,
            "ours",
            1.6,
            tolerance=SINGLE,
            options={"precision": "complex64"},
        ),
        Row(
            "threads",
            f"{title} and gradient, 2 threads",
            "the same on 1 thread",
            hea,
            "ours",
            1.8,
            threads=2,
            other_threads=1,
        ),
    )
