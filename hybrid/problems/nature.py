"""Import qiskit-nature, an optional dependency, on first use."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hybrid.core.errors import InputError
from hybrid.core.extras import install


@contextmanager
def qiskit_nature() -> Iterator[None]:
    """Context for importing and calling qiskit-nature, without its deprecation warnings.

    It uses circuit classes that Qiskit 2 deprecates, which a user cannot change.

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
                advice=install("chemistry"),
            ) from error


def in_fixed_order(operator: Any) -> Any:
    """Return a fermionic operator with its terms sorted by label.

    The order of terms in qiskit-nature's operators from integrals differs between processes. Sums
    over them would differ in the last bits, and so would the observables on different ranks.
    """
    terms = dict(sorted(operator.items()))
    return type(operator)(terms, num_spin_orbitals=operator.num_spin_orbitals, copy=False)
