#include "passes.hpp"

#include <algorithm>
#include <stdexcept>

#include "fallback.hpp"
#include "strips.hpp"

namespace hybrid {

namespace {

double angle_of(const Operation& op, const double* angles) {
    return op.slot < 0 ? 0 : angles[op.slot];
}

template <class T>
void clear(std::complex<T>* psi, int num_qubits, int threads) {
    for_strips(Mask{1} << num_qubits, threads, [&](Mask, Mask begin, Mask end) {
        std::fill(psi + begin, psi + end, std::complex<T>(0));
    });
}

void check_distributed(const Sweep& sweep, const Placement& at) {
    if (at.fixed() & ~sweep.distributable)
        throw std::invalid_argument("a shard lacks a qubit that the sweep works on");
}

}  // namespace

template <class T>
BoundProgram<T> bind_all(const Program& program, const double* angles) {
    BoundProgram<T> bound;
    for (const Sweep& sweep : program.sweeps)
        bound.push_back(bind_block<T>(sweep.block, LaneAngles(angles)));
    return bound;
}

template <class T>
void step_forward(const Sweep& sweep, const BoundBlock<T>& bound, const double* angles,
                  const Placement& at, std::complex<T>* psi, int threads) {
    check_distributed(sweep, at);
    if (const Operation* op = sweep.whole_state)
        apply(*op, angle_of(*op, angles), at, psi, threads);
    else
        sweep_forward(sweep, bound, at, psi, threads);
}

template <class T>
void step_tangent(const Sweep& sweep, const BoundBlock<T>& bound, const double* angles, int slot,
                  const Placement& at, std::complex<T>* psi, std::complex<T>* tangent,
                  int threads) {
    check_distributed(sweep, at);
    if (const Operation* op = sweep.whole_state) {
        apply(*op, angle_of(*op, angles), at, psi, threads);
        apply(*op, angle_of(*op, angles), at, tangent, threads);
        if (op->slot == slot) add_derivative(*op, at, psi, tangent, threads);
    } else {
        sweep_tangent(sweep, bound, slot, at, psi, tangent, threads);
    }
}

template <class T>
void step_backward(const Sweep& sweep, const BoundBlock<T>& bound, const double* angles,
                   const Placement& at, std::complex<T>* psi, std::complex<T>* lambda, double* sums,
                   int threads) {
    check_distributed(sweep, at);
    if (const Operation* op = sweep.whole_state) {
        if (op->slot >= 0) generator_product(*op, at, lambda, psi, sums, threads);
        apply_inverse(*op, angle_of(*op, angles), at, psi, threads);
        apply_inverse(*op, angle_of(*op, angles), at, lambda, threads);
    } else {
        sweep_backward(sweep, bound, at, psi, lambda, sums, threads);
    }
}

template <class T>
void forward(const Program& program, const BoundProgram<T>& bound, const double* angles,
             std::complex<T>* psi, int threads) {
    const Placement whole(program.num_qubits);
    clear(psi, program.num_qubits, threads);
    psi[0] = 1;
    for (std::size_t k = 0; k < bound.size(); ++k)
        step_forward(program.sweeps[k], bound[k], angles, whole, psi, threads);
}

template <class T>
void forward_with_tangent(const Program& program, const BoundProgram<T>& bound,
                          const double* angles, int slot, std::complex<T>* psi,
                          std::complex<T>* tangent, int threads) {
    const Placement whole(program.num_qubits);
    clear(psi, program.num_qubits, threads);
    clear(tangent, program.num_qubits, threads);
    psi[0] = 1;
    for (std::size_t k = 0; k < bound.size(); ++k)
        step_tangent(program.sweeps[k], bound[k], angles, slot, whole, psi, tangent, threads);
}

template <class T>
void backward(const Program& program, const BoundProgram<T>& bound, const double* angles,
              std::complex<T>* psi, std::complex<T>* lambda, double* gradient, int threads) {
    const Placement whole(program.num_qubits);
    std::vector<double> sums;
    for (std::size_t k = bound.size(); k-- > 0;) {
        const Sweep& sweep = program.sweeps[k];
        sums.assign(num_sums(sweep), 0.0);
        step_backward(sweep, bound[k], angles, whole, psi, lambda, sums.data(), threads);
        add_to_gradient(sweep, sums.data(), gradient);
    }
}

#define HYBRID_INSTANTIATE(T)                                                                     \
    template BoundProgram<T> bind_all<T>(const Program&, const double*);                          \
    template void step_forward<T>(const Sweep&, const BoundBlock<T>&, const double*,              \
                                  const Placement&, std::complex<T>*, int);                       \
    template void step_tangent<T>(const Sweep&, const BoundBlock<T>&, const double*, int,         \
                                  const Placement&, std::complex<T>*, std::complex<T>*, int);     \
    template void step_backward<T>(const Sweep&, const BoundBlock<T>&, const double*,             \
                                   const Placement&, std::complex<T>*, std::complex<T>*, double*, \
                                   int);                                                          \
    template void forward<T>(const Program&, const BoundProgram<T>&, const double*,               \
                             std::complex<T>*, int);                                              \
    template void forward_with_tangent<T>(const Program&, const BoundProgram<T>&, const double*,  \
                                          int, std::complex<T>*, std::complex<T>*, int);          \
    template void backward<T>(const Program&, const BoundProgram<T>&, const double*,              \
                              std::complex<T>*, std::complex<T>*, double*, int);
HYBRID_INSTANTIATE(double)
HYBRID_INSTANTIATE(float)

}  // namespace hybrid
