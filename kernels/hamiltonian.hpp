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

// The qubits on which shards may differ while an expectation value is taken; they number the strips
// of its sum.
Mask expectation_strips(int num_qubits);

// The qubits that every source, and every shard of an image, must hold in full.
Mask expectation_block(int num_qubits);

// image += the part of H psi that comes from the amplitudes of psi in `source`; image := that part
// if `fresh`. An amplitude of the image takes its shares in ascending order of the basis states
// that they come from, which is the order in which sources must be given, whatever pieces they come
// in.
template <class T>
void image_from(const PauliSum& h, const Placement& source_at, const std::complex<T>* source,
                const Placement& image_at, std::complex<T>* image, bool fresh, int threads);

// sums[strip] := the share of each strip held at `at` in <psi|image>.
template <class T>
void image_product(const Placement& at, const std::complex<T>* psi, const std::complex<T>* image,
                   double* sums, int threads);

// image += weight H psi.
template <class T>
void add_image(const PauliSum& h, double weight, const std::complex<T>* psi, std::complex<T>* image,
               int threads);

}  // namespace hybrid
