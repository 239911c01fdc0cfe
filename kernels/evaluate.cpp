#include "evaluate.hpp"

#include <omp.h>

#include <algorithm>
#include <random>
#include <stdexcept>
#include <vector>

#include "buffer.hpp"
#include "hamiltonian.hpp"
#include "state.hpp"
#include "strips.hpp"

namespace hybrid {

namespace {

constexpr int kPointsInParallel = 15;  // qubits up to which threads take points, not amplitudes
constexpr int kOneThread = 12;         // qubits up to which one state is not worth waking threads
constexpr int kAlwaysBatched = 7;      // qubits up to which one point costs no more in a batch

// The values of every sweep, kept for the way back.
template <class T>
std::vector<BoundBlock<T>> bind_all(const Program& program, const double* angles) {
    std::vector<BoundBlock<T>> bound;
    for (const Sweep& sweep : program.sweeps)
        bound.push_back(bind_block<T>(sweep.block, LaneAngles(angles)));
    return bound;
}

double angle_of(const Operation& op, const double* angles) {
    return op.slot < 0 ? 0 : angles[op.slot];
}

template <class T>
void forward(const Program& program, const std::vector<BoundBlock<T>>& bound, const double* angles,
             std::complex<T>* psi, int threads) {
    const std::size_t size = std::size_t{1} << program.num_qubits;
    for_strips(size, threads, [&](Mask, Mask begin, Mask end) {
        std::fill(psi + begin, psi + end, std::complex<T>(0));
    });
    psi[0] = 1;
    for (std::size_t k = 0; k < bound.size(); ++k) {
        const Sweep& sweep = program.sweeps[k];
        if (const Operation* op = sweep.whole_state)
            apply(*op, angle_of(*op, angles), psi, program.num_qubits, threads);
        else
            sweep_forward(sweep, bound[k], psi, threads);
    }
}

template <class T>
void undo(const Operation& op, const double* angles, std::complex<T>* psi, std::complex<T>* lambda,
          double* gradient, int num_qubits, int threads) {
    const double angle = angle_of(op, angles);
    if (op.slot >= 0)
        gradient[op.slot] += 2 * generator_product(op, lambda, psi, num_qubits, threads);
    apply_inverse(op, angle, psi, num_qubits, threads);
    apply_inverse(op, angle, lambda, num_qubits, threads);
}

template <class T>
double evaluate_point(const Program& program, const PauliSum& h, const double* angles,
                      double* gradient, std::complex<T>* psi, std::complex<T>* lambda,
                      int threads) {
    const auto bound = bind_all<T>(program, angles);
    forward(program, bound, angles, psi, threads);
    const double value = expectation(h, psi, lambda, threads);
    if (!gradient) return value;
    std::fill_n(gradient, program.num_slots, 0.0);
    for (std::size_t k = bound.size(); k-- > 0;) {
        const Sweep& sweep = program.sweeps[k];
        if (const Operation* op = sweep.whole_state)
            undo(*op, angles, psi, lambda, gradient, program.num_qubits, threads);
        else
            sweep_backward(sweep, bound[k], psi, lambda, gradient, threads);
    }
    return value;
}

}  // namespace

template <class T>
void run(const Program& program, const double* angles, std::complex<T>* psi, int threads) {
    forward(program, bind_all<T>(program, angles), angles, psi, threads);
}

template <class T>
void evaluate(const Program& program, const PauliSum& h, const double* angles, std::int64_t points,
              double* values, double* gradients, int threads, Shape shape) {
    const int n = program.num_qubits, slots = program.num_slots;
    if (shape == Shape::kBatched && !program.batch)
        throw std::invalid_argument(
            "the program is too wide, or has an operation that does not "
            "run in blocks; it cannot be batched");
    if (shape != Shape::kBlocked && program.batch &&
        (points > 1 || n <= kAlwaysBatched || shape == Shape::kBatched))
        return evaluate_batch<T>(*program.batch, h, angles, points, values, gradients, threads);
    const bool by_point = n <= kPointsInParallel && points > 1;
    const int outer = by_point ? int(std::min<std::int64_t>(threads, points)) : 1;
    std::vector<Buffer<T>> psi, lambda;  // allocated here, where running out may be thrown
    for (int t = 0; t < outer; ++t) {
        psi.emplace_back(n);
        if (gradients) lambda.emplace_back(n);
    }
#pragma omp parallel for num_threads(outer) schedule(dynamic) if (outer > 1)
    for (std::int64_t p = 0; p < points; ++p) {
        const int t = outer > 1 ? omp_get_thread_num() : 0;
        values[p] = evaluate_point(program, h, angles + p * slots,
                                   gradients ? gradients + p * slots : nullptr, psi[t].get(),
                                   gradients ? lambda[t].get() : nullptr,
                                   by_point || n <= kOneThread ? 1 : threads);
    }
}

void sample(const std::complex<double>* psi, int num_qubits, std::int64_t shots, std::uint64_t seed,
            std::uint64_t* out, int threads) {
    const std::uint64_t size = std::uint64_t{1} << num_qubits;
    const std::uint64_t block = std::uint64_t{1} << std::min(num_qubits, 10);
    std::vector<double> upto(size / block + 1, 0.0);  // probability before each block
    for_strips(size / block, threads, [&](std::uint64_t, std::uint64_t begin, std::uint64_t end) {
        for (std::uint64_t k = begin; k < end; ++k) {
            double sum = 0;
            for (std::uint64_t b = k * block; b < (k + 1) * block; ++b) sum += std::norm(psi[b]);
            upto[k + 1] = sum;
        }
    });
    for (std::uint64_t k = 1; k < upto.size(); ++k) upto[k] += upto[k - 1];
    std::mt19937_64 random(seed);
    std::vector<double> uniform(shots);
    for (auto& u : uniform) u = double(random() >> 11) * 0x1p-53 * upto.back();
    for_strips(shots, threads, [&](std::uint64_t, std::uint64_t begin, std::uint64_t end) {
        for (std::uint64_t s = begin; s < end; ++s) {
            const auto after = std::upper_bound(upto.begin() + 1, upto.end() - 1, uniform[s]);
            const std::uint64_t k = after - upto.begin() - 1;
            double left = uniform[s] - upto[k];
            std::uint64_t chosen = k * block;  // the last state with any probability, by rounding
            for (std::uint64_t b = k * block; b < (k + 1) * block; ++b) {
                const double p = std::norm(psi[b]);
                if (p == 0) continue;
                chosen = b;
                if (left < p) break;
                left -= p;
            }
            out[s] = chosen;
        }
    });
}

std::uint64_t memory_bytes(int num_qubits, bool gradient, bool single) {
    return state_bytes(num_qubits, single ? 8 : 16) * (gradient ? 2 : 1);
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
template void evaluate<double>(const Program&, const PauliSum&, const double*, std::int64_t,
                               double*, double*, int, Shape);
template void evaluate<float>(const Program&, const PauliSum&, const double*, std::int64_t, double*,
                              double*, int, Shape);

}  // namespace hybrid
