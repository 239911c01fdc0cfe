#include "state.hpp"

#include <cmath>
#include <vector>

#include "strips.hpp"

namespace hybrid {

namespace {

// Calls work(b) for each basis state with b & fixed == value, in strips.
template <class Work>
void for_basis(int num_qubits, Mask fixed, Mask value, int threads, Work work) {
    const Mask free = low_bits(num_qubits) & ~fixed;
    for_strips(Mask{1} << popcount(free), threads, [&](Mask strip, Mask begin, Mask end) {
        Mask b = deposit(begin, free);
        for (Mask k = begin; k < end; ++k, b = next_free(b, ~free)) work(strip, b | value);
    });
}

// Calls work(strip, b, r) for one of each pair (b, b ^ x) with r(b) != 0, or for each such b
// where x is 0.
template <class Work>
void for_pairs(const Operation& op, int num_qubits, int threads, Work work) {
    const Generator& g = op.generator;
    if (!g.tabulated) {
        const Mask fixed = op.control_mask | highest(g.x);
        for_basis(num_qubits, fixed, op.control_value, threads,
                  [&](Mask strip, Mask b) { work(strip, b, sum_at(g.strings, b)); });
        return;
    }
    for (const Pattern& p : g.patterns) {
        const Mask shared = op.control_mask & g.varying;
        if ((p.bits & shared) != (op.control_value & shared)) continue;
        for_basis(
            num_qubits, op.control_mask | g.varying, op.control_value | p.bits, threads,
            [&](Mask strip, Mask b) { work(strip, b, parity(g.sign & b) ? -p.value : p.value); });
    }
}

// std::complex's operator* checks for NaN; this one does not.
template <class T>
std::complex<T> mul(std::complex<T> a, std::complex<T> b) {
    return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

template <class T>
void evolve(const Operation& op, double angle, Amplitudes<T> psi, int num_qubits, int threads) {
    const Generator& g = op.generator;
    for_pairs(op, num_qubits, threads, [&](Mask, Mask b, double r) {
        const T c = T(std::cos(angle * r)), s = T(std::sin(angle * r));
        if (g.x == 0) {
            psi[b] = mul(psi[b], {c, -s});
            return;
        }
        const std::complex<T> p = psi[b], q = psi[b ^ g.x];
        if (g.odd) {
            psi[b] = c * p - s * q;
            psi[b ^ g.x] = c * q + s * p;
        } else {
            psi[b] = {c * p.real() + s * q.imag(), c * p.imag() - s * q.real()};
            psi[b ^ g.x] = {c * q.real() + s * p.imag(), c * q.imag() - s * p.real()};
        }
    });
}

template <class T>
void apply_matrix(const Operation& op, bool adjoint, Amplitudes<T> psi, int num_qubits,
                  int threads) {
    const int size = op.kind == Kind::kMatrix2 ? 4 : 2;
    std::complex<T> u[4][4];
    Mask offset[4];
    for (int r = 0; r < size; ++r) {
        for (int c = 0; c < size; ++c)
            u[r][c] = std::complex<T>(adjoint ? std::conj(op.matrix[size * c + r])
                                              : op.matrix[size * r + c]);
        offset[r] = (r & 1 ? bit(op.target[0]) : 0) | (r & 2 ? bit(op.target[1]) : 0);
    }
    for_basis(num_qubits, op.control_mask | op.target_mask(), op.control_value, threads,
              [&](Mask, Mask b) {
                  std::complex<T> in[4];
                  for (int r = 0; r < size; ++r) in[r] = psi[b | offset[r]];
                  for (int r = 0; r < size; ++r) {
                      std::complex<T> sum = 0;
                      for (int c = 0; c < size; ++c) sum += mul(u[r][c], in[c]);
                      psi[b | offset[r]] = sum;
                  }
              });
}

}  // namespace

template <class T>
void apply(const Operation& op, double angle, Amplitudes<T> psi, int num_qubits, int threads) {
    if (op.kind == Kind::kEvolution)
        evolve(op, angle, psi, num_qubits, threads);
    else
        apply_matrix(op, false, psi, num_qubits, threads);
}

template <class T>
void apply_inverse(const Operation& op, double angle, Amplitudes<T> psi, int num_qubits,
                   int threads) {
    if (op.kind == Kind::kEvolution)
        evolve(op, -angle, psi, num_qubits, threads);
    else
        apply_matrix(op, true, psi, num_qubits, threads);
}

template <class T>
void add_derivative(const Operation& op, const std::complex<T>* psi, Amplitudes<T> tangent,
                    int num_qubits, int threads) {
    const Generator& g = op.generator;
    for_pairs(op, num_qubits, threads, [&](Mask, Mask b, double coefficient) {
        const T r = T(coefficient);
        const std::complex<T> p = psi[b], q = psi[b ^ g.x];
        if (g.odd) {
            tangent[b] -= r * q;
            tangent[b ^ g.x] += r * p;
        } else {
            tangent[b] += std::complex<T>{r * q.imag(), -r * q.real()};
            if (g.x != 0) tangent[b ^ g.x] += std::complex<T>{r * p.imag(), -r * p.real()};
        }
    });
}

template <class T>
double generator_product(const Operation& op, const std::complex<T>* lambda,
                         const std::complex<T>* psi, int num_qubits, int threads) {
    const Generator& g = op.generator;
    double sums[kStrips] = {};
    for_pairs(op, num_qubits, threads, [&](Mask strip, Mask b, double r) {
        const std::complex<T> p0 = psi[b], p1 = psi[b ^ g.x], l0 = lambda[b], l1 = lambda[b ^ g.x];
        double term;
        if (g.x == 0)
            term = l0.real() * p0.imag() - l0.imag() * p0.real();
        else if (g.odd)
            term = l1.real() * p0.real() + l1.imag() * p0.imag() - l0.real() * p1.real() -
                   l0.imag() * p1.imag();
        else
            term = l1.real() * p0.imag() - l1.imag() * p0.real() + l0.real() * p1.imag() -
                   l0.imag() * p1.real();
        sums[strip] += r * term;
    });
    return ordered_sum(sums, kStrips);
}

template <class T>
void scale(Amplitudes<T> psi, double factor, int num_qubits, int threads) {
    for_strips(bit(num_qubits), threads, [&](Mask, Mask begin, Mask end) {
        for (Mask b = begin; b < end; ++b) psi[b] *= T(factor);
    });
}

#define HYBRID_INSTANTIATE(T)                                                                     \
    template void scale<T>(Amplitudes<T>, double, int, int);                                      \
    template void apply<T>(const Operation&, double, Amplitudes<T>, int, int);                    \
    template void apply_inverse<T>(const Operation&, double, Amplitudes<T>, int, int);            \
    template void add_derivative<T>(const Operation&, const std::complex<T>*, Amplitudes<T>, int, \
                                    int);                                                         \
    template double generator_product<T>(const Operation&, const std::complex<T>*,                \
                                         const std::complex<T>*, int, int);
HYBRID_INSTANTIATE(double)
HYBRID_INSTANTIATE(float)

}  // namespace hybrid
