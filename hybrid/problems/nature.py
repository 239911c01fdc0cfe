"""qiskit-nature, imported only when chemistry is asked for: it is an optional dependency."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hybrid.core.errors import InputError


@contextmanager
def qiskit_nature() -> Iterator[None]:
    """Run a block that imports and calls qiskit-nature, without the warnings meant for its authors.

    It builds on circuit classes that Qiskit 2 deprecates; a user can do nothing about that.

    Raises:
        InputError: qiskit-nature is not installed.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", r"The class ``qiskit\.circuit\.library\.", category=DeprecationWarning
        )
        try:
            yield
        except ModuleNotFoundError as error:
            raise InputError(
                "molecules",
                got=f"no module named {error.name}",
                expected="qiskit-nature",
                advice="pip install 'hybrid-hpc-quantum[chemistry]'",
            ) from error


def in_fixed_order(operator: Any) -> Any:
    """Return a fermionic operator with its terms sorted by label.

    qiskit-nature lists the terms of an operator that was made from integrals in an order that
    differs from process to process. Sums over them would differ in their last bits, and with them
    the observables of the ranks of one job.
    """
    terms = dict(sorted(operator.items()))
    return type(operator)(terms, num_spin_orbitals=operator.num_spin_orbitals, copy=False)
