// What a measurement of a state gives: shots, and probabilities of some of the qubits.
#pragma once

#include <complex>
#include <cstdint>

#include "bits.hpp"

namespace hybrid {

// Basis states drawn from |psi|^2 by inverse transform; the same for any number of threads.
void sample(const std::complex<double>* psi, int num_qubits, std::int64_t shots, std::uint64_t seed,
            std::uint64_t* out, int threads);

// out[v] = the probability that `qubits` read v, bit k of v for the k-th lowest of them; shape
// 2^|qubits|. Sums run over the other qubits in ascending order, in 64 strips where few are asked.
void probabilities(const std::complex<double>* psi, int num_qubits, Mask qubits, double* out,
                   int threads);

}  // namespace hybrid
