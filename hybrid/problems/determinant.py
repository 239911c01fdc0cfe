"""Slater determinants: energies, and the choice of the reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hybrid.core.arrays import FloatArray
from hybrid.core.errors import InputError

Occupation: TypeAlias = tuple[tuple[int, ...], tuple[int, ...]]
"""The occupied orbitals of spin alpha and of spin beta, counted from 0, in ascending order."""

_EQUAL = 1e-9
"""Energies that differ by less than this fraction of the largest integral are equal."""

_Filled: TypeAlias = NDArray[np.float64]  # (..., 2, n): 1 where a spin orbital is occupied, else 0


@dataclass(frozen=True, eq=False)
class Determinants:
    """The determinants over n orbitals, without the core energy.

    Attributes:
        one_body: (n, n) in hartree.
        coulomb: (n, n), (ii|jj).
        exchange: (n, n), (ij|ji).
    """

    one_body: FloatArray
    coulomb: FloatArray
    exchange: FloatArray

    @classmethod
    def of(cls, one_body: FloatArray, two_body: FloatArray) -> Determinants:
        """Make from integrals in chemists' order."""
        return cls(
            one_body, np.einsum("iijj->ij", two_body).copy(), np.einsum("ijji->ij", two_body).copy()
        )

    def energy(self, occupation: Occupation) -> float:
        """Return <D|H|D> of one determinant, without the core energy."""
        return float(self._energies(self._filled(occupation)))

    def chosen(self, num_electrons: tuple[int, int]) -> Occupation:
        """Return the reference determinant, independent of the order of the orbitals.

        This is the determinant of lowest energy in which, as in restricted Hartree-Fock, the spin
        with fewer electrons occupies only orbitals that the other spin occupies too. The search
        exchanges orbitals, from several starts, while the energy falls. Ties go to the first
        orbitals.
        """
        n = len(self.one_body)
        starts = [np.arange(n), np.argsort(self.one_body.diagonal(), kind="stable")]
        # Mean-field estimate of orbital energies, with the repulsion by all electrons.
        crowded = self.one_body.diagonal() + self.coulomb.mean(axis=1) * sum(num_electrons)
        starts.append(np.argsort(crowded, kind="stable"))
        best = self._filled(_first(num_electrons, starts[0]))
        for start in starts:
            found = self._descended(self._filled(_first(num_electrons, start)))
            if self._energies(found) < self._energies(best) - self._tolerance:
                best = found
        alpha, beta = (tuple(np.flatnonzero(spin).tolist()) for spin in best)
        return alpha, beta

    def below(self, occupation: Occupation) -> tuple[Occupation, float] | None:
        """Return the lowest determinant that differs in one orbital and has a lower energy.

        Returns:
            The determinant and the energy difference in hartree; or None.
        """
        filled = self._filled(occupation)
        moved = _with_one_moved(filled)
        if not len(moved):
            return None
        energies = self._energies(moved)
        lowest = int(energies.argmin())
        depth = float(self._energies(filled) - energies[lowest])
        if depth <= self._tolerance:
            return None
        alpha, beta = (tuple(np.flatnonzero(spin).tolist()) for spin in moved[lowest])
        return (alpha, beta), depth

    def cost_of_leaving(self, occupation: Occupation) -> float:
        """Return the weight, in hartree, of a penalty on other electron numbers.

        The penalty multiplies the squared deviation of the electron numbers. The weight is twice
        the largest energy gain per squared deviation, over determinants with up to two electrons
        more or fewer of either spin, plus the smallest excitation energy.
        """
        alpha, beta = map(len, occupation)
        here, n = self.energy(occupation), len(self.one_body)
        gains = [
            (here - self.energy(self.chosen((a, b)))) / ((a - alpha) ** 2 + (b - beta) ** 2)
            for a in range(max(alpha - 2, 0), min(alpha + 2, n) + 1)
            for b in range(max(beta - 2, 0), min(beta + 2, n) + 1)
            if (a, b) != (alpha, beta)
        ]
        moved = _with_one_moved(self._filled(occupation))
        steps = abs(self._energies(moved) - here) if len(moved) else np.array([])
        steps = steps[steps > self._tolerance]
        step = steps.min() if len(steps) else abs(self.one_body).max()
        return 2.0 * max(0.0, *gains) + float(step)

    @property
    def _tolerance(self) -> float:
        return _EQUAL * float(max(abs(self.one_body).max(), abs(self.coulomb).max()))

    def _filled(self, occupation: Occupation) -> _Filled:
        filled = np.zeros((2, len(self.one_body)))
        for spin, occupied in enumerate(occupation):
            filled[spin, list(occupied)] = 1.0
        return filled

    def _energies(self, filled: _Filled) -> FloatArray:
        """Return the energy of each determinant, shape (...)."""
        density = filled.sum(axis=-2)
        energies = density @ self.one_body.diagonal()
        energies += 0.5 * ((density @ self.coulomb) * density).sum(axis=-1)
        energies -= 0.5 * ((filled @ self.exchange) * filled).sum(axis=(-1, -2))
        return np.asarray(energies)

    def _descended(self, filled: _Filled) -> _Filled:
        """Exchange pairs of orbitals while the energy falls."""
        energy = self._energies(filled)
        while True:
            exchanged = _with_two_exchanged(filled)
            if not len(exchanged):
                return filled
            energies = self._energies(exchanged)
            lowest = int(energies.argmin())
            if energies[lowest] >= energy - self._tolerance:
                return filled
            filled, energy = exchanged[lowest], energies[lowest]


