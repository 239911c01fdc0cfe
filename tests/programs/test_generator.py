"""Spectra of generators against dense diagonalisation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid.programs import Generator, flatten
from tests.programs.circuits import PARAMETRISED, parametrised

WIDTH = 4


def dense(generator: Generator, width: int) -> np.ndarray:
    size = 1 << width
    matrix = np.zeros((size, size), dtype=complex)
    for z, c in zip(generator.z_masks, generator.coefficients, strict=True):
        for b in range(size):
            if b & generator.control_mask == generator.control_value:
                phase = 1j ** (generator.x_mask & z).bit_count()
                matrix[b ^ generator.x_mask, b] += c * phase * (-1) ** (z & b).bit_count()
    return matrix


def distinct(numbers: np.ndarray) -> list[float]:
    return sorted({round(float(number), 8) + 0.0 for number in numbers})


@st.composite
def generators(draw: st.DrawFn) -> Generator:
    controls = draw(st.integers(0, 15))
    value = draw(st.integers(0, 15)) & controls
    x_mask = draw(st.integers(0, 15)) & ~controls
    z_masks = draw(st.lists(st.integers(0, 15), min_size=1, max_size=6, unique=True))
    z_masks = [z & ~controls for z in z_masks]
    weights = st.sampled_from([0.125, -0.125, 0.25, 0.5, -1.0])
    coefficients = draw(st.lists(weights, min_size=len(z_masks), max_size=len(z_masks)))
    return Generator(x_mask, tuple(z_masks), tuple(coefficients), controls, value)


@given(generators())
def test_eigenvalues_are_those_of_the_matrix(generator: Generator) -> None:
    found = generator.eigenvalues()
    assert found is not None
    expected = np.linalg.eigvalsh(dense(generator, WIDTH))
    assert set(distinct(expected)) <= set(distinct(found))
    # Basis states take all combinations of parities in the enumeration.
    assert set(distinct(found)) <= set(distinct(np.append(expected, 0.0)))


@given(generators())
def test_frequencies_are_differences_of_eigenvalues(generator: Generator) -> None:
    eigenvalues = generator.eigenvalues()
    frequencies = generator.frequencies()
    assert eigenvalues is not None
    assert frequencies is not None
    differences = {
        round(abs(float(a - b)), 7) for a in eigenvalues for b in eigenvalues if abs(a - b) > 1e-6
    }
    assert {round(float(f), 7) for f in frequencies} == differences


@given(generators(), st.sampled_from([2.0**-40, 2.0**30]))
def test_spectra_scale_with_the_coefficients(generator: Generator, factor: float) -> None:
    scaled = replace(generator, coefficients=tuple(factor * c for c in generator.coefficients))
    for found, before in (
        (scaled.eigenvalues(), generator.eigenvalues()),
        (scaled.frequencies(), generator.frequencies()),
    ):
        assert found is not None
        assert before is not None
        assert found.tolist() == (factor * before).tolist()


def test_frequencies_of_a_small_string_beside_a_large_one() -> None:
    found = Generator(0, (0b01, 0b10), (1.0, 1e-10)).frequencies()
    assert found is not None
    assert found == pytest.approx([2e-10, 2.0 - 2e-10, 2.0, 2.0 + 2e-10], rel=1e-5)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ry", [1.0]),
        ("p", [1.0]),
        ("rzz", [1.0]),
        ("crx", [0.5, 1.0]),
        ("cp", [1.0]),
        ("mcp", [1.0]),
    ],
)
def test_known_gates(name: str, expected: list[float]) -> None:
    driven = [step for step in flatten(parametrised(name)).steps if step.slot is not None]
    assert driven[0].generator is not None
    assert driven[0].generator.frequencies() == pytest.approx(expected)
    assert name in PARAMETRISED


def test_too_rich_spectra_are_left_open() -> None:
    z_masks = tuple(1 << k for k in range(20))
    assert Generator(0, z_masks, tuple(0.1 + k for k in range(20))).frequencies() is None
