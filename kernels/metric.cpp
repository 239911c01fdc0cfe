#include "metric.hpp"

#include <omp.h>

#include <algorithm>
#include <vector>

#include "buffer.hpp"
#include "passes.hpp"
#include "strips.hpp"

namespace hybrid {

namespace {

constexpr int kSlotsInParallel = 15;  // qubits up to which threads take slots, not amplitudes

using State = std::complex<double>*;

// row[k] = Re <lambda|d_k psi> for all k, by one backward pass from psi and lambda.
void overlaps(const Program& program, const BoundProgram<double>& bound, const double* angles,
              State psi, State lambda, double* row, int threads) {
    std::fill_n(row, program.num_slots, 0.0);
    backward(program, bound, angles, psi, lambda, row, threads);
    for (int k = 0; k < program.num_slots; ++k) row[k] /= 2;
}

// phase[k] = -i <psi|d_k psi>, which is real: the norm does not change.
void phases(const Program& program, const BoundProgram<double>& bound, const double* angles,
            State psi, State lambda, double* phase, int threads) {
    forward(program, bound, angles, psi, threads);
    for_strips(Mask{1} << program.num_qubits, threads, [&](Mask, Mask begin, Mask end) {
        for (Mask b = begin; b < end; ++b) lambda[b] = {-psi[b].imag(), psi[b].real()};
    });
    overlaps(program, bound, angles, psi, lambda, phase, threads);
}

}  // namespace

void metric(const Program& program, const double* angles, double* g, int threads) {
    const int n = program.num_qubits, slots = program.num_slots;
    const bool by_slot = n <= kSlotsInParallel;
    const int outer = by_slot ? std::max(1, std::min(threads, slots)) : 1;
    const int inner = by_slot ? 1 : threads;
    std::vector<Buffer<double>> psi, lambda;  // allocated here, where exceptions may leave
    for (int t = 0; t < outer; ++t) {
        psi.emplace_back(n);
        lambda.emplace_back(n);
    }
    const auto bound = bind_all<double>(program, angles);
    std::vector<double> phase(slots);
    phases(program, bound, angles, psi[0].get(), lambda[0].get(), phase.data(), inner);
#pragma omp parallel for num_threads(outer) schedule(dynamic) if (outer > 1)
    for (int j = 0; j < slots; ++j) {
        const int t = outer > 1 ? omp_get_thread_num() : 0;
        const State state = psi[t].get(), tangent = lambda[t].get();
        forward_with_tangent(program, bound, angles, j, state, tangent, inner);
        overlaps(program, bound, angles, state, tangent, g + std::int64_t(j) * slots, inner);
    }
    metric_from(g, phase.data(), slots);
}

void metric_from(double* g, const double* phase, int slots) {
    for (int j = 0; j < slots; ++j)
        for (int k = 0; k <= j; ++k) {
            double& lower = g[std::int64_t(j) * slots + k];
            double& upper = g[std::int64_t(k) * slots + j];
            lower = upper = (lower + upper) / 2 - phase[j] * phase[k];
        }
}

}  // namespace hybrid