def _first(num_electrons: tuple[int, int], order: NDArray[np.int64]) -> Occupation:
    """Return the determinant of the first orbitals in an order."""
    alpha, beta = (tuple(sorted(order[:count].tolist())) for count in num_electrons)
    return alpha, beta


def _with_two_exchanged(filled: _Filled) -> _Filled:
    """Return all determinants with two orbitals exchanged, shape (M, 2, n)."""
    p, q = np.triu_indices(filled.shape[-1], 1)
    different = (filled[:, p] != filled[:, q]).any(axis=0)
    p, q = p[different], q[different]
    exchanged = np.repeat(filled[None], len(p), axis=0)
    each = np.arange(len(p))
    exchanged[each, :, p], exchanged[each, :, q] = filled[:, q].T, filled[:, p].T
    return exchanged


def _with_one_moved(filled: _Filled) -> _Filled:
    """Return all determinants with one electron in another orbital, shape (M, 2, n)."""
    moved = []
    for spin in range(2):
        for p in np.flatnonzero(filled[spin]):
            for q in np.flatnonzero(filled[spin] == 0.0):
                each = filled.copy()
                each[spin, p], each[spin, q] = 0.0, 1.0
                moved.append(each)
    return np.array(moved)


def checked_electrons(name: str, given: object, num_orbitals: int) -> tuple[int, int]:
    """Validate the numbers of electrons of spin alpha and spin beta.

    Raises:
        InputError: not two whole numbers, more electrons than orbitals, or no electrons.
    """
    numbers = _wholes(given)
    fitting = numbers is not None and len(numbers) == 2 and any(numbers)
    if numbers is None or not fitting or not all(0 <= each <= num_orbitals for each in numbers):
        one = isinstance(given, int | np.integer) and not isinstance(given, bool) and given > 0
        halves = f"({(given + 1) // 2}, {given // 2})" if one else ""  # type: ignore[operator]
        raise InputError(
            f"electrons of {name} (alpha, beta)",
            got=repr(given)[:60],
            expected=f"two whole numbers, 0 to {num_orbitals} of each spin, and at least one",
            advice=f"for the lowest spin {halves}"
            if halves
            else "check the number of electrons and the spin",
        )
    return numbers[0], numbers[1]


def checked_occupation(
    name: str, given: object, num_electrons: tuple[int, int], num_orbitals: int
) -> Occupation:
    """Validate the occupied orbitals of spin alpha and spin beta; return them in ascending order.

    Raises:
        InputError: the wrong number of distinct orbitals for a spin.
    """
    spins = list(given) if isinstance(given, list | tuple) else []
    found = [_wholes(spin) for spin in spins]
    alpha, beta = (found[0] or (), found[1] or ()) if len(found) == 2 else ((), ())
    if len(found) != 2 or not all(
        numbers is not None
        and len(numbers) == len(set(numbers)) == count
        and all(0 <= number < num_orbitals for number in numbers)
        for numbers, count in zip(found, num_electrons, strict=True)
    ):
        raise InputError(
            f"occupation of {name}",
            got=repr(given)[:80],
            expected=f"{num_electrons[0]} different orbitals of spin alpha and {num_electrons[1]} "
            f"of spin beta, from 0 to {num_orbitals - 1}",
            advice=f"the first ones would be "
            f"({list(range(num_electrons[0]))}, {list(range(num_electrons[1]))})",
        )
    return tuple(sorted(alpha)), tuple(sorted(beta))


def _wholes(given: object) -> tuple[int, ...] | None:
    """Return a tuple of whole numbers, or None."""
    if isinstance(given, np.ndarray):
        given = given.tolist()
    if not isinstance(given, list | tuple | range):
        return None
    if not all(isinstance(x, int | np.integer) and not isinstance(x, bool) for x in given):
        return None
    return tuple(int(x) for x in given)


def listed(occupation: Occupation) -> str:
    """Format a determinant for a message."""
    alpha, beta = (" ".join(map(str, occupied)) or "none" for occupied in occupation)
    return f"(alpha {alpha}; beta {beta})"
