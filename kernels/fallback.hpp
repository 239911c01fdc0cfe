// The fallback path, one pass over the state per operation: for very few qubits, and for operations
// that no block admits.
#pragma once

#include <complex>

#include "operation.hpp"
#include "placement.hpp"

namespace hybrid {

// psi := factor psi.
template <class T>
void scale(std::complex<T>* psi, double factor, int num_qubits, int threads);

// psi := op psi, or its inverse, for the amplitudes held at `at`. Qubits that the operation acts on
// must not be distributed; for matrices and signs, of the others only the highest may be.
template <class T>
void apply(const Operation& op, double angle, const Placement& at, std::complex<T>* psi,
           int threads);

template <class T>
void apply_inverse(const Operation& op, double angle, const Placement& at, std::complex<T>* psi,
                   int threads);

// tangent += -i G psi, the contribution of the operation to the derivative by its angle.
template <class T>
void add_derivative(const Operation& op, const Placement& at, const std::complex<T>* psi,
                    std::complex<T>* tangent, int threads);

// sums[strip] := contribution of each strip held here to Im <lambda|G|psi>, half the derivative of
// <H> by the angle of exp(-i angle G).
template <class T>
void generator_product(const Operation& op, const Placement& at, const std::complex<T>* lambda,
                       const std::complex<T>* psi, double* sums, int threads);

// The qubits that number the pairs, or single states, that an operation works on.
Mask apart(const Operation& op, int num_qubits);

}  // namespace hybrid
