#include "parts.hpp"

#include <algorithm>

#include "strips.hpp"

namespace hybrid {

namespace {

// Calls work(k, i, length) for runs of consecutive indices of a part: its amplitudes k, k + 1, ...
// lie at i | value and the following indices.
template <class Work>
void for_runs(int num_qubits, Mask mask, int threads, Work work) {
    const Mask free = low_bits(num_qubits) & ~mask;
    const int run = std::min(mask ? std::countr_zero(mask) : num_qubits, num_qubits);
    const Mask length = bit(run), above = free & ~low_bits(run);
    for_strips(Mask{1} << popcount(above), threads, [&](Mask, Mask begin, Mask end) {
        Mask i = deposit(begin, above);
        for (Mask k = begin; k < end; ++k, i = next_free(i, ~above)) work(k * length, i, length);
    });
}

}  // namespace

template <class T>
void copy_out(const std::complex<T>* shard, int num_qubits, Part part, std::complex<T>* out,
              int threads) {
    for_runs(num_qubits, part.mask, threads, [&](Mask k, Mask i, Mask length) {
        std::copy_n(shard + (i | part.value), length, out + k);
    });
}

template <class T>
void copy_in(const std::complex<T>* in, std::complex<T>* shard, int num_qubits, Part part,
             int threads) {
    for_runs(num_qubits, part.mask, threads, [&](Mask k, Mask i, Mask length) {
        std::copy_n(in + k, length, shard + (i | part.value));
    });
}

template <class T>
void exchange(std::complex<T>* one, Part part_of_one, std::complex<T>* other, Part part_of_other,
              int num_qubits, int threads) {
    for_runs(num_qubits, part_of_one.mask, threads, [&](Mask, Mask i, Mask length) {
        std::swap_ranges(one + (i | part_of_one.value), one + (i | part_of_one.value) + length,
                         other + (i | part_of_other.value));
    });
}

#define HYBRID_INSTANTIATE(T)                                                            \
    template void copy_out<T>(const std::complex<T>*, int, Part, std::complex<T>*, int); \
    template void copy_in<T>(const std::complex<T>*, std::complex<T>*, int, Part, int);  \
    template void exchange<T>(std::complex<T>*, Part, std::complex<T>*, Part, int, int);
HYBRID_INSTANTIATE(double)
HYBRID_INSTANTIATE(float)

}  // namespace hybrid
