"""Circuits from OpenQASM and QPY files: read as written, or refused with one clear message."""

from __future__ import annotations

import io
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
from qiskit import QuantumCircuit, qasm2, qasm3, qpy
from qiskit.circuit import Parameter
from qiskit.circuit.library import PauliEvolutionGate
from qiskit.qpy.common import QPY_COMPATIBILITY_VERSION, QPY_VERSION
from qiskit.quantum_info import Operator, SparsePauliOp

import hybrid
from hybrid.core.errors import InputError
from hybrid.problems import read_circuit
from tests import oracle

HEAD = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n'
HEAD_3 = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'


def ansatz() -> QuantumCircuit:
    """Gates of several kinds: standard, controlled, an evolution, a matrix, one of its own."""
    a, b = Parameter("a"), Parameter("b")
    own = QuantumCircuit(2, name="own")
    own.rzz(0.3, 0, 1)
    own.sx(1)
    circuit = QuantumCircuit(3, name="mine")
    circuit.h(0)
    circuit.crx(a * 2 + 0.1, 0, 2)
    circuit.append(PauliEvolutionGate(SparsePauliOp(["XXI", "IZZ"], [0.4, 0.7]), b), range(3))
    circuit.unitary(Operator.from_label("HT"), [2, 1])
    circuit.append(own.to_gate(), [1, 0])
    circuit.cry(b.sin(), 1, 2, ctrl_state=0)
    return circuit


def written(folder: Path, text: str | bytes, name: str = "circuit.txt") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def as_qpy(*circuits: QuantumCircuit, version: int = QPY_VERSION) -> bytes:
    buffer = io.BytesIO()
    qpy.dump(list(circuits), buffer, version=version)
    return buffer.getvalue()


def same(one: QuantumCircuit, other: QuantumCircuit, point: list[float]) -> bool:
    return bool(np.allclose(oracle.unitary(one, point), oracle.unitary(other, point), atol=1e-10))


@pytest.mark.parametrize("version", range(QPY_COMPATIBILITY_VERSION, QPY_VERSION + 1))
def test_qpy_of_every_version_that_can_be_written(tmp_path: Path, version: int) -> None:
    path = written(tmp_path, as_qpy(ansatz(), version=version))
    found = read_circuit(path)
    assert found.name == "mine"
    assert [each.name for each in found.parameters] == ["a", "b"]
    assert same(found, ansatz(), [0.3, -0.8])


def test_openqasm_2_as_it_is_exported(tmp_path: Path) -> None:
    bound = ansatz().assign_parameters([0.3, -0.8]).decompose().decompose()
    found = read_circuit(str(written(tmp_path, qasm2.dumps(bound))))
    assert Operator(found).equiv(Operator(bound))


def test_gates_that_older_files_use_undefined(tmp_path: Path) -> None:
    body = "qreg q[2];\nrzz(0.3) q[0], q[1];\ncsx q[1], q[0];\ncu(0.1, 0.2, 0.3, 0.4) q[0], q[1];"
    right = QuantumCircuit(2)
    right.rzz(0.3, 0, 1)
    right.csx(1, 0)
    right.cu(0.1, 0.2, 0.3, 0.4, 0, 1)
    assert Operator(read_circuit(written(tmp_path, HEAD + body))).equiv(Operator(right))


def test_a_gate_is_what_the_file_defines_whatever_its_name(tmp_path: Path) -> None:
    body = "gate rzz(t) a, b { cx b, a; ry(t) a; }\nqreg q[2];\nrzz(0.3) q[0], q[1];"
    right = QuantumCircuit(2)
    right.cx(1, 0)
    right.ry(0.3, 0)
    path = written(tmp_path, HEAD + body)
    assert Operator(read_circuit(path)).equiv(Operator(right))
    observable = SparsePauliOp(["IX", "ZI"], [1.0, 0.5])
    value = hybrid.expectation(read_circuit(path), observable, [[]])[0]
    assert value == pytest.approx(oracle.value(right, observable, []), abs=1e-12)


