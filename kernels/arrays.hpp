// NumPy arrays in the Python interface, and the checks that its files share.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cmath>
#include <initializer_list>
#include <stdexcept>
#include <string>

#include "evaluate.hpp"

namespace nb = nanobind;

namespace hybrid {

using Array = nb::ndarray<nb::ro>;

inline std::string shape_text(std::initializer_list<std::int64_t> shape) {
    std::string text = "(";
    for (auto s : shape) text += (text.size() > 1 ? ", " : "") + (s < 0 ? "*" : std::to_string(s));
    return text + ")";
}

template <class T>
constexpr const char* dtype_name() {
    if constexpr (std::is_same_v<T, std::uint8_t>) return "uint8";
    if constexpr (std::is_same_v<T, std::int32_t>) return "int32";
    if constexpr (std::is_same_v<T, std::int64_t>) return "int64";
    if constexpr (std::is_same_v<T, std::uint64_t>) return "uint64";
    if constexpr (std::is_same_v<T, double>) return "float64";
    return "complex128";
}

// The data of an array of this dtype and shape (-1: any length), contiguous in row-major order.
template <class T>
const T* data_of(const nb::object& object, const char* name,
                 std::initializer_list<std::int64_t> shape) {
    const std::string expected = std::string("; expected a C-contiguous ") + dtype_name<T>() +
                                 " array of shape " + shape_text(shape);
    Array array;
    if (!nb::try_cast(object, array))
        throw std::invalid_argument(std::string(name) + " is not an array in main memory" +
                                    expected);
    if (array.device_type() != nb::device::cpu::value || array.dtype() != nb::dtype<T>())
        throw std::invalid_argument(std::string(name) + " has another dtype" + expected);
    bool fits = array.ndim() == shape.size();
    std::size_t axis = 0;
    for (auto want : shape) {
        fits = fits && (want < 0 || std::int64_t(array.shape(axis)) == want);
        ++axis;
    }
    if (!fits) {
        std::string got = "(";
        for (std::size_t k = 0; k < array.ndim(); ++k)
            got += (k ? ", " : "") + std::to_string(array.shape(k));
        throw std::invalid_argument(std::string(name) + " has shape " + got + ")" + expected);
    }
    std::int64_t stride = 1;
    for (std::size_t k = array.ndim(); k-- > 0;) {
        if (array.size() > 0 && array.shape(k) > 1 && array.stride(k) != stride)
            throw std::invalid_argument(std::string(name) + " is not contiguous" + expected +
                                        "; use numpy.ascontiguousarray");
        stride *= std::int64_t(array.shape(k));
    }
    return static_cast<const T*>(array.data());
}

inline std::int64_t length_of(const nb::object& object, const char* name) {
    Array array;
    if (!nb::try_cast(object, array) || array.ndim() == 0)
        throw std::invalid_argument(std::string(name) + " is not an array with a length");
    return std::int64_t(array.shape(0));
}

template <class T>
nb::object numpy_array(T* data, std::initializer_list<std::size_t> shape) {
    nb::capsule owner(data, [](void* p) noexcept { delete[] static_cast<T*>(p); });
    return nb::cast(nb::ndarray<nb::numpy, T>(data, shape, owner));
}

inline int checked_threads(int threads) {
    if (threads < 0)
        throw std::invalid_argument("threads is " + std::to_string(threads) +
                                    ", expected 1 or more, or 0 for the default");
    return threads_to_use(threads);
}

inline void check_finite(const double* numbers, std::int64_t count, const char* name) {
    for (std::int64_t k = 0; k < count; ++k)
        if (!std::isfinite(numbers[k]))
            throw std::invalid_argument(std::string(name) +
                                        " has an element that is not finite, at index " +
                                        std::to_string(k));
}

inline void check_widths(const PauliSum& h, const Program& program) {
    if (h.num_qubits != program.num_qubits)
        throw std::invalid_argument("the observable has " + std::to_string(h.num_qubits) +
                                    " qubits, the program " + std::to_string(program.num_qubits));
}

// Observables of the program's width, at least one; the Python objects must outlive them.
inline Observables observables_of(nb::handle objects, const Program& program) {
    Observables of;
    for (nb::handle each : objects) {
        of.push_back(&nb::cast<const PauliSum&>(each));
        check_widths(*of.back(), program);
    }
    if (of.empty()) throw std::invalid_argument("observables is empty; expected at least one");
    return of;
}

}  // namespace hybrid
