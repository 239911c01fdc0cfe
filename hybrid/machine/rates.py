"""The names of measured rates, and what is counted by each.

Native rates come twice, for values (``native.value.*``) and for values with adjoint gradients
(``native.gradient.*``). All but ``call`` and ``batch`` are seconds of one operation on one state.

======================== ====================================================================
call                     one call of the kernels, with what Python does around it
gate                     a rotation or fixed matrix of a layered circuit, CNOTs included
string                   the exponential of one Pauli string
excitation               the exponential of several strings with one X mask
diagonal                 the exponential of a string of I and Z, or of a few
phase                    the exponential of many strings of I and Z, a cost layer
mask                     the strings of the observable with one X mask
batch                    no seconds: the time of a point among many over that of one alone
aer.job                  starting Aer
aer.circuit              binding one circuit
aer.gate                 a gate on a state vector, by index bits
aer.term                 one string of an exact expectation value, by index bits
aer.shot                 one shot of a state vector, by index bits
======================== ====================================================================
"""

from __future__ import annotations

NATIVE = ("call", "gate", "string", "excitation", "diagonal", "phase", "mask", "batch")
AER = ("job", "circuit", "gate", "term", "shot")


def native(kind: str, *, gradient: bool) -> str:
    """Return the name of a native rate.

    Example:
        >>> native("gate", gradient=True)
        'native.gradient.gate'
    """
    return f"native.{'gradient' if gradient else 'value'}.{kind}"
