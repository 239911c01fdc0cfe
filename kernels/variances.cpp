#include "variances.hpp"

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

void variances(const Program& whole, const Observables& observables, const double* angles,
               std::int64_t points, double* out, int threads) {
    const Program& program = for_values(whole);
    const int n = program.num_qubits, slots = program.num_slots;
    const int inner = threads_of_state(n, points, threads);
    const int outer = inner < threads ? int(std::min<std::int64_t>(threads, points)) : 1;
    std::vector<Buffer<double>> states, images;  // allocated here, where exceptions may leave
    for (int t = 0; t < outer; ++t) {
        states.emplace_back(n);
        images.emplace_back(n);
    }
#pragma omp parallel for num_threads(outer) schedule(dynamic) if (outer > 1)
    for (std::int64_t p = 0; p < points; ++p) {
        const int t = outer > 1 ? omp_get_thread_num() : 0;
        const double* at = angles + p * slots;
        std::complex<double>*psi = states[t].get(), *image = images[t].get();
        forward(program, bind_all<double>(program, at), at, psi, inner);
        for (std::size_t o = 0; o < observables.size(); ++o) {
            const double value = expectation(*observables[o], psi, image, inner);
            double by_strip[kStrips] = {};
            for_strips(bit(n), inner, [&](Mask strip, Mask begin, Mask end) {
                double sum = 0;
                for (Mask b = begin; b < end; ++b) sum += std::norm(image[b] - value * psi[b]);
                by_strip[strip] = sum;
            });
            out[p * observables.size() + o] = ordered_sum(by_strip, num_strips(bit(n)));
        }
    }
}

}  // namespace hybrid
