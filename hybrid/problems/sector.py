"""The electron numbers of a molecule as observables, with a penalty for other numbers."""

from __future__ import annotations

from dataclasses import dataclass

from qiskit.quantum_info import SparsePauliOp


@dataclass(frozen=True, eq=False)
class Sector:
    """Observables for the subspace with a molecule's electron numbers.

    Attributes:
        num_electrons: numbers of electrons of spin alpha and of spin beta.
        numbers: the number operators of each spin.
        deviation: ``(N_alpha - n_alpha)^2 + (N_beta - n_beta)^2``; zero on the subspace, and at
            least one on states with other electron numbers.
        spin: the operator S^2; S(S+1) on states of spin S.
        weight: weight of the penalty in hartree, such that a deviation costs more than it gains.
            Estimated from the lowest determinants with other electron numbers.
    """

    num_electrons: tuple[int, int]
    numbers: tuple[SparsePauliOp, SparsePauliOp]
    deviation: SparsePauliOp
    spin: SparsePauliOp
    weight: float

    @classmethod
    def of(
        cls,
        num_electrons: tuple[int, int],
        numbers: tuple[SparsePauliOp, SparsePauliOp],
        spin: SparsePauliOp,
        weight: float,
    ) -> Sector:
        """Make from electron numbers, number operators, S^2 and the weight of the penalty."""
        squares = []
        for count, number in zip(num_electrons, numbers, strict=True):
            away = (number - count * _identity(number)).simplify()
            squares.append(away @ away)
        deviation = _real(SparsePauliOp.sum(squares))
        return cls(num_electrons, numbers, deviation, _real(spin), weight)

    @property
    def penalty(self) -> SparsePauliOp:
        """Added to a Hamiltonian, it gives the ground state the molecule's electron numbers."""
        return _real(self.weight * self.deviation)


def number_operator(modes: list[SparsePauliOp]) -> SparsePauliOp:
    """Return the number operator of some spin orbitals."""
    return _real(SparsePauliOp.sum(modes))


def _identity(like: SparsePauliOp) -> SparsePauliOp:
    return SparsePauliOp("I" * like.num_qubits)


def _real(operator: SparsePauliOp) -> SparsePauliOp:
    merged = operator.simplify()
    return SparsePauliOp(merged.paulis, merged.coeffs.real)
