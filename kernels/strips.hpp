// Work over a range is cut into strips that do not depend on the number of threads; sums over
// strips are added in order. That is what makes results independent of threads.
#pragma once

#include <omp.h>

#include <algorithm>
#include <cstdint>

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

// Pairwise sum of size values a[0], a[stride], ...: a fixed order with small rounding error.
inline double ordered_sum(const double* a, std::uint64_t size, std::uint64_t stride = 1) {
    if (size == 0) return 0;
    if (size == 1) return a[0];
    const std::uint64_t half = size / 2;
    return ordered_sum(a, half, stride) + ordered_sum(a + half * stride, size - half, stride);
}

}  // namespace hybrid
