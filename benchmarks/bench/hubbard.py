"""The Hubbard model on a ladder: a Hamiltonian variational ansatz at half filling."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bench.workload import Gate, String, Workload

_REPULSION = 4.0


def hubbard(length: int, layers: int) -> Workload:
    """Return the ansatz of Wecker et al. (2015), doi:10.1103/PhysRevA.92.042303, on 2 x ``length``.

    Jordan-Wigner with all sites of one spin first; each layer evolves by the repulsion and by
    three sets of hops that commute, with one angle each.
    """
    sites = 2 * length
    width = 2 * sites
    gates = [Gate("x", (q,)) for q in (*range(sites // 2), *range(sites, sites + sites // 2))]
    weight = 0
    for _ in range(layers):
        onsite = (*_repulsion(sites),)
        gates.append(Gate("evolution", tuple(range(width)), weight, strings=onsite))
        weight += 1
        for bonds in _bonds(length):
            for one, other in bonds:
                for spin in (0, 1):
                    strings = _hop(one + spin * sites, other + spin * sites)
                    qubits = tuple(range(strings[0].qubits[0], strings[0].qubits[-1] + 1))
                    gates.append(Gate("evolution", qubits, weight, strings=strings))
            weight += 1
    hops = [
        string
        for bonds in _bonds(length)
        for one, other in bonds
        for spin in (0, 1)
        for string in _hop(one + spin * sites, other + spin * sites)
    ]
    return Workload(
        name=f"Hubbard 2 x {length}, HVA, {layers} layers",
        num_qubits=width,
        gates=tuple(gates),
        observable=(*hops, *_repulsion(sites), String(_REPULSION * sites / 4, "I", (0,))),
        weights=tuple(np.random.default_rng(2).normal(0, 0.3, weight).tolist()),
    )


def _bonds(length: int) -> Iterator[list[tuple[int, int]]]:
    """Yield sets of bonds without a common site: even and odd ones along the legs, and rungs."""
    for first in (0, 1):
        yield [
            (leg * length + site, leg * length + site + 1)
            for leg in (0, 1)
            for site in range(first, length - 1, 2)
        ]
    yield [(site, site + length) for site in range(length)]


def _hop(one: int, other: int) -> tuple[String, String]:
    between = tuple(range(one + 1, other))
    letters = "Z" * len(between)
    qubits = (one, *between, other)
    return String(-0.5, f"X{letters}X", qubits), String(-0.5, f"Y{letters}Y", qubits)


def _repulsion(sites: int) -> Iterator[String]:
    for site in range(sites):
        yield String(_REPULSION / 4, "ZZ", (site, site + sites))
        for spin in (0, 1):
            yield String(-_REPULSION / 4, "Z", (site + spin * sites,))
