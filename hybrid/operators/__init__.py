"""Observables of other libraries, and of text, as sums of Pauli strings."""

from hybrid.operators.conversion import as_pauli_sum
from hybrid.operators.text import parse_terms
from hybrid.operators.words import pauli_sum

__all__ = ["as_pauli_sum", "parse_terms", "pauli_sum"]
