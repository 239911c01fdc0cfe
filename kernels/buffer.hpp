// Uninitialized memory for one state.
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

// Bytes of a state of this width.
inline std::uint64_t state_bytes(int num_qubits, std::size_t amplitude) {
    return std::max<std::uint64_t>(4096, std::uint64_t(amplitude) << num_qubits);
}

// Large states request huge pages, which systems often provide on request only: the first touch of
// a state costs one page fault per 2 MiB instead of 512.
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
        if (large) madvise(data_.get(), bytes, MADV_HUGEPAGE);  // a hint; may fail
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
