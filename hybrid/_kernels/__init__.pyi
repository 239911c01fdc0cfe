from collections.abc import Sequence
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

class PauliSum:
    def __init__(
        self,
        num_qubits: int,
        x_masks: NDArray[np.uint64],
        z_masks: NDArray[np.uint64],
        coefficients: NDArray[np.float64],
    ) -> None: ...
    @property
    def num_qubits(self) -> int: ...
    @property
    def num_masks(self) -> int: ...
    @property
    def x_masks(self) -> list[int]: ...

class Program:
    def __init__(
        self,
        num_qubits: int,
        kind: NDArray[np.uint8],
        targets: NDArray[np.int32],
        control_mask: NDArray[np.uint64],
        control_value: NDArray[np.uint64],
        matrix_offset: NDArray[np.int64],
        matrices: NDArray[np.complex128],
        x_mask: NDArray[np.uint64],
        string_offset: NDArray[np.int64],
        string_count: NDArray[np.int32],
        z_masks: NDArray[np.uint64],
        coefficients: NDArray[np.float64],
        slot: NDArray[np.int32],
        num_slots: int,
        *,
        block_rows: int = 0,
    ) -> None: ...
    @property
    def num_qubits(self) -> int: ...
    @property
    def num_slots(self) -> int: ...
    @property
    def num_sweeps(self) -> int: ...
    @property
    def for_values(self) -> Program: ...
    @overload
    def evaluate(
        self,
        observable: PauliSum | Sequence[PauliSum],
        angles: NDArray[np.float64],
        gradient: Literal[True],
        *,
        threads: int = 0,
        single: bool = False,
        shape: Literal["auto", "batched", "blocked"] = "auto",
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
    @overload
    def evaluate(
        self,
        observable: PauliSum | Sequence[PauliSum],
        angles: NDArray[np.float64],
        gradient: Literal[False],
        *,
        threads: int = 0,
        single: bool = False,
        shape: Literal["auto", "batched", "blocked"] = "auto",
    ) -> tuple[NDArray[np.float64], None]: ...
    @overload
    def evaluate(
        self,
        observable: PauliSum | Sequence[PauliSum],
        angles: NDArray[np.float64],
        gradient: bool,
        *,
        threads: int = 0,
        single: bool = False,
        shape: Literal["auto", "batched", "blocked"] = "auto",
    ) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]: ...
    def record(
        self,
        observables: Sequence[PauliSum],
        angles: NDArray[np.float64],
        *,
        threads: int = 0,
        single: bool = False,
        shape: Literal["auto", "batched", "blocked"] = "auto",
    ) -> tuple[NDArray[np.float64], Tape]: ...
    def state(
        self, angles: NDArray[np.float64], *, threads: int = 0, single: bool = False
    ) -> NDArray[np.complex128] | NDArray[np.complex64]: ...
    def amplitudes(
        self, angles: NDArray[np.float64], states: list[int], *, threads: int = 0
    ) -> NDArray[np.complex128]: ...
    @overload
    def overlaps(
        self,
        others: NDArray[np.complex128],
        angles: NDArray[np.float64],
        gradient: Literal[True],
        *,
        threads: int = 0,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
    @overload
    def overlaps(
        self,
        others: NDArray[np.complex128],
        angles: NDArray[np.float64],
        gradient: bool,
        *,
        threads: int = 0,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]: ...
    def variances(
        self, observables: Sequence[PauliSum], angles: NDArray[np.float64], *, threads: int = 0
    ) -> NDArray[np.float64]: ...
    def forces(
        self, observables: Sequence[PauliSum], angles: NDArray[np.float64], *, threads: int = 0
    ) -> NDArray[np.float64]: ...
    def metric(self, angles: NDArray[np.float64], *, threads: int = 0) -> NDArray[np.float64]: ...
    def probabilities(
        self, angles: NDArray[np.float64], qubits: int, *, threads: int = 0
    ) -> NDArray[np.float64]: ...
    def sample(
        self, angles: NDArray[np.float64], shots: int, seed: int, *, threads: int = 0
    ) -> NDArray[np.uint64]: ...

class Tape:
    def pull_back(
        self, weights: NDArray[np.float64], apart: Sequence[int] = ()
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...

class SectorBasis:
    def __init__(
        self,
        num_qubits: int,
        row_qubits: int,
        rows: NDArray[np.uint64],
        row_class: NDArray[np.int32],
        columns: NDArray[np.uint64],
        column_start: NDArray[np.int64],
    ) -> None: ...
    @property
    def size(self) -> int: ...
    @property
    def states(self) -> NDArray[np.uint64]: ...

class SectorProgram:
    def __init__(
        self,
        basis: SectorBasis,
        start: NDArray[np.uint64],
        amplitudes: NDArray[np.complex128],
        num_qubits: int,
        kind: NDArray[np.uint8],
        targets: NDArray[np.int32],
        control_mask: NDArray[np.uint64],
        control_value: NDArray[np.uint64],
        matrix_offset: NDArray[np.int64],
        matrices: NDArray[np.complex128],
        x_mask: NDArray[np.uint64],
        string_offset: NDArray[np.int64],
        string_count: NDArray[np.int32],
        z_masks: NDArray[np.uint64],
        coefficients: NDArray[np.float64],
        slot: NDArray[np.int32],
        num_slots: int,
    ) -> None: ...
    @property
    def num_slots(self) -> int: ...
    @property
    def real(self) -> bool: ...
    @property
    def num_pairs(self) -> int: ...
    def memory_bytes(self, gradient: bool, several: bool, points: int) -> int: ...
    def evaluate(
        self,
        observable: SectorSum | Sequence[SectorSum],
        angles: NDArray[np.float64],
        gradient: bool,
        *,
        threads: int = 0,
        single: bool = False,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]: ...
    def record(
        self,
        observables: Sequence[SectorSum],
        angles: NDArray[np.float64],
        *,
        threads: int = 0,
        single: bool = False,
    ) -> tuple[NDArray[np.float64], Tape]: ...
    def state(self, angles: NDArray[np.float64], *, threads: int = 0) -> NDArray[np.complex128]: ...
    def variances(
        self, observables: Sequence[SectorSum], angles: NDArray[np.float64], *, threads: int = 0
    ) -> NDArray[np.float64]: ...
    def metric(self, angles: NDArray[np.float64], *, threads: int = 0) -> NDArray[np.float64]: ...
    def overlaps(
        self,
        others: NDArray[np.complex128],
        angles: NDArray[np.float64],
        gradient: bool,
        *,
        threads: int = 0,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]: ...

class SectorSum:
    def __init__(self, program: SectorProgram, observable: PauliSum) -> None: ...
    @property
    def num_pairs(self) -> int: ...
    def is_whole(self) -> bool: ...

def plan_groups(
    operations: list[tuple[int, int]], capacity: int
) -> list[tuple[int, list[int]]]: ...
def gather_diagonals(operations: list[tuple[int, int]]) -> list[int]: ...
def about() -> dict[str, str | int]: ...
def limits() -> dict[str, int]: ...
def memory_bytes(num_qubits: int, gradient: bool, single: bool, several: bool = False) -> int: ...

class Placement:
    def __init__(self, position: list[int], fixed: int, value: int) -> None: ...
    def offset(self, basis: int) -> int: ...

class Bound:
    def __init__(self, program: Program, angles: NDArray[np.float64], single: bool) -> None: ...
    def forward(self, sweep: int, at: Placement, psi: NDArray[Any], threads: int) -> None: ...
    def tangent(
        self,
        sweep: int,
        slot: int,
        at: Placement,
        psi: NDArray[Any],
        tangent: NDArray[Any],
        threads: int,
    ) -> None: ...
    def backward(
        self,
        sweep: int,
        at: Placement,
        psi: NDArray[Any],
        lambda_: NDArray[Any],
        sums: NDArray[np.float64],
        threads: int,
    ) -> None: ...

ELSEWHERE: int

def sweeps(program: Program) -> list[tuple[int, int]]: ...
def expectation_strips(num_qubits: int) -> int: ...
def expectation_block(num_qubits: int) -> int: ...
def outcome_strips(num_qubits: int) -> int: ...
def gradient_of(program: Program, sums: NDArray[np.float64]) -> NDArray[np.float64]: ...
def sum_of_strips(sums: NDArray[np.float64]) -> float: ...
def image_from(
    observable: PauliSum,
    source_at: Placement,
    source: NDArray[Any],
    image_at: Placement,
    image: NDArray[Any],
    fresh: bool,
    threads: int,
) -> None: ...
def image_product(
    at: Placement,
    psi: NDArray[Any],
    image: NDArray[Any],
    sums: NDArray[np.float64],
    threads: int,
) -> None: ...
def copy_out(
    shard: NDArray[Any], mask: int, value: int, out: NDArray[Any], threads: int
) -> None: ...
def copy_in(
    values: NDArray[Any], shard: NDArray[Any], mask: int, value: int, threads: int
) -> None: ...
def exchange(
    one: NDArray[Any],
    value_of_one: int,
    other: NDArray[Any],
    value_of_other: int,
    mask: int,
    threads: int,
) -> None: ...
def strip_weights(
    at: Placement, psi: NDArray[Any], weights: NDArray[np.float64], threads: int
) -> None: ...
def draw(
    at: Placement,
    psi: NDArray[Any],
    weights: NDArray[np.float64],
    shots: int,
    seed: int,
    threads: int,
) -> NDArray[np.uint64]: ...
def probabilities(
    at: Placement, psi: NDArray[Any], qubits: int, threads: int
) -> NDArray[np.float64]: ...
def finish_metric(rows: NDArray[np.float64], phases: NDArray[np.float64]) -> None: ...
