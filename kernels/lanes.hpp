// Eight amplitudes side by side: the unit of all arithmetic inside a block.
//
// Three qubits that operations of a sweep use for signs and controls only index the lanes, so no
// arithmetic mixes lanes. Vectors use the GCC and Clang extension: one AVX-512 register of doubles,
// two of AVX2, four of SSE2, scalars elsewhere.
#pragma once

#include <bit>
#include <complex>
#include <cstdint>
#include <cstring>

namespace hybrid {

inline constexpr int kLaneQubits = 3;
inline constexpr int kLanes = 1 << kLaneQubits;

template <class T>
struct LaneVector;
template <>
struct LaneVector<double> {
    typedef double type __attribute__((vector_size(kLanes * sizeof(double))));
    typedef std::uint64_t words __attribute__((vector_size(kLanes * sizeof(double))));
};
template <>
struct LaneVector<float> {
    typedef float type __attribute__((vector_size(kLanes * sizeof(float))));
    typedef std::uint64_t words __attribute__((vector_size(kLanes * sizeof(float))));
};

template <class T>
using Lanes = typename LaneVector<T>::type;

// Amplitudes of eight basis states.
template <class T>
struct Split {
    Lanes<T> re, im;
};

template <class T>
inline Lanes<T> broadcast(T x) {
    return Lanes<T>{} + x;
}

// Row z: the sign of each lane under the mask z.
template <class T>
struct LaneSigns {
    Lanes<T> of[kLanes];
    LaneSigns() {
        for (int z = 0; z < kLanes; ++z)
            for (int l = 0; l < kLanes; ++l) of[z][l] = std::popcount(unsigned(z & l)) & 1 ? -1 : 1;
    }
};
template <class T>
inline const LaneSigns<T> kLaneSigns;

inline Lanes<double> widen(Lanes<double> x) {
    return x;
}
inline Lanes<double> widen(Lanes<float> x) {
    return __builtin_convertvector(x, Lanes<double>);
}

// In the order of the lanes.
template <class T>
inline T sum_of_lanes(Lanes<T> x) {
    T sum = 0;
    for (int l = 0; l < kLanes; ++l) sum += x[l];
    return sum;
}

// Accumulates whether any amplitude is non-zero.
template <class T>
class AnyBits {
  public:
    void add(const Split<T>& a) { bits_ |= (Words)a.re | (Words)a.im; }
    explicit operator bool() const {
        std::uint64_t any = 0;
        for (int l = 0; l < kWords; ++l) any |= bits_[l];
        return any != 0;
    }

  private:
    using Words = typename LaneVector<T>::words;
    static constexpr int kWords = sizeof(Words) / sizeof(std::uint64_t);
    Words bits_ = {};
};

template <class T>
inline Split<T> times(const Split<T>& a, Lanes<T> re, Lanes<T> im) {
    return {a.re * re - a.im * im, a.re * im + a.im * re};
}

// Eight consecutive complex numbers of main memory, split into real and imaginary parts.
template <class T>
inline Split<T> load_split(const std::complex<T>* p) {
    Lanes<T> a, b;
    std::memcpy(&a, p, sizeof a);
    std::memcpy(&b, p + kLanes / 2, sizeof b);
    return {__builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14),
            __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15)};
}

template <class T>
inline void store_split(std::complex<T>* p, const Split<T>& x) {
    const Lanes<T> a = __builtin_shufflevector(x.re, x.im, 0, 8, 1, 9, 2, 10, 3, 11);
    const Lanes<T> b = __builtin_shufflevector(x.re, x.im, 4, 12, 5, 13, 6, 14, 7, 15);
    std::memcpy(static_cast<void*>(p), &a, sizeof a);
    std::memcpy(static_cast<void*>(p + kLanes / 2), &b, sizeof b);
}

// Transposes: swaps element l of vector k with element k of vector l, in off-diagonal blocks of
// size 1, then 2, then 4.
template <class T>
inline void transpose(Lanes<T> (&a)[kLanes]) {
    for (int k = 0; k < kLanes; k += 2) {
        const Lanes<T> x = a[k], y = a[k + 1];
        a[k] = __builtin_shufflevector(x, y, 0, 8, 2, 10, 4, 12, 6, 14);
        a[k + 1] = __builtin_shufflevector(x, y, 1, 9, 3, 11, 5, 13, 7, 15);
    }
    for (int k : {0, 1, 4, 5}) {
        const Lanes<T> x = a[k], y = a[k + 2];
        a[k] = __builtin_shufflevector(x, y, 0, 1, 8, 9, 4, 5, 12, 13);
        a[k + 2] = __builtin_shufflevector(x, y, 2, 3, 10, 11, 6, 7, 14, 15);
    }
    for (int k = 0; k < 4; ++k) {
        const Lanes<T> x = a[k], y = a[k + 4];
        a[k] = __builtin_shufflevector(x, y, 0, 1, 2, 3, 8, 9, 10, 11);
        a[k + 4] = __builtin_shufflevector(x, y, 4, 5, 6, 7, 12, 13, 14, 15);
    }
}

}  // namespace hybrid