def test_included_files_are_those_beside_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    written(elsewhere, "gate turn a { x a; }", "mine.inc")
    written(tmp_path, "gate turn a { ry(0.5) a; }", "mine.inc")
    monkeypatch.chdir(elsewhere)
    path = written(tmp_path, HEAD + 'include "mine.inc";\nqreg q[1];\nturn q[0];')
    right = QuantumCircuit(1)
    right.ry(0.5, 0)
    assert Operator(read_circuit(path)).equiv(Operator(right))


def test_openqasm_3_with_inputs(tmp_path: Path) -> None:
    pytest.importorskip("qiskit_qasm3_import")
    body = "input float[64] theta;\nqubit[2] q;\nh q[0];\nrx(2 * theta + 0.1) q[1];\ncx q[0], q[1];"
    found = read_circuit(written(tmp_path, HEAD_3 + body))
    right = QuantumCircuit(2)
    right.h(0)
    right.rx(2 * Parameter("theta") + 0.1, 1)
    right.cx(0, 1)
    assert same(found, right, [0.7])
    energy = hybrid.minimize(hybrid.VQE(found, SparsePauliOp("ZZ")), seed=1).value
    assert energy == pytest.approx(-1.0, abs=1e-6)


def test_openqasm_3_as_it_is_exported(tmp_path: Path) -> None:
    pytest.importorskip("qiskit_qasm3_import")
    a, b = Parameter("a"), Parameter("b")
    circuit = QuantumCircuit(3)
    circuit.h(0)
    circuit.crz(a, 0, 2)
    circuit.rzz(b / 2, 1, 2)
    circuit.u(0.1, a, 0.3, 1)
    found = read_circuit(written(tmp_path, qasm3.dumps(circuit)))
    assert same(found, circuit, [0.4, 1.3])


def test_openqasm_3_includes_files_beside_it(tmp_path: Path) -> None:
    pytest.importorskip("qiskit_qasm3_import")
    written(tmp_path, "OPENQASM 3.0;\ngate turn a { ry(0.5) a; }\n", "mine.inc")
    found = read_circuit(written(tmp_path, HEAD_3 + 'include "mine.inc";\nqubit q;\nturn q;'))
    right = QuantumCircuit(1)
    right.ry(0.5, 0)
    assert Operator(found).equiv(Operator(right))
    written(tmp_path, 'include "mine.inc";', "mine.inc")
    with pytest.raises(InputError, match="includes itself"):
        read_circuit(tmp_path / "circuit.txt")


def refusal(path: Path, index: int | None = None) -> str:
    with pytest.raises(InputError) as caught:
        read_circuit(path, index)
    return str(caught.value)


@pytest.mark.parametrize("head", [HEAD, HEAD_3], ids=["2", "3"])
def test_an_included_file_that_is_missing(tmp_path: Path, head: str) -> None:
    path = written(tmp_path, head + 'include "gone.inc";\n')
    expected = f"{path}: got an include of 'gone.inc', which is not a file in {tmp_path}"
    assert refusal(path).startswith(expected)


BAD = [
    (HEAD + "qreg q[1];\nwobble q[0];", "line 4: got 'wobble' is not defined"),
    (HEAD + "qreg q[1];\nrx(theta) q[0];", "parameters need OpenQASM 3 or QPY"),
    (HEAD + "qreg q[2];\ncx q[0], q[0];", "line 4: got duplicate qubits"),
    ("qreg q[1];", "expected a QPY file, or a program that begins with 'OPENQASM 2.0;'"),
    ("OPENQASM 1.0;", "got OpenQASM 1, expected"),
    (b"\x1f\x8b\x08\x00\xff", "check that it is not compressed"),
    ("", "an empty file"),
]


