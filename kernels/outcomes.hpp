// Measurements of a state: shots, and probabilities of the outcomes of some qubits.
#pragma once

#include <complex>
#include <cstdint>

#include "bits.hpp"
#include "placement.hpp"

namespace hybrid {

// The qubits that number the strips of the sums below: the highest ones. They may be distributed.
Mask outcome_strips(int num_qubits);

// weights[strip] := probability of each strip held at `at`.
void strip_weights(const Placement& at, const std::complex<double>* psi, double* weights,
                   int threads);

inline constexpr std::uint64_t kElsewhere = ~std::uint64_t{0};

// Samples basis states from |psi|^2 by inverse transform; the same for any number of threads and
// shards. kElsewhere marks shots on strips held elsewhere. `weights` holds the weights of all
// strips.
void draw(const Placement& at, const std::complex<double>* psi, const double* weights,
          std::int64_t shots, std::uint64_t seed, std::uint64_t* out, int threads);

// out[v] = the probability that `qubits` read v, bit k of v for the k-th lowest of them. Sums over
// the other qubits are taken pairwise, in ascending order of the basis state.
//
// A shard that fixes the highest qubits returns its part: v runs over those of `qubits` that it
// does not fix, and the sums over the amplitudes that it holds.
void probabilities(const Placement& at, const std::complex<double>* psi, Mask qubits, double* out,
                   int threads);

}  // namespace hybrid
