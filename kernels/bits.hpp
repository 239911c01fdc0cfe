// Masks of qubits: qubit q is bit q of a basis-state index.
#pragma once

#include <bit>
#include <cstdint>

namespace hybrid {

using Mask = std::uint64_t;

inline Mask bit(int q) {
    return Mask{1} << q;
}
inline Mask low_bits(int n) {
    return n >= 64 ? ~Mask{0} : bit(n) - 1;
}
inline int popcount(Mask m) {
    return std::popcount(m);
}
inline int parity(Mask m) {
    return std::popcount(m) & 1;
}
inline Mask highest(Mask m) {
    return m ? bit(63 - std::countl_zero(m)) : 0;
}
inline Mask lowest(Mask m) {
    return m & (~m + 1);
}

// Deposits the low bits of `value` into the set bits of `mask`, in order.
inline Mask deposit(Mask value, Mask mask) {
    Mask out = 0;
    for (; mask != 0 && value != 0; mask &= mask - 1, value >>= 1)
        if (value & 1) out |= lowest(mask);
    return out;
}

// Extracts the bits of `value` under `mask` into the low bits: the inverse of deposit.
inline Mask extract(Mask value, Mask mask) {
    Mask out = 0;
    for (int k = 0; mask != 0; mask &= mask - 1, ++k)
        if (value & lowest(mask)) out |= bit(k);
    return out;
}

// The next larger index among those whose bits lie outside `fixed`; bits of `fixed` come out zero.
inline Mask next_free(Mask index, Mask fixed) {
    return ((index | fixed) + 1) & ~fixed;
}

}  // namespace hybrid
