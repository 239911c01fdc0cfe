"""Validate integrals: real, over spatial orbitals, with the symmetries of real orbitals."""

from __future__ import annotations

import numpy as np
from scipy.sparse.csgraph import connected_components

from hybrid.core.arrays import FloatArray, IntArray
from hybrid.core.errors import InputError

MAX_ORBITALS = 32
"""Spatial orbitals; basis-state indices have 64 bits, one per spin orbital."""

_SAME = 1e-6
"""Tolerance for equalities by symmetry, relative to the largest integral."""

_SAME_DENSITY = 0.9
"""Cosine between two densities above which they belong to the same orbitals."""

_ORDERS = {
    "physicists' order, <ij|kl>": (0, 2, 1, 3),
    "the order of OpenFermion, a+_i a+_j a_k a_l": (0, 3, 1, 2),
}
"""Transpositions to chemists' order from other orders."""

_GENERATORS = ((1, 0, 2, 3), (0, 1, 3, 2), (2, 3, 0, 1))
"""Generators of the eight index permutations that leave (ij|kl) invariant."""


def checked_integrals(
    name: str, one_body: object, two_body: object
) -> tuple[FloatArray, FloatArray]:
    """Validate integrals; return them as read-only arrays with exact symmetry.

    Args:
        name: name of the molecule, for error messages.
        one_body: (n, n), h_ij.
        two_body: (n, n, n, n), (ij|kl) in chemists' order.

    Raises:
        InputError: not real and finite; wrong shapes; too many orbitals; without the symmetries of
            real orbitals in chemists' order; or over spin orbitals.
    """
    one, two = _real(name, "one_body", one_body), _real(name, "two_body", two_body)
    n = len(one) if one.ndim else 0
    if n == 0 or one.shape != (n, n) or two.shape != (n, n, n, n):
        raise InputError(
            f"integrals of {name}",
            got=f"shapes {one.shape} and {two.shape}",
            expected="(n, n) and (n, n, n, n) for n orbitals",
            advice="give two_body in full, in chemists' order",
        )
    if n > MAX_ORBITALS:
        raise InputError(
            f"integrals of {name}",
            got=f"{n} orbitals",
            expected=f"1 to {MAX_ORBITALS} spatial orbitals (two qubits each)",
            advice="choose a smaller active space",
        )
    if not (np.isfinite(one).all() and np.isfinite(two).all()):
        raise InputError(
            f"integrals of {name}",
            got="NaN or infinity",
            expected="finite numbers",
            advice="check the calculation they come from",
        )
    _check_symmetries(name, one, two)
    _check_spatial(name, one, two)
    # The mean of equal numbers is exact, so symmetric arrays keep their bits.
    one = (one + one.T) / 2
    for axes in _GENERATORS:
        two = (two + two.transpose(axes)) / 2
    one.setflags(write=False)
    two.setflags(write=False)
    return one, two


def _real(name: str, what: str, given: object) -> FloatArray:
    """Return an array of real numbers."""
    array = np.asarray(given) if _is_regular(given) else np.array(None)
    if array.dtype.kind == "c":
        largest = float(abs(array.imag).max(initial=0.0))
        if largest > 1e-12 * float(abs(array).max(initial=0.0)):
            raise InputError(
                f"{what} of {name}",
                got=f"complex numbers, imaginary parts up to {largest:.3g}",
                expected="real numbers",
                advice="use real orbitals",
            )
        array = array.real
    if array.dtype.kind not in "iuf":
        raise InputError(
            f"{what} of {name}",
            got=f"{type(given).__name__} without numbers of one kind and a regular shape",
            expected="an array of real numbers",
            advice="give NumPy arrays of dtype float64",
        )
    return np.array(array, dtype=np.float64)


def _is_regular(given: object) -> bool:
    try:
        np.asarray(given)
    except (TypeError, ValueError):
        return False
    return True


def _check_symmetries(name: str, one: FloatArray, two: FloatArray) -> None:
    if abs(one - one.T).max() > _SAME * abs(one).max():
        raise InputError(
            f"one_body of {name}",
            got="a matrix that is not symmetric",
            expected="h_ij = h_ji, as real orbitals have it",
            advice="check the calculation that it comes from",
        )
    if _is_symmetric(two):
        return
    for order, axes in _ORDERS.items():
        if _is_symmetric(two.transpose(axes)):
            raise InputError(
                f"two_body of {name}",
                got=f"integrals in {order}",
                expected="chemists' order, (ij|kl)",
                advice=f"pass two_body.transpose{axes}",
            )
    raise InputError(
        f"two_body of {name}",
        got="integrals without the symmetries (ij|kl) = (ji|kl) = (ij|lk) = (kl|ij)",
        expected="integrals over real orbitals in chemists' order, not antisymmetrised",
        advice="check the order of the indices",
    )


def _is_symmetric(two: FloatArray) -> bool:
    """Return whether all eight index permutations give the same array."""
    most = _SAME * abs(two).max()
    return all(abs(two - two.transpose(axes)).max() <= most for axes in _GENERATORS)


def _check_spatial(name: str, one: FloatArray, two: FloatArray) -> None:
    """Refuse spin orbitals, half of which repeat the other half.

    Two sets of orbitals with vanishing products cannot have the same density unless their spins
    differ. The products vanish if no integral couples the sets; by the Cauchy-Schwarz inequality,
    densities a and b are equal if (a|b)^2 equals (a|a)(b|b).
    """
    sets = _unjoined(one, two)
    if len(sets) != 2 or len(sets[0]) != len(sets[1]):
        return
    coulomb = np.einsum("iijj->ij", two)
    a, b = sets
    within = float(coulomb[np.ix_(a, a)].sum()) * float(coulomb[np.ix_(b, b)].sum())
    between = float(coulomb[np.ix_(a, b)].sum())
    if between > 0.0 and between**2 >= _SAME_DENSITY**2 * max(within, 0.0):
        raise InputError(
            f"integrals of {name}",
            got=f"{len(one)} spin orbitals: {_listed(a)} of one spin, {_listed(b)} of the other",
            expected=f"integrals over the {len(a)} spatial orbitals",
            advice="write them from a restricted (RHF or ROHF) calculation",
        )


def _unjoined(one: FloatArray, two: FloatArray) -> list[IntArray]:
    """Return the sets of orbitals that no integral h_ij or (ij|kl) couples."""
    joined = (abs(one) > 1e-10 * abs(one).max()) | (
        abs(two).max(axis=(2, 3)) > 1e-10 * abs(two).max()
    )
    count, labels = connected_components(joined, directed=False)
    return [np.flatnonzero(labels == label) for label in range(count)]


def _listed(orbitals: IntArray) -> str:
    shown = ", ".join(str(orbital) for orbital in orbitals[:8])
    return shown + (", ..." if len(orbitals) > 8 else "")


def checked_energy(name: str, energy: object) -> float:
    """Validate the core energy.

    Raises:
        InputError: not a finite real number.
    """
    if isinstance(energy, int | float | np.integer | np.floating) and np.isfinite(energy):
        return float(energy)
    raise InputError(
        f"core_energy of {name}",
        got=repr(energy)[:60],
        expected="a finite real number, in hartree",
        advice="check the calculation it comes from",
    )