@pytest.mark.parametrize(("text", "message"), BAD, ids=range(len(BAD)))
def test_programs_that_are_no_circuits(tmp_path: Path, text: str | bytes, message: str) -> None:
    assert message in refusal(written(tmp_path, text))


@pytest.mark.parametrize("body", ["qubit q;\nwobble q;", "qubit[2] q\nh q;", "angle a; for"])
def test_openqasm_3_that_is_not_valid(tmp_path: Path, body: str) -> None:
    pytest.importorskip("qiskit_qasm3_import")
    text = refusal(written(tmp_path, HEAD_3 + body))
    assert "expected a valid OpenQASM 3 program" in text


def test_openqasm_3_without_its_importer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "qiskit_qasm3_import", None)
    text = refusal(written(tmp_path, HEAD_3 + "qubit q;"))
    assert "pip install 'hybrid-hpc-quantum[qasm3]'" in text


def test_several_circuits_in_one_file(tmp_path: Path) -> None:
    one, two = QuantumCircuit(1, name="one"), QuantumCircuit(2, name="two")
    path = written(tmp_path, as_qpy(one, two))
    assert "got 2 circuits (0: one, 1: two), expected one circuit" in refusal(path)
    assert read_circuit(path, 1).name == "two"
    assert "got 2, and" in refusal(path, 2)
    assert "expected the number of a circuit" in refusal(path, -1)
    assert "only QPY files hold several" in refusal(written(tmp_path, HEAD + "qreg q[1];"), 1)


def test_a_newer_version_of_qpy(tmp_path: Path) -> None:
    raw = bytearray(as_qpy(ansatz()))
    raw[6:10] = QPY_VERSION + 1, 9, 3, 0
    text = refusal(written(tmp_path, bytes(raw)))
    assert f"QPY version {QPY_VERSION + 1}, written by Qiskit 9.3.0, expected at most" in text
    assert f"version={QPY_VERSION}" in text


def test_expressions_that_a_library_would_unpickle_are_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qpy, "load", lambda *_: pytest.fail("it was read"))
    header = struct.pack("!6sBBBBQc", b"QISKIT", 12, 1, 2, 0, 1, b"e")
    assert "encoding of symengine" in refusal(written(tmp_path, header + b"q" + bytes(50)))


class Evil:
    """Writes a file when it is unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return exec, ("open('E','w')",)


def test_pickled_arrays_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    circuit = QuantumCircuit(2)
    circuit.unitary(np.eye(4), [0, 1])
    raw = as_qpy(circuit)
    start, size = raw.index(b"\x93NUMPY"), 128 + 16 * 16
    head = b"{'descr': '|O', 'fortran_order': False, 'shape': (4, 4), }"
    array = b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + head.ljust(117) + b"\n"
    array = (array + pickle.dumps(Evil())).ljust(size, b"\0")
    pickle.loads(array[128:])
    assert (tmp_path / "E").exists()  # so it would do what it says
    (tmp_path / "E").unlink()
    text = refusal(written(tmp_path, raw[:start] + array + raw[start + size :]))
    assert "that Qiskit cannot read" in text
    assert not (tmp_path / "E").exists()


def test_damaged_qpy_files_are_refused_and_nothing_else_comes_out(tmp_path: Path) -> None:
    raw = as_qpy(ansatz())
    rng = np.random.default_rng(3)
    damaged = [raw[:length] for length in (0, 7, 18, 19, 40, len(raw) // 2, len(raw) - 1)]
    for place in rng.integers(7, len(raw), 40):
        changed = bytearray(raw)
        changed[place] ^= 1 << int(rng.integers(8))
        damaged.append(bytes(changed))
    refused = []
    for each in damaged:
        path = written(tmp_path, each)
        try:
            assert isinstance(read_circuit(path), QuantumCircuit)  # a number or name changed
        except InputError as error:
            refused.append(str(error))
    assert len(refused) >= 7
    assert all(str(tmp_path) in each for each in refused)
