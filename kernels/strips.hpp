// Work over a range is cut into strips that do not depend on the number of threads, and sums over
// strips are added in order, so results do not depend on threads.
#pragma once

#include <omp.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>

#include "placement.hpp"

namespace hybrid {

inline constexpr std::uint64_t kStrips = 64;

inline std::uint64_t num_strips(std::uint64_t size) {
    return std::min(size, kStrips);
}

// Calls work(strip, begin, end) for each strip of [0, size).
template <class Work>
void for_strips(std::uint64_t size, int threads, Work work) {
    const std::uint64_t strips = num_strips(size);
#pragma omp parallel for num_threads(threads) schedule(dynamic) if (threads > 1)
    for (std::uint64_t s = 0; s < strips; ++s) {
        const std::uint64_t each = size / strips, extra = size % strips;
        const std::uint64_t begin = s * each + std::min(s, extra);
        work(s, begin, begin + each + (s < extra));
    }
}

// The `count` highest qubits of `from`.
inline Mask highest_of(Mask from, int count) {
    while (popcount(from) > std::max(count, 0)) from &= from - 1;
    return from;
}

// The qubits that number the strips of a sum over a state: the highest of those in `apart`, which
// number the terms. Only these may be distributed, so that each strip lies on one shard; wide
// states, which many ranks may share, have more strips.
inline Mask strip_qubits(Mask apart, int num_qubits) {
    return highest_of(apart, num_qubits < 24 ? 6 : 10);
}

// Calls work(strip, first, inside) for each strip held at `at` of a sum over all values of the
// qubits `apart`: its basis states are `first` with any bits of `inside`.
template <class Work>
void for_strips_at(const Placement& at, Mask apart, int threads, Work work) {
    const Mask strips = strip_qubits(apart, at.num_qubits());
    if (at.fixed() & apart & ~strips)
        throw std::invalid_argument("a shard would cut strips of a sum in two");
    const Mask own = strips & ~at.fixed();
    const std::int64_t count = std::int64_t{1} << popcount(own);
#pragma omp parallel for num_threads(threads) schedule(dynamic) if (threads > 1 && count > 1)
    for (std::int64_t s = 0; s < count; ++s) {
        const Mask first = deposit(Mask(s), own) | at.value();
        work(extract(first, strips), first, apart & ~strips);
    }
}

// Pairwise sum of size values a[0], a[stride], ...: a fixed order with small rounding error.
inline double ordered_sum(const double* a, std::uint64_t size, std::uint64_t stride = 1) {
    if (size == 0) return 0;
    if (size == 1) return a[0];
    const std::uint64_t half = size / 2;
    return ordered_sum(a, half, stride) + ordered_sum(a + half * stride, size - half, stride);
}

}  // namespace hybrid
