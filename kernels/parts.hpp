// Parts of a shard: the amplitudes at memory indices i with (i & mask) == value, in order of i.
#pragma once

#include <complex>
#include <cstdint>

#include "bits.hpp"

namespace hybrid {

struct Part {
    Mask mask, value;
};

// Copies a part of a shard of 2^num_qubits amplitudes to consecutive memory, or back.
template <class T>
void copy_out(const std::complex<T>* shard, int num_qubits, Part part, std::complex<T>* out,
              int threads);
template <class T>
void copy_in(const std::complex<T>* in, std::complex<T>* shard, int num_qubits, Part part,
             int threads);

// Swaps the amplitudes of a part of one shard with those of a part of another, in order; both parts
// have the same mask.
template <class T>
void exchange(std::complex<T>* one, Part part_of_one, std::complex<T>* other, Part part_of_other,
              int num_qubits, int threads);

}  // namespace hybrid
