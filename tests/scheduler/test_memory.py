"""What does not fit is refused with what would."""

from __future__ import annotations

import pytest

from hybrid.core.errors import InputError
from hybrid.scheduler import check_memory


def test_what_fits_passes() -> None:
    check_memory(2**30, 2**31, ranks_on_host=2, num_qubits=25)


def test_a_wide_state_is_told_the_width_that_fits() -> None:
    # 32 qubits: 68.7 GB; 12 GB hold a state of an eighth of that: 29 qubits.
    with pytest.raises(InputError, match=r"needs 68\.7 GB.*12\.0 GB.*29 qubits would fit"):
        check_memory(16 << 32, 12 * 10**9, ranks_on_host=1, num_qubits=32)


def test_many_ranks_on_a_host_are_told_how_many_fit() -> None:
    with pytest.raises(InputError, match="at most 3 ranks on a host"):
        check_memory(10**9, 3_500_000_000, ranks_on_host=8, num_qubits=26)
