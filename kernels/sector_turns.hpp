// The one inner loop of a sector: rotations of pairs of real numbers.
//
// A state is one plane of real numbers, or two, the real and the imaginary part. With r = c(b) / i
// real, exp(-i angle G) turns (re b, re b^x) and (im b, im b^x) by angle r. With c(b) = r real it
// turns (re b, im b^x) and (re b^x, im b) by -angle r; with x = 0 it turns (re b, im b).
//
// E is one number, or eight numbers that belong to eight points.
#pragma once

#include <type_traits>

#include "lanes.hpp"
#include "sector_pairs.hpp"

namespace hybrid {

template <class E>
inline void turn(E& p, E& q, const E& c, const E& s) {
    const E a = p, b = q;
    p = c * a - s * b;
    q = c * b + s * a;
}

template <class E>
inline void turn_pairs(E* __restrict__ p, E* __restrict__ q, const ColumnPair* pairs,
                       std::size_t count, const E& c, const E& s) {
    for (std::size_t k = 0; k < count; ++k) turn(p[pairs[k].first], q[pairs[k].second], c, s);
}

// Turns the pairs of a list in rows that start at p and q.
template <class E>
inline void turn_columns(E* p, E* q, const ColumnPairs& list, const E& c, const E& s) {
    if (list.whole) {
        E* __restrict__ a = p;
        E* __restrict__ b = q;
        const E sine = list.plus ? s : -s;
        for (std::size_t k = 0; k < list.pairs.size(); ++k) turn(a[k], b[k], c, sine);
        return;
    }
    turn_pairs(p, q, list.pairs.data(), list.plus, c, s);
    turn_pairs(p, q, list.pairs.data() + list.plus, list.pairs.size() - list.plus, c, E(-s));
}

// The same on psi (p, q) and lambda (lp, lq); returns the sum of lq p - lp q over the pairs. Four
// sums side by side, because each waits for its last addition.
template <class E, class At>
inline E turn_and_sum(E* __restrict__ p, E* __restrict__ q, E* __restrict__ lp, E* __restrict__ lq,
                      std::size_t count, const E& c, const E& s, At at) {
    E sums[4] = {};
    const auto one = [&](std::size_t k, E& sum) {
        const ColumnPair pair = at(k);
        E &a = p[pair.first], &b = q[pair.second], &la = lp[pair.first], &lb = lq[pair.second];
        sum += lb * a - la * b;
        turn(a, b, c, s);
        turn(la, lb, c, s);
    };
    std::size_t k = 0;
    for (; k + 4 <= count; k += 4)
        for (int j = 0; j < 4; ++j) one(k + j, sums[j]);
    for (; k < count; ++k) one(k, sums[0]);
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

template <class E>
inline E turn_back_columns(E* p, E* q, E* lp, E* lq, const ColumnPairs& list, const E& c,
                           const E& s) {
    const auto consecutive = [](std::size_t k) {
        return ColumnPair{std::uint32_t(k), std::uint32_t(k)};
    };
    const std::size_t count = list.pairs.size(), plus = list.plus;
    const ColumnPair* pairs = list.pairs.data();
    if (list.whole) {
        const E sum = turn_and_sum(p, q, lp, lq, count, c, plus ? s : E(-s), consecutive);
        return plus ? sum : E(-sum);
    }
    const auto listed = [&](std::size_t k) { return pairs[k]; };
    const auto others = [&](std::size_t k) { return pairs[plus + k]; };
    const E up = turn_and_sum(p, q, lp, lq, plus, c, s, listed);
    return up - turn_and_sum(p, q, lp, lq, count - plus, c, E(-s), others);
}

}  // namespace hybrid
