// Expectation values of a Pauli sum, and its image H|psi>, one pass for each X mask.
#pragma once

#include <complex>

#include "pauli_sum.hpp"

namespace hybrid {

// <psi|H|psi>; if `image` is not null also image := H psi.
template <class T>
double expectation(const PauliSum& h, const std::complex<T>* psi, std::complex<T>* image,
                   int threads);

// image += weight H psi.
template <class T>
void add_image(const PauliSum& h, double weight, const std::complex<T>* psi, std::complex<T>* image,
               int threads);

}  // namespace hybrid
