// Memory for one state, not initialised.
#pragma once

#include <algorithm>
#include <complex>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace hybrid {

inline constexpr std::size_t kHugePage = std::size_t{1} << 21;

// Bytes that a state of this width takes.
inline std::uint64_t state_bytes(int num_qubits, std::size_t amplitude) {
    return std::max<std::uint64_t>(4096, std::uint64_t(amplitude) << num_qubits);
}

// Large states ask for huge pages, which systems often give on request only: a state touched for
// the first time costs one fault for 2 MiB instead of 512.
template <class T>
class Buffer {
  public:
    explicit Buffer(int num_qubits) {
        const std::size_t bytes = state_bytes(num_qubits, sizeof(std::complex<T>));
        const bool large = bytes >= 2 * kHugePage;
        data_.reset(
            static_cast<std::complex<T>*>(std::aligned_alloc(large ? kHugePage : 4096, bytes)));
        if (!data_) throw std::bad_alloc();
#if defined(__linux__)
        if (large) madvise(data_.get(), bytes, MADV_HUGEPAGE);  // only a wish
#endif
    }
    std::complex<T>* get() { return data_.get(); }
    std::complex<T>* release() { return data_.release(); }

  private:
    struct Free {
        void operator()(std::complex<T>* p) const { std::free(p); }
    };
    std::unique_ptr<std::complex<T>[], Free> data_;
};

}  // namespace hybrid
