#include "evaluate.hpp"

#include <omp.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "buffer.hpp"
#include "hamiltonian.hpp"
#include "passes.hpp"
#include "strips.hpp"

namespace hybrid {

namespace {

constexpr int kPointsInParallel = 15;  // qubits up to which threads take points, not amplitudes
constexpr int kOneThread = 13;     // qubits up to which waking threads for one state does not pay
constexpr int kAlwaysBatched = 7;  // qubits up to which one point costs no more in a batch

template <class T>
void copy(const std::complex<T>* from, std::complex<T>* to, int num_qubits, int threads) {
    for_strips(bit(num_qubits), threads, [&](Mask, Mask begin, Mask end) {
        std::copy(from + begin, from + end, to + begin);
    });
}

// `kept` holds the state between observables; null if there is only one.
template <class T>
void evaluate_point(const Program& program, const Observables& observables, const double* angles,
                    double* values, double* gradients, std::complex<T>* psi,
                    std::complex<T>* lambda, std::complex<T>* kept, int threads) {
    const auto bound = bind_all<T>(program, angles);
    forward(program, bound, angles, psi, threads);
    if (kept) copy(psi, kept, program.num_qubits, threads);
    for (std::size_t o = 0; o < observables.size(); ++o) {
        if (kept && o > 0) copy(kept, psi, program.num_qubits, threads);
        values[o] = expectation(*observables[o], psi, lambda, threads);
        if (!gradients) continue;
        double* gradient = gradients + o * program.num_slots;
        std::fill_n(gradient, program.num_slots, 0.0);
        backward(program, bound, angles, psi, lambda, gradient, threads);
    }
}

}  // namespace

template <class T>
void run(const Program& whole, const double* angles, std::complex<T>* psi, int threads) {
    const Program& program = for_values(whole);
    forward(program, bind_all<T>(program, angles), angles, psi, threads);
}

bool is_batched(const Program& program, std::int64_t points, Shape shape) {
    if (shape == Shape::kBatched && !program.batch)
        throw std::invalid_argument(
            "the program is too wide, or has an operation that does not "
            "run in blocks; it cannot be batched");
    return shape != Shape::kBlocked && program.batch &&
           (points > 1 || program.num_qubits <= kAlwaysBatched || shape == Shape::kBatched);
}

int threads_of_state(int num_qubits, std::int64_t points, int threads) {
    const bool by_point = num_qubits <= kPointsInParallel && points > 1;
    return by_point || num_qubits <= kOneThread ? 1 : threads;
}

template <class T>
void evaluate(const Program& whole, const Observables& observables, const double* angles,
              std::int64_t points, double* values, double* gradients, int threads, Shape shape) {
    const std::int64_t many = observables.size();
    const Program& program = gradients ? whole : for_values(whole);
    const int n = program.num_qubits, slots = program.num_slots;
    if (is_batched(program, points, shape))
        return evaluate_batch<T>(*program.batch, observables, angles, points, values, gradients,
                                 threads);
    const int inner = threads_of_state(n, points, threads);
    const int outer = inner < threads ? int(std::min<std::int64_t>(threads, points)) : 1;
    std::vector<Buffer<T>> psi, lambda, kept;  // allocated here, where exceptions may leave
    for (int t = 0; t < outer; ++t) {
        psi.emplace_back(n);
        if (gradients) lambda.emplace_back(n);
        if (gradients && many > 1) kept.emplace_back(n);
    }
#pragma omp parallel for num_threads(outer) schedule(dynamic) if (outer > 1)
    for (std::int64_t p = 0; p < points; ++p) {
        const int t = outer > 1 ? omp_get_thread_num() : 0;
        evaluate_point(program, observables, angles + p * slots, values + p * many,
                       gradients ? gradients + p * many * slots : nullptr, psi[t].get(),
                       gradients ? lambda[t].get() : nullptr,
                       gradients && many > 1 ? kept[t].get() : nullptr, inner);
    }
}

std::uint64_t memory_bytes(int num_qubits, bool gradient, bool single, bool several) {
    return state_bytes(num_qubits, single ? 8 : 16) * (gradient ? (several ? 3 : 2) : 1);
}

int threads_to_use(int threads) {
    if (threads > 0) return threads;
    if (const char* text = std::getenv("OMP_NUM_THREADS")) {
        const int wanted = std::atoi(text);
        if (wanted > 0) return wanted;
    }
    return std::max(1, omp_get_num_procs());
}

template void run<double>(const Program&, const double*, std::complex<double>*, int);
template void run<float>(const Program&, const double*, std::complex<float>*, int);
template void evaluate<double>(const Program&, const Observables&, const double*, std::int64_t,
                               double*, double*, int, Shape);
template void evaluate<float>(const Program&, const Observables&, const double*, std::int64_t,
                              double*, double*, int, Shape);

}  // namespace hybrid
