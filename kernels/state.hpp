// One pass over the whole state for one operation: what runs where no block suits, on a handful of
// qubits or for operations that act on many qubits at once.
#pragma once

#include <complex>

#include "operation.hpp"

namespace hybrid {

// Amplitudes in order of the basis-state index, interleaved real and imaginary parts.
template <class T>
using Amplitudes = std::complex<T>*;

// psi := factor psi.
template <class T>
void scale(Amplitudes<T> psi, double factor, int num_qubits, int threads);

// psi := op psi, or its inverse for matrices if `inverse`.
template <class T>
void apply(const Operation& op, double angle, Amplitudes<T> psi, int num_qubits, int threads);

template <class T>
void apply_inverse(const Operation& op, double angle, Amplitudes<T> psi, int num_qubits,
                   int threads);

// tangent += -i G psi, what the operation at psi adds to the derivative by its angle.
template <class T>
void add_derivative(const Operation& op, const std::complex<T>* psi, Amplitudes<T> tangent,
                    int num_qubits, int threads);

// Im <lambda|G|psi>: half the derivative of <H> by the angle of exp(-i angle G).
template <class T>
double generator_product(const Operation& op, const std::complex<T>* lambda,
                         const std::complex<T>* psi, int num_qubits, int threads);

}  // namespace hybrid
