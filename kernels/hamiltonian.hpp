// Expectation values of a Pauli sum, and its image H|psi>, one pass for each X mask.
#pragma once

#include <complex>

#include "pauli_sum.hpp"
#include "placement.hpp"

namespace hybrid {

// <psi|H|psi>; if `image` is not null also image := H psi.
template <class T>
double expectation(const PauliSum& h, const std::complex<T>* psi, std::complex<T>* image,
                   int threads);

// The qubits that may be distributed during an expectation value; they number the strips of its
// sum.
Mask expectation_strips(int num_qubits);

// The qubits that every source, and every shard of an image, must hold completely.
Mask expectation_block(int num_qubits);

// Adds to `image` the part of H psi from the amplitudes of psi in `source`, or overwrites it if
// `fresh`. Sources must be passed in ascending order of their basis states, so that each amplitude
// of the image adds its terms in that order, however psi is cut into sources.
template <class T>
void image_from(const PauliSum& h, const Placement& source_at, const std::complex<T>* source,
                const Placement& image_at, std::complex<T>* image, bool fresh, int threads);

// sums[strip] := contribution of each strip held at `at` to <psi|image>.
template <class T>
void image_product(const Placement& at, const std::complex<T>* psi, const std::complex<T>* image,
                   double* sums, int threads);

// image += weight H psi.
template <class T>
void add_image(const PauliSum& h, double weight, const std::complex<T>* psi, std::complex<T>* image,
               int threads);

}  // namespace hybrid
