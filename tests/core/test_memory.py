"""What does not fit is refused with what would."""

from __future__ import annotations

import pytest

from hybrid.core.errors import InputError
from hybrid.core.memory import check_memory, gigabytes


def test_what_fits_passes() -> None:
    check_memory(2**30, 2**31, ranks_on_host=2, num_qubits=25)


def test_a_wide_state_is_told_the_width_that_fits() -> None:
    # 32 qubits: 68.7 GB; 12 GB hold a state of an eighth of that: 29 qubits.
    with pytest.raises(InputError, match=r"needs 68\.7 GB.*12\.0 GB.*29 qubits would fit"):
        check_memory(16 << 32, 12 * 10**9, ranks_on_host=1, num_qubits=32)


def test_many_ranks_on_a_host_are_told_how_many_fit() -> None:
    with pytest.raises(InputError, match="at most 3 ranks on a host"):
        check_memory(10**9, 3_500_000_000, ranks_on_host=8, num_qubits=26)


@pytest.mark.parametrize("halves", [True, False])
def test_complex64_is_named_where_it_can_be_chosen(halves: bool) -> None:
    with pytest.raises(InputError) as refused:
        check_memory(16 << 30, 10**9, ranks_on_host=1, num_qubits=30, halves=halves)
    assert ("complex64" in refused.value.advice) is halves


def test_where_nothing_is_free_no_width_is_named() -> None:
    with pytest.raises(InputError) as refused:
        check_memory(64, 0, ranks_on_host=1, num_qubits=2)
    assert refused.value.advice == ""


def test_sizes_are_written_in_the_unit_that_fits() -> None:
    sizes = (0, 999, 1000, 999_999, 2_500_000, 99_999_999, 10**8, 1.6e13)
    assert [gigabytes(int(size)) for size in sizes] == [
        "0 B", "999 B", "1 kB", "1 MB", "2.5 MB", "100 MB", "0.1 GB", "16,000.0 GB",
    ]  # fmt: skip
