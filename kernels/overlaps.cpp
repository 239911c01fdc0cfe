#include "overlaps.hpp"

#include <omp.h>

#include <algorithm>
#include <vector>

#include "buffer.hpp"
#include "evaluate.hpp"
#include "passes.hpp"
#include "strips.hpp"

namespace hybrid {

namespace {

using Amplitude = std::complex<double>;

// <other|psi>
Amplitude inner_product(const Amplitude* other, const Amplitude* psi, int num_qubits, int threads) {
    double re[kStrips] = {}, im[kStrips] = {};
    const Mask size = bit(num_qubits);
    for_strips(size, threads, [&](Mask strip, Mask begin, Mask end) {
        double a = 0, b = 0;
        for (Mask k = begin; k < end; ++k) {
            a += other[k].real() * psi[k].real() + other[k].imag() * psi[k].imag();
            b += other[k].real() * psi[k].imag() - other[k].imag() * psi[k].real();
        }
        re[strip] = a;
        im[strip] = b;
    });
    return {ordered_sum(re, num_strips(size)), ordered_sum(im, num_strips(size))};
}

}  // namespace

void overlaps(const Program& whole, const Amplitude* others, std::int64_t count,
              const double* angles, std::int64_t points, double* values, double* gradients,
              int threads) {
    const Program& program = gradients ? whole : for_values(whole);
    const int n = program.num_qubits, slots = program.num_slots;
    const Mask size = bit(n);
    const int inner = threads_of_state(n, points, threads);
    const int outer = inner < threads ? int(std::min<std::int64_t>(threads, points)) : 1;
    std::vector<Buffer<double>> state, psi, lambda;  // allocated here, where exceptions may leave
    for (int t = 0; t < outer; ++t) {
        state.emplace_back(n);
        if (!gradients) continue;
        psi.emplace_back(n);
        lambda.emplace_back(n);
    }
#pragma omp parallel for num_threads(outer) schedule(dynamic) if (outer > 1)
    for (std::int64_t p = 0; p < points; ++p) {
        const int t = outer > 1 ? omp_get_thread_num() : 0;
        const double* at = angles + p * slots;
        const auto bound = bind_all<double>(program, at);
        Amplitude* prepared = state[t].get();
        forward(program, bound, at, prepared, inner);
        for (std::int64_t o = 0; o < count; ++o) {
            const Amplitude* other = others + o * size;
            const Amplitude c = inner_product(other, prepared, n, inner);
            values[p * count + o] = c.real() * c.real() + c.imag() * c.imag();
            if (!gradients) continue;
            Amplitude *copy = psi[t].get(), *image = lambda[t].get();
            for_strips(size, inner, [&](Mask, Mask begin, Mask end) {
                for (Mask k = begin; k < end; ++k) {
                    copy[k] = prepared[k];
                    image[k] = {c.real() * other[k].real() - c.imag() * other[k].imag(),
                                c.real() * other[k].imag() + c.imag() * other[k].real()};
                }
            });
            double* gradient = gradients + (p * count + o) * slots;
            std::fill_n(gradient, slots, 0.0);
            backward(program, bound, at, copy, image, gradient, inner);
        }
    }
}

}  // namespace hybrid
