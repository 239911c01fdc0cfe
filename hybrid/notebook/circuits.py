"""Circuits as bytes: QPY, checked to hold all that a circuit's value depends on."""

from __future__ import annotations

import io
import json
from itertools import count

from qiskit import QuantumCircuit, qpy

from hybrid.core.content import circuit_digest
from hybrid.core.errors import InputError
from hybrid.problems import qpy as qpy_files
from hybrid.workloads.compiled import compiled_circuit

_numbers = count(1)
"""Of circuits whose content cannot be told from others; each is sent whenever it is used."""


class _NoMetadata(json.JSONEncoder):
    """Leaves out the metadata of circuits, which no value depends on."""

    def encode(self, o: object) -> str:
        """Return an empty object."""
        return "{}"


def key_of(circuit: QuantumCircuit) -> str:
    """Return a key that circuits share only if they are of the same content.

    Parameters count by name and order, registers by name and bits.
    """
    digest = circuit_digest(circuit) or f"number {next(_numbers)}"
    at = circuit.find_bit
    registers = [(each.name, [at(bit).index for bit in each]) for each in circuit.cregs]
    placed = "" if circuit.layout is None else " placed"
    return f"{digest}{placed} {registers}" if registers else digest + placed


def written(circuit: QuantumCircuit, where: str) -> bytes:
    """Return a circuit as QPY, without its metadata.

    Args:
        circuit: the circuit.
        where: the argument that holds it, for messages.

    Raises:
        InputError: QPY does not keep all of it.
    """
    file = io.BytesIO()
    try:
        qpy.dump(circuit, file, metadata_serializer=_NoMetadata)
        blob = file.getvalue()
        kept = _is_the_same(circuit, read(blob))
    except InputError:
        raise
    except Exception as error:  # of QPY, or of a gate's own code
        raise _lost(where, f"QPY cannot write ({error})"[:300]) from error
    if not kept:
        raise _lost(where, "QPY does not keep: a gate of it is of a class of your own")
    return blob


def read(blob: bytes) -> QuantumCircuit:
    """Return a circuit from its QPY; an encoding that can hold code is refused."""
    return qpy_files.read("a circuit of a message", blob, None)


def _is_the_same(circuit: QuantumCircuit, other: QuantumCircuit) -> bool:
    """Return whether two circuits have the same values, to the last bit."""
    digest = circuit_digest(circuit)
    if digest is not None and digest == circuit_digest(other):
        return True
    if circuit.num_clbits:  # measurements and control flow
        return bool(digest is None and circuit == other)
    ours, theirs = compiled_circuit(circuit).program, compiled_circuit(other).program
    return (ours.content(), ours.phase_content()) == (theirs.content(), theirs.phase_content())


def _lost(where: str, why: str) -> InputError:
    return InputError(
        where,
        got=f"a circuit that {why}",
        expected="gates of Qiskit, or with a definition, which travel to the ranks as QPY",
        advice="call its decompose(), or write a script and start it with mpiexec",
    )
