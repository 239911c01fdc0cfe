#include "forces.hpp"

#include <omp.h>

#include <algorithm>
#include <complex>
#include <vector>

#include "buffer.hpp"
#include "evaluate.hpp"
#include "hamiltonian.hpp"
#include "passes.hpp"
#include "strips.hpp"

namespace hybrid {

void forces(const Program& program, const Observables& observables, const double* angles,
            std::int64_t points, double* out, int threads) {
    using Amplitude = std::complex<double>;
    const int n = program.num_qubits, slots = program.num_slots;
    const int inner = threads_of_state(n, points, threads);
    const int outer = inner < threads ? int(std::min<std::int64_t>(threads, points)) : 1;
    std::vector<Buffer<double>> states, copies,
        images;  // allocated here, where exceptions may leave
    for (int t = 0; t < outer; ++t) {
        states.emplace_back(n);
        copies.emplace_back(n);
        images.emplace_back(n);
    }
#pragma omp parallel for num_threads(outer) schedule(dynamic) if (outer > 1)
    for (std::int64_t p = 0; p < points; ++p) {
        const int t = outer > 1 ? omp_get_thread_num() : 0;
        const double* at = angles + p * slots;
        Amplitude *psi = states[t].get(), *copy = copies[t].get(), *image = images[t].get();
        const auto bound = bind_all<double>(program, at);
        forward(program, bound, at, psi, inner);
        for (std::size_t o = 0; o < observables.size(); ++o) {
            const double value = expectation(*observables[o], psi, image, inner);
            // lambda = -i (O - <O>) psi, so that Re <lambda|d psi> is the force.
            for_strips(bit(n), inner, [&](Mask, Mask begin, Mask end) {
                for (Mask b = begin; b < end; ++b) {
                    const Amplitude change = image[b] - value * psi[b];
                    copy[b] = psi[b];
                    image[b] = {change.imag(), -change.real()};
                }
            });
            double* force = out + (p * std::int64_t(observables.size()) + o) * slots;
            std::fill_n(force, slots, 0.0);
            backward(program, bound, at, copy, image, force, inner);
            for (int k = 0; k < slots; ++k) force[k] /= 2;
        }
    }
}

}  // namespace hybrid
