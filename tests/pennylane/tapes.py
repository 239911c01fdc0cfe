"""Random tapes, and PennyLane's own simulator to compare with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pennylane as qml
from pennylane import numpy as pnp

from hybrid.pennylane.gates import ROTATIONS

FIXED = (
    qml.Hadamard, qml.X, qml.Y, qml.Z, qml.S, qml.T, qml.SX, qml.SWAP, qml.ISWAP, qml.SISWAP,
    qml.ECR, qml.CNOT, qml.CZ, qml.CY, qml.CH, qml.Toffoli, qml.CSWAP, qml.CCZ,
)  # fmt: skip
_OF_WIRES = (qml.FermionicSingleExcitation, qml.FermionicDoubleExcitation)
DRIVEN = (
    *(kind for kind in ROTATIONS if kind not in _OF_WIRES),
    qml.CRX, qml.CRY, qml.CRZ, qml.CRot, qml.ControlledPhaseShift, qml.PSWAP, qml.U2,
)  # fmt: skip
LABELS: tuple[list[Any], ...] = (["a", 3, "q", 0, 7], [0, 1, 2, 3, 4], [4, 2, 0, 1, 3])
PAULIS = (qml.X, qml.Y, qml.Z)


class Draws:
    """Random operations, observables and measurements on some wires.

    Args:
        rng: source of randomness.
        wires: the wires.
        batch: length of batches of parameters, or None for none.
    """

    def __init__(self, rng: np.random.Generator, wires: Sequence[Any], batch: int | None = None):
        self.rng, self.wires, self.batch = rng, list(wires), batch

    def some(self, count: int) -> list[Any]:
        return [self.wires[k] for k in self.rng.permutation(len(self.wires))[:count]]

    def angle(self) -> Any:
        batched = self.batch is not None and self.rng.random() < 0.5
        return pnp.array(self.rng.uniform(-3, 3, self.batch if batched else None))

    def operations(self, count: int) -> list[Any]:
        found: list[Any] = []
        while len(found) < count:
            made = self._operation()
            found += [] if made is None else [made]
        return found

    def _operation(self) -> Any:
        makers = (self._fixed, self._driven, self._driven, self._matrix, self._controlled)
        return makers[self.rng.integers(len(makers))]()

    def _fixed(self) -> Any:
        kind = FIXED[self.rng.integers(len(FIXED))]
        return kind(wires=self.some(kind.num_wires)) if self._fits(kind) else None

    def _driven(self) -> Any:
        kind = DRIVEN[self.rng.integers(len(DRIVEN))]
        count = int(self.rng.integers(1, len(self.wires) + 1))
        if kind is qml.PauliRot:
            word = "".join(self.rng.choice(list("IXYZ"), count))
            return kind(self.angle(), word, wires=self.some(count))
        if kind is qml.MultiRZ:
            return kind(self.angle(), wires=self.some(count))
        if kind is qml.GlobalPhase:
            return kind(self.angle())
        if not self._fits(kind):
            return None
        return kind(
            *(self.angle() for _ in range(kind.num_params)), wires=self.some(kind.num_wires)
        )

    def _matrix(self) -> Any:
        count = int(self.rng.integers(1, 3))
        return qml.QubitUnitary(unitary(self.rng, 2**count), wires=self.some(count))

    def _controlled(self) -> Any:
        kind = (qml.RX, qml.PhaseShift, qml.Rot, qml.S)[self.rng.integers(4)]
        target, *controls = self.some(3)
        base = kind(*(self.angle() for _ in range(kind.num_params)), wires=target)
        if self.rng.random() < 0.5:
            return qml.adjoint(base)
        values = self.rng.integers(0, 2, len(controls)).tolist()
        return qml.ctrl(base, control=controls, control_values=values)

    def _fits(self, kind: Any) -> bool:
        return kind.num_wires <= len(self.wires)

    def observable(self) -> Any:
        matrix = self.rng.normal(size=(4, 4)) + 1j * self.rng.normal(size=(4, 4))
        state = self.rng.normal(size=4) + 1j * self.rng.normal(size=4)
        makers: tuple[Callable[[], Any], ...] = (
            lambda: self._word(1),
            lambda: self._word(len(self.wires)),
            lambda: qml.Hamiltonian(self.rng.normal(size=3), [self._word(2) for _ in range(3)]),
            lambda: qml.Hermitian(matrix + matrix.conj().T, self.some(2)),
            lambda: qml.Projector(self.rng.integers(0, 2, 2), self.some(2)),
            lambda: qml.Projector(state / np.linalg.norm(state), self.some(2)),
            lambda: qml.s_prod(0.7, qml.Hadamard(self.wires[0])) + self._word(2),
            lambda: qml.Hadamard(self.wires[0]) @ qml.X(self.wires[1]),
        )
        return makers[self.rng.integers(len(makers))]()

    def _word(self, count: int) -> Any:
        factors = [PAULIS[self.rng.integers(3)](wire) for wire in self.some(count)]
        return qml.prod(*factors) if len(factors) > 1 else factors[0]

    def measurement(self) -> Any:
        makers: tuple[Callable[[], Any], ...] = (
            lambda: qml.expval(self.observable()),
            lambda: qml.var(self.observable()),
            lambda: qml.probs(wires=self.some(int(self.rng.integers(1, len(self.wires) + 1)))),
            qml.probs,
            qml.state,
            lambda: qml.probs(op=qml.X(self.wires[0]) @ qml.Y(self.wires[1])),
            lambda: qml.purity(wires=self.some(1)),
            lambda: qml.density_matrix(wires=self.some(2)),
        )
        return makers[self.rng.integers(len(makers))]()


def unitary(rng: np.random.Generator, size: int) -> Any:
    return np.linalg.qr(rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size)))[0]


def assert_same(found: Any, expected: Any) -> None:
    """Compare nested results, their shapes included."""
    if isinstance(expected, tuple | list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other)
        return
    assert np.shape(found) == np.shape(expected)
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=0, atol=1e-9)
