#include "passes.hpp"

#include <algorithm>

#include "state.hpp"
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

template <class T>
void undo(const Operation& op, const double* angles, std::complex<T>* psi, std::complex<T>* lambda,
          double* gradient, int num_qubits, int threads) {
    const double angle = angle_of(op, angles);
    if (op.slot >= 0)
        gradient[op.slot] += 2 * generator_product(op, lambda, psi, num_qubits, threads);
    apply_inverse(op, angle, psi, num_qubits, threads);
    apply_inverse(op, angle, lambda, num_qubits, threads);
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
void forward(const Program& program, const BoundProgram<T>& bound, const double* angles,
             std::complex<T>* psi, int threads) {
    clear(psi, program.num_qubits, threads);
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
void forward_with_tangent(const Program& program, const BoundProgram<T>& bound,
                          const double* angles, int slot, std::complex<T>* psi,
                          std::complex<T>* tangent, int threads) {
    const int n = program.num_qubits;
    clear(psi, n, threads);
    clear(tangent, n, threads);
    psi[0] = 1;
    for (std::size_t k = 0; k < bound.size(); ++k) {
        const Sweep& sweep = program.sweeps[k];
        if (const Operation* op = sweep.whole_state) {
            apply(*op, angle_of(*op, angles), psi, n, threads);
            apply(*op, angle_of(*op, angles), tangent, n, threads);
            if (op->slot == slot) add_derivative(*op, psi, tangent, n, threads);
        } else {
            sweep_tangent(sweep, bound[k], slot, psi, tangent, threads);
        }
    }
}

template <class T>
void backward(const Program& program, const BoundProgram<T>& bound, const double* angles,
              std::complex<T>* psi, std::complex<T>* lambda, double* gradient, int threads) {
    for (std::size_t k = bound.size(); k-- > 0;) {
        const Sweep& sweep = program.sweeps[k];
        if (const Operation* op = sweep.whole_state)
            undo(*op, angles, psi, lambda, gradient, program.num_qubits, threads);
        else
            sweep_backward(sweep, bound[k], psi, lambda, gradient, threads);
    }
}

#define HYBRID_INSTANTIATE(T)                                                                    \
    template BoundProgram<T> bind_all<T>(const Program&, const double*);                         \
    template void forward<T>(const Program&, const BoundProgram<T>&, const double*,              \
                             std::complex<T>*, int);                                             \
    template void forward_with_tangent<T>(const Program&, const BoundProgram<T>&, const double*, \
                                          int, std::complex<T>*, std::complex<T>*, int);         \
    template void backward<T>(const Program&, const BoundProgram<T>&, const double*,             \
                              std::complex<T>*, std::complex<T>*, double*, int);
HYBRID_INSTANTIATE(double)
HYBRID_INSTANTIATE(float)

}  // namespace hybrid
