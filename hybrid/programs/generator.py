"""Generators of parametrised gates: Pauli sums whose strings share one X mask, under controls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hybrid.core.arrays import FloatArray, IntArray

_MAX_RANK = 12
"""Maximum number of independent parities whose signs are enumerated for a spectrum (4096)."""

_ROUNDING = 1e-12
"""Numbers that differ by less than this fraction of the largest are one, up to rounding."""


@dataclass(frozen=True, slots=True)
class Generator:
    """A Hermitian ``G = controls (x) sum_j coefficients[j] P(x_mask, z_masks[j])``.

    A string with masks (x, z) is ``P(x, z) = i^|x & z| X^x Z^z``; bit q of a mask is qubit q.
    It generates the gate ``exp(-i angle G)``. All strings share the X mask, so G couples each basis
    state to one other only, and the exponential is exact even if strings do not commute.

    Attributes:
        x_mask: qubits that the strings flip.
        z_masks: Z mask of each string.
        coefficients: real coefficient of each string.
        control_mask: qubits that must hold ``control_value`` for G not to vanish.
        control_value: the values of those qubits.
    """

    x_mask: int
    z_masks: tuple[int, ...]
    coefficients: tuple[float, ...]
    control_mask: int = 0
    control_value: int = 0

    def on(self, qubits: Sequence[int]) -> Generator:
        """Return the same generator with local qubit k placed on ``qubits[k]``."""
        return Generator(
            spread(self.x_mask, qubits),
            tuple(spread(z, qubits) for z in self.z_masks),
            self.coefficients,
            spread(self.control_mask, qubits),
            spread(self.control_value, qubits),
        )

    def controlled(self, num_controls: int, value: int) -> Generator:
        """Return the generator under ``num_controls`` controls, placed before its own qubits."""
        ones = (1 << num_controls) - 1
        return Generator(
            self.x_mask << num_controls,
            tuple(z << num_controls for z in self.z_masks),
            self.coefficients,
            self.control_mask << num_controls | ones,
            self.control_value << num_controls | value,
        )

    def under(self, mask: int, value: int) -> Generator:
        """Return the generator under further controls, as masks of qubits."""
        if not mask:
            return self
        return Generator(
            self.x_mask,
            self.z_masks,
            self.coefficients,
            self.control_mask | mask,
            self.control_value | value,
        )

    def without_identity(self) -> Generator:
        """Return G without its identity string, which without controls is a global phase."""
        if self.x_mask or self.control_mask:
            return self
        kept = [(z, c) for z, c in zip(self.z_masks, self.coefficients, strict=True) if z]
        return Generator(0, tuple(z for z, _ in kept), tuple(c for _, c in kept))

    def eigenvalues(self) -> FloatArray | None:
        """Return the distinct eigenvalues of G, ascending, or None if there are too many.

        The matrix element ``c(b)`` of G between ``b`` and ``b ^ x_mask`` depends on the parities
        ``|z_j & b|`` alone, which take every combination that their linear dependence over GF(2)
        allows: 2^rank of them are enumerated, for any number of qubits.
        """
        reference = self.z_masks[0] if self.x_mask else 0
        basis = _independent([z ^ reference for z in self.z_masks])
        if len(basis) > _MAX_RANK:
            return None
        choices = np.arange(1 << len(basis))
        amplitudes = np.zeros(len(choices), dtype=np.complex128)
        for z, coefficient in zip(self.z_masks, self.coefficients, strict=True):
            parity = _parity_of(choices, _expressed(z ^ reference, basis))
            phase = 1j ** ((self.x_mask & z).bit_count() % 4)
            amplitudes += coefficient * phase * (1 - 2 * parity)
        if self.x_mask:
            found = np.concatenate([np.abs(amplitudes), -np.abs(amplitudes)])
        else:
            found = amplitudes.real
        if self.control_mask:
            found = np.append(found, 0.0)
        return _distinct(found)

    def frequencies(self) -> FloatArray | None:
        """Return the positive differences of eigenvalues, ascending, or None if unknown.

        As a function of the gate's angle, an expectation value is a Fourier sum over exactly these
        (Wierichs et al., Quantum 6, 677 (2022)).
        """
        eigenvalues = self.eigenvalues()
        if eigenvalues is None or len(eigenvalues) > 64:
            return None
        differences = (eigenvalues[:, None] - eigenvalues[None, :]).ravel()
        return _distinct(differences[differences > 0.0])


def spread(mask: int, qubits: Sequence[int]) -> int:
    """Return the mask that has bit ``qubits[k]`` where ``mask`` has bit k."""
    return sum(1 << qubit for k, qubit in enumerate(qubits) if mask >> k & 1)


def _independent(masks: Sequence[int]) -> list[int]:
    """Return a basis over GF(2), in echelon form, of the space that the masks span."""
    basis: list[int] = []
    for mask in masks:
        for pivot in basis:
            mask = min(mask, mask ^ pivot)
        if mask:
            basis.append(mask)
            basis.sort(reverse=True)
    return basis


def _expressed(mask: int, basis: Sequence[int]) -> int:
    """Return the members of the echelon basis whose sum is the mask, as bits."""
    members = 0
    for k, pivot in enumerate(basis):
        if mask ^ pivot < mask:
            mask ^= pivot
            members |= 1 << k
    return members


def _parity_of(choices: IntArray, members: int) -> IntArray:
    return np.asarray(np.bitwise_count(choices & members) & 1, dtype=np.int64)


def _distinct(numbers: FloatArray) -> FloatArray:
    ordered = np.sort(numbers)
    tolerance = _ROUNDING * float(np.abs(ordered).max(initial=0.0))
    keep = np.diff(ordered, prepend=-np.inf) > tolerance
    return np.asarray(ordered[keep], dtype=np.float64)
