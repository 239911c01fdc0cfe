from collections.abc import Sequence
from typing import Literal, overload

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
    @overload
    def evaluate(
        self,
        observable: PauliSum,
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
        observable: PauliSum,
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
        observable: PauliSum,
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

def plan_groups(
    operations: list[tuple[int, int]], capacity: int
) -> list[tuple[int, list[int]]]: ...
def gather_diagonals(operations: list[tuple[int, int]]) -> list[int]: ...
def about() -> dict[str, str | int]: ...
def memory_bytes(num_qubits: int, gradient: bool, single: bool) -> int: ...
