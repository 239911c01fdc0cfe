"""Integrals of a molecule from PySCF: a geometry, a Mole, or a mean-field calculation.

PySCF and the linear algebra under it run on one thread, so that all ranks get the same bits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from hybrid.core.errors import HybridError, InputError, nearest
from hybrid.problems.fcidump import Integrals
from hybrid.problems.geometry import Geometry

_SAME_ENERGY = 1e-8
"""Hartree; calculations closer than this found the same state."""

_NOBLE = (86, 54, 36, 18, 10, 2)
"""Electrons of the noble gases."""

ActiveSpace = tuple[int, int]
"""Numbers of active electrons and active spatial orbitals."""


def integrals_of_geometry(
    geometry: Geometry,
    basis: str,
    charge: int,
    spin: int,
    frozen_core: bool | int,
    active_space: ActiveSpace | None,
) -> Integrals:
    """Run restricted Hartree-Fock and return the integrals.

    Raises:
        InputError: an unknown element or basis; a charge and spin that do not fit the atoms; or an
            active space that does not fit the molecule.
        HybridError: Hartree-Fock does not converge.
    """
    with _pyscf() as pyscf:
        return _integrals(
            _mean_field(pyscf, _mole(pyscf, geometry, basis, charge, spin), geometry.name),
            geometry.name,
            frozen_core,
            active_space,
        )


def integrals_of_pyscf(
    given: Any, frozen_core: bool | int, active_space: ActiveSpace | None
) -> tuple[Integrals, str]:
    """Return the integrals and the name of a ``pyscf.gto.Mole`` or mean-field object.

    Raises:
        InputError: another object; orbitals that differ between the spins or are not converged; or
            an active space that does not fit the molecule.
    """
    with _pyscf() as pyscf:
        if isinstance(given, pyscf.gto.MoleBase):
            mole = given.copy()
            mole.verbose = 0
            if not mole._built:
                mole.build()
            name = _formula(mole)
            return _integrals(_mean_field(pyscf, mole, name), name, frozen_core, active_space), name
        name = _formula(_checked_mean_field(pyscf, given).mol)
        return _integrals(given, name, frozen_core, active_space), name


def _mole(pyscf: Any, geometry: Geometry, basis: str, charge: int, spin: int) -> Any:
    """Return the molecule of a geometry."""
    atoms = [
        (_element(pyscf, place, symbol), position)
        for place, (symbol, position) in zip(geometry.lines, geometry.atoms, strict=True)
    ]
    protons = sum(pyscf.data.elements.charge(symbol) for symbol, _ in atoms)
    _check_electrons(geometry.name, protons - charge, charge, spin)
    mole = pyscf.gto.Mole(verbose=0, unit="Angstrom")
    mole.atom, mole.basis, mole.charge, mole.spin = atoms, basis, charge, spin
    try:
        mole.build(dump_input=False, parse_arg=False)
    except Exception as cause:  # PySCF raises several kinds
        raise InputError(
            "basis",
            got=f"{basis!r}: {' '.join(str(cause).split())[:120]}",
            expected="the name of a basis set of PySCF that has all elements, such as 'sto-3g'",
        ) from cause
    return mole


def _element(pyscf: Any, place: str, symbol: str) -> str:
    """Return the symbol of an element, given as a symbol in any case or as its number."""
    known: list[str] = pyscf.data.elements.ELEMENTS[1:]
    if symbol.isdecimal() and 1 <= int(symbol) <= len(known):
        return known[int(symbol) - 1]
    if symbol.capitalize() not in known:
        raise InputError(
            place,
            got=f"the element {symbol!r}",
            expected="the symbol or number of an element",
            advice=nearest(symbol, known),
        )
    return symbol.capitalize()


def _check_electrons(name: str, electrons: int, charge: int, spin: int) -> None:
    """Refuse a charge and spin that do not fit the number of electrons."""
    if electrons < 1:
        raise InputError(
            "charge", got=f"{charge}, which leaves {electrons} electrons", expected="at least one"
        )
    if (electrons - spin) % 2 or not 0 <= spin <= electrons:
        odd, singlet = electrons % 2, " (a singlet)" if spin == 0 else ""
        raise InputError(
            f"spin of {name}",
            got=f"{spin}{singlet} for {electrons} electrons",
            expected=f"an {'odd' if odd else 'even'} number of unpaired electrons, up to "
            f"{electrons}",
            advice=f"pass spin={odd} for the lowest spin, or another charge",
        )


def _mean_field(pyscf: Any, mole: Any, name: str) -> Any:
    """Return the restricted Hartree-Fock calculation of lowest energy, with symmetry or without.

    With point-group symmetry, degenerate orbitals lie along the axes, and integrals vanish. But the
    occupation of each symmetry is then that of the initial guess, which may be a bad one.
    """
    plain, symmetric = mole.copy(), mole.copy()
    plain.build(dump_input=False, parse_arg=False, symmetry=False)
    symmetric.build(dump_input=False, parse_arg=False, symmetry=True)
    found = [each for each in (_solved(pyscf, symmetric), _solved(pyscf, plain)) if each.converged]
    if not found:
        raise HybridError(
            f"Hartree-Fock of {name} does not converge; check the geometry, or converge it with "
            "PySCF and pass the mean-field object to Molecule.from_pyscf"
        )
    lowest = min(each.e_tot for each in found)
    return next(each for each in found if each.e_tot < lowest + _SAME_ENERGY)


def _solved(pyscf: Any, mole: Any) -> Any:
    """Return a Hartree-Fock calculation that has run, converged or not."""
    found = pyscf.scf.ROHF(mole) if mole.spin else pyscf.scf.RHF(mole)
    found.verbose, found.chkfile = 0, None
    found.conv_tol, found.conv_tol_grad, found.max_cycle = 1e-11, 1e-6, 100
    found.kernel()
    if found.converged:
        return found
    orbitals, occupations = found.mo_coeff, found.mo_occ
    found = found.newton()
    found.verbose, found.max_cycle = 0, 100
    found.kernel(orbitals, occupations)
    return found


def _checked_mean_field(pyscf: Any, given: Any) -> Any:
    if not isinstance(given, pyscf.scf.hf.SCF):
        raise InputError(
            "molecule",
            got=type(given).__name__,
            expected="a pyscf.gto.Mole, or a mean-field object such as pyscf.scf.RHF(mol).run()",
        )
    if isinstance(given, pyscf.scf.uhf.UHF | pyscf.scf.ghf.GHF):
        raise InputError(
            "molecule",
            got=f"a {type(given).__name__} object, with orbitals that differ between the spins",
            expected="one set of real orbitals for both spins",
            advice="run pyscf.scf.RHF or ROHF",
        )
    if not isinstance(given.mol, pyscf.gto.Mole):
        raise InputError(
            "molecule", got=f"a {type(given.mol).__name__}", expected="a molecule, not a crystal"
        )
    if given.mo_coeff is None or not given.converged:
        raise InputError(
            "molecule",
            got="a mean-field object that has not converged",
            expected="converged orbitals",
            advice="call its kernel() first, and check its attribute converged",
        )
    return given


def _integrals(
    mean_field: Any, name: str, frozen_core: bool | int, active_space: ActiveSpace | None
) -> Integrals:
    """Return the integrals over the active orbitals; others are doubly occupied or empty."""
    from pyscf import ao2mo, mcscf

    mole = mean_field.mol
    orbitals = mean_field.mo_coeff.shape[1]
    alpha, beta = (int(count) for count in mole.nelec)
    frozen = _frozen(mole, name, frozen_core, active_space, orbitals)
    count = orbitals - frozen if active_space is None else int(active_space[1])
    active = (alpha - frozen, beta - frozen)
    space = mcscf.CASCI(mean_field, count, active)
    space.verbose = 0
    one_body, core_energy = space.get_h1eff()
    two_body = ao2mo.restore(1, np.asarray(space.get_h2eff()), count)
    return Integrals(np.asarray(one_body), np.asarray(two_body), float(core_energy), active)


def _frozen(
    mole: Any,
    name: str,
    frozen_core: bool | int,
    active_space: ActiveSpace | None,
    orbitals: int,
) -> int:
    """Return the number of doubly occupied orbitals outside the active space."""
    alpha, beta = mole.nelec
    if active_space is None:
        frozen = _checked_core(mole, frozen_core)
        if not 0 <= frozen <= min(alpha, beta) or frozen >= orbitals:
            raise InputError(
                f"frozen_core of {name}",
                got=f"{frozen} orbitals",
                expected=f"at most the {min(alpha, beta)} that are doubly occupied",
            )
        if alpha + beta == 2 * frozen:
            raise InputError(
                f"frozen_core of {name}", got="all electrons", expected="an active electron"
            )
        return frozen
    if frozen_core is not False:
        raise InputError(
            "frozen_core",
            got=f"{frozen_core!r} and active_space={active_space!r}",
            expected="one of them: an active space fixes which orbitals are frozen",
            advice="omit frozen_core",
        )
    return _checked_active(name, active_space, (alpha, beta), orbitals)


def _checked_core(mole: Any, frozen_core: bool | int) -> int:
    if isinstance(frozen_core, bool):
        return sum(_core_of(mole, atom) for atom in range(mole.natm)) if frozen_core else 0
    if not isinstance(frozen_core, int | np.integer):
        raise InputError(
            "frozen_core",
            got=repr(frozen_core)[:60],
            expected="True, False, or a number of orbitals",
        )
    return int(frozen_core)


def _core_of(mole: Any, atom: int) -> int:
    """Return the core orbitals of an atom, those of a pseudopotential excepted."""
    from pyscf.data.elements import charge

    protons = charge(mole.atom_symbol(atom))
    core = next((electrons for electrons in _NOBLE if electrons < protons), 0)
    replaced = protons - int(mole.atom_charge(atom))
    return int(max(0, core - replaced) // 2)


def _checked_active(
    name: str, active_space: ActiveSpace, nelec: tuple[int, int], orbitals: int
) -> int:
    """Return the number of frozen orbitals of an active space."""
    given = list(active_space) if isinstance(active_space, list | tuple) else []
    whole = all(isinstance(n, int | np.integer) and not isinstance(n, bool) for n in given)
    if len(given) != 2 or not whole or min(given) < 1:
        raise InputError(
            "active_space",
            got=repr(active_space)[:60],
            expected="two positive numbers: electrons, and spatial orbitals",
        )
    electrons, count = given
    frozen, odd = divmod(sum(nelec) - electrons, 2)
    unpaired = nelec[0] - nelec[1]
    if odd or frozen < 0 or min(nelec) < frozen:
        raise InputError(
            f"active_space of {name}",
            got=f"{electrons} electrons",
            expected=f"from {unpaired or 2} to {sum(nelec)} in steps of 2: the others fill "
            "orbitals in pairs",
        )
    if not nelec[0] - frozen <= count <= orbitals - frozen:
        raise InputError(
            f"active_space of {name}",
            got=f"{count} orbitals for {electrons} electrons",
            expected=f"{nelec[0] - frozen} to {orbitals - frozen}: the molecule has {orbitals}, of "
            f"which {frozen} are frozen",
        )
    return int(frozen)


def _formula(mole: Any) -> str:
    symbols = [mole.atom_pure_symbol(atom) for atom in range(mole.natm)]
    return "".join(
        f"{each}{symbols.count(each) if symbols.count(each) > 1 else ''}"
        for each in dict.fromkeys(symbols)
    )


@contextmanager
def _pyscf() -> Iterator[Any]:
    """Context with PySCF on one thread.

    Raises:
        InputError: PySCF is not installed.
    """
    try:
        import pyscf
        import pyscf.data.elements
        import pyscf.gto
        import pyscf.mcscf
        import pyscf.scf
        from pyscf.lib import with_omp_threads
    except ModuleNotFoundError as error:
        raise InputError(
            "molecules from geometries",
            got=f"no module named {error.name}",
            expected="PySCF, which computes the integrals",
            advice="pip install 'hybrid-hpc-quantum[integrals]'",
        ) from error
    with with_omp_threads(1), threadpool_limits(1):
        yield pyscf
