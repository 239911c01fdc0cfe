"""The electrons of a molecule as observables: how many there are, and what it costs to lose one."""

from __future__ import annotations

from dataclasses import dataclass

from qiskit.quantum_info import SparsePauliOp


@dataclass(frozen=True, eq=False)
class Sector:
    """The states with a molecule's electrons of each spin, among all states of its qubits.

    Attributes:
        num_electrons: of spin alpha and of spin beta.
        numbers: the operators that count them.
        deviation: ``(N_alpha - n_alpha)^2 + (N_beta - n_beta)^2``; zero on the sector, and one or
            more on every state of other electrons.
        spin: the operator S^2; S(S+1) on states of spin S.
        weight: in hartree: so large that a deviation costs more than it gains. Estimated from
            the determinants of lowest energy with other electrons.
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
        """Return the sector of given numbers, of the operators that count them, and of S^2."""
        squares = []
        for count, number in zip(num_electrons, numbers, strict=True):
            away = (number - count * _identity(number)).simplify()
            squares.append(away @ away)
        deviation = _real(SparsePauliOp.sum(squares))
        return cls(num_electrons, numbers, deviation, _real(spin), weight)

    @property
    def penalty(self) -> SparsePauliOp:
        """What to add to a Hamiltonian so that its ground state has the molecule's electrons."""
        return _real(self.weight * self.deviation)


def number_operator(modes: list[SparsePauliOp]) -> SparsePauliOp:
    """Return the sum of the occupations of some spin orbitals."""
    return _real(SparsePauliOp.sum(modes))


def _identity(like: SparsePauliOp) -> SparsePauliOp:
    return SparsePauliOp("I" * like.num_qubits)


def _real(operator: SparsePauliOp) -> SparsePauliOp:
    merged = operator.simplify()
    return SparsePauliOp(merged.paulis, merged.coeffs.real)
