// One pass over the whole state for one operation: what runs where no block suits, on a handful of
// qubits or for operations that act on many qubits at once.
#pragma once

#include <complex>

#include "operation.hpp"
#include "placement.hpp"

namespace hybrid {

// psi := factor psi.
template <class T>
void scale(std::complex<T>* psi, double factor, int num_qubits, int threads);

// psi := op psi, for the amplitudes held at `at`; or its inverse. Shards may not differ on the
// qubits on which the operation acts, nor, for matrices and signs, on any but the highest others.
template <class T>
void apply(const Operation& op, double angle, const Placement& at, std::complex<T>* psi,
           int threads);

template <class T>
void apply_inverse(const Operation& op, double angle, const Placement& at, std::complex<T>* psi,
                   int threads);

// tangent += -i G psi, what the operation at psi adds to the derivative by its angle.
template <class T>
void add_derivative(const Operation& op, const Placement& at, const std::complex<T>* psi,
                    std::complex<T>* tangent, int threads);

// sums[strip] := the share of each strip held here in Im <lambda|G|psi>, half the derivative of <H>
// by the angle of exp(-i angle G).
template <class T>
void generator_product(const Operation& op, const Placement& at, const std::complex<T>* lambda,
                       const std::complex<T>* psi, double* sums, int threads);

// The qubits that tell apart the pairs, or single states, that an operation works on.
Mask apart(const Operation& op, int num_qubits);

}  // namespace hybrid
