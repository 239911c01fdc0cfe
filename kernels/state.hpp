// Whole-state kernels: one pass over the amplitudes for each operation.
#pragma once

#include <complex>

#include "pauli_sum.hpp"
#include "program.hpp"

namespace hybrid {

// Amplitudes in order of the basis-state index, interleaved real and imaginary parts.
template <class T>
using Amplitudes = std::complex<T>*;

// psi := op psi, or its inverse for matrices if `inverse`.
template <class T>
void apply(const Operation& op, double angle, Amplitudes<T> psi, int num_qubits, int threads);

template <class T>
void apply_inverse(const Operation& op, double angle, Amplitudes<T> psi, int num_qubits,
                   int threads);

// Im <lambda|G|psi>: half the derivative of <H> by the angle of exp(-i angle G).
template <class T>
double generator_product(const Operation& op, const std::complex<T>* lambda,
                         const std::complex<T>* psi, int num_qubits, int threads);

// <psi|H|psi>; if `image` is not null also image := H psi.
template <class T>
double expectation(const PauliSum& h, const std::complex<T>* psi, Amplitudes<T> image, int threads);

}  // namespace hybrid
