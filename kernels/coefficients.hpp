// The coefficients of a mask group over a run of basis states, without a table.
#pragma once

#include <vector>

#include "bits.hpp"
#include "lanes.hpp"
#include "strings.hpp"

namespace hybrid {

inline constexpr int kCoefficientRows = 8;  // of eight lanes

// c of 64 consecutive basis states. Strings are first sorted by the row bits of z, with the sign of
// the bits above applied; then three steps of a Walsh-Hadamard transform give all rows at once.
// Strings without a Z on the lowest six qubits, such as a transverse field, add a constant.
template <class T>
inline void coefficients(const std::vector<SignedString>& strings, Mask first, Lanes<T>* c) {
    for (int k = 0; k < kCoefficientRows; ++k) c[k] = Lanes<T>{};
    T everywhere = 0;
    bool varies = false;
    for (const SignedString& s : strings) {
        const double both[2] = {s.coefficient, -s.coefficient};
        const T value = T(both[parity(s.z & first)]);
        if ((s.z & (kLanes * kCoefficientRows - 1)) == 0) {
            everywhere += value;
            continue;
        }
        varies = true;
        c[(s.z >> kLaneQubits) & (kCoefficientRows - 1)] +=
            value * kLaneSigns<T>.of[s.z & (kLanes - 1)];
    }
    for (int h = 1; varies && h < kCoefficientRows; h *= 2)
        for (int k = 0; k < kCoefficientRows; ++k)
            if (!(k & h)) {
                const Lanes<T> a = c[k], b = c[k | h];
                c[k] = a + b;
                c[k | h] = a - b;
            }
    for (int k = 0; k < kCoefficientRows; ++k) c[k] += everywhere;
}

}  // namespace hybrid
