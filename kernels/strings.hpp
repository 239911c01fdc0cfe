// Pauli strings that share an X mask, as a function of the basis state.
//
// For strings P_j = i^|x & z_j| X^x Z^z_j the sum G = sum_j c_j P_j maps |b> to c(b) |b ^ x>, with
//     c(b) = even(b) + i odd(b),
// where even(b) and odd(b) are real sums of +-c_j with sign (-1)^|z_j & b|: a string is in the odd
// part where |x & z_j| is odd (an odd number of Y). Strings of one kind commute.
#pragma once

#include <vector>

#include "bits.hpp"

namespace hybrid {

struct SignedString {
    Mask z;
    double coefficient;  // i^|x & z| is folded in up to a factor of i
};

inline double sum_at(const std::vector<SignedString>& strings, Mask b) {
    double sum = 0;
    for (const auto& s : strings) sum += parity(s.z & b) ? -s.coefficient : s.coefficient;
    return sum;
}

// One value of the bits that make c(b) vary; c(b) = +-value there.
struct Pattern {
    Mask bits;
    double value;
};

// The coefficient r(b) of a sum of commuting strings, c(b) = r(b) or i r(b), factored as
//     r(b) = (-1)^|sign & b| * f(b & varying).
// If few bits vary, f is tabulated and only its non-zero patterns are kept, one per pair (b, b ^
// x): an excitation then touches only the pairs that it rotates.
struct Generator {
    Mask x = 0;
    bool odd = false;  // c = i r
    Mask varying = 0;
    Mask sign = 0;
    bool tabulated = false;
    std::vector<Pattern> patterns;
    std::vector<SignedString> strings;  // in full, for generators with too many patterns
};

// Throws std::invalid_argument if the strings do not commute.
Generator make_generator(Mask x, const Mask* z, const double* coefficients, int count);

}  // namespace hybrid
