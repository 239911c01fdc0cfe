#include "fallback.hpp"

#include <cmath>
#include <vector>

#include "strips.hpp"

namespace hybrid {

namespace {

// Calls work(strip, b) for each basis state held at `at` with b & fixed == value, in strips.
template <class Work>
void for_basis(const Placement& at, Mask fixed, Mask value, int threads, Work work) {
    for_strips_at(at, low_bits(at.num_qubits()) & ~fixed, threads,
                  [&](Mask strip, Mask first, Mask inside) {
                      Mask b = 0;
                      do {
                          work(strip, first | b | value);
                          b = next_free(b, ~inside);
                      } while (b != 0);
                  });
}

// Calls work(strip, b, r) for one of each pair (b, b ^ x) with r(b) != 0, or for each such b if x
// is 0.
template <class Work>
void for_pairs(const Operation& op, const Placement& at, int threads, Work work) {
    const Generator& g = op.generator;
    if (!g.tabulated) {
        const Mask fixed = op.control_mask | highest(g.x);
        for_basis(at, fixed, op.control_value, threads,
                  [&](Mask strip, Mask b) { work(strip, b, sum_at(g.strings, b)); });
        return;
    }
    for (const Pattern& p : g.patterns) {
        const Mask shared = op.control_mask & g.varying;
        if ((p.bits & shared) != (op.control_value & shared)) continue;
        for_basis(
            at, op.control_mask | g.varying, op.control_value | p.bits, threads,
            [&](Mask strip, Mask b) { work(strip, b, parity(g.sign & b) ? -p.value : p.value); });
    }
}

// std::complex's operator* checks for NaN; this one does not.
template <class T>
std::complex<T> mul(std::complex<T> a, std::complex<T> b) {
    return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

template <class T>
void evolve(const Operation& op, double angle, const Placement& at, std::complex<T>* psi,
            int threads) {
    const Generator& g = op.generator;
    for_pairs(op, at, threads, [&](Mask, Mask b, double r) {
        const T c = T(std::cos(angle * r)), s = T(std::sin(angle * r));
        std::complex<T>&first = psi[at.offset(b)], &second = psi[at.offset(b ^ g.x)];
        if (g.x == 0) {
            first = mul(first, {c, -s});
            return;
        }
        const std::complex<T> p = first, q = second;
        if (g.odd) {
            first = c * p - s * q;
            second = c * q + s * p;
        } else {
            first = {c * p.real() + s * q.imag(), c * p.imag() - s * q.real()};
            second = {c * q.real() + s * p.imag(), c * q.imag() - s * p.real()};
        }
    });
}

template <class T>
void apply_matrix(const Operation& op, bool adjoint, const Placement& at, std::complex<T>* psi,
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
    for_basis(at, op.control_mask | op.target_mask(), op.control_value, threads, [&](Mask, Mask b) {
        std::complex<T> in[4];
        for (int r = 0; r < size; ++r) in[r] = psi[at.offset(b | offset[r])];
        for (int r = 0; r < size; ++r) {
            std::complex<T> sum = 0;
            for (int c = 0; c < size; ++c) sum += mul(u[r][c], in[c]);
            psi[at.offset(b | offset[r])] = sum;
        }
    });
}

}  // namespace

template <class T>
void apply(const Operation& op, double angle, const Placement& at, std::complex<T>* psi,
           int threads) {
    if (op.kind == Kind::kEvolution)
        evolve(op, angle, at, psi, threads);
    else
        apply_matrix(op, false, at, psi, threads);
}

template <class T>
void apply_inverse(const Operation& op, double angle, const Placement& at, std::complex<T>* psi,
                   int threads) {
    if (op.kind == Kind::kEvolution)
        evolve(op, -angle, at, psi, threads);
    else
        apply_matrix(op, true, at, psi, threads);
}

template <class T>
void add_derivative(const Operation& op, const Placement& at, const std::complex<T>* psi,
                    std::complex<T>* tangent, int threads) {
    const Generator& g = op.generator;
    for_pairs(op, at, threads, [&](Mask, Mask b, double coefficient) {
        const T r = T(coefficient);
        const Mask first = at.offset(b), second = at.offset(b ^ g.x);
        const std::complex<T> p = psi[first], q = psi[second];
        if (g.odd) {
            tangent[first] -= r * q;
            tangent[second] += r * p;
        } else {
            tangent[first] += std::complex<T>{r * q.imag(), -r * q.real()};
            if (g.x != 0) tangent[second] += std::complex<T>{r * p.imag(), -r * p.real()};
        }
    });
}

template <class T>
void generator_product(const Operation& op, const Placement& at, const std::complex<T>* lambda,
                       const std::complex<T>* psi, double* sums, int threads) {
    const Generator& g = op.generator;
    for_pairs(op, at, threads, [&](Mask strip, Mask b, double r) {
        const Mask first = at.offset(b), second = at.offset(b ^ g.x);
        const std::complex<T> p0 = psi[first], p1 = psi[second], l0 = lambda[first],
                              l1 = lambda[second];
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
}

Mask apart(const Operation& op, int num_qubits) {
    const Generator& g = op.generator;
    const Mask held = op.control_mask | op.target_mask() | (g.tabulated ? g.varying : highest(g.x));
    return low_bits(num_qubits) & ~held;
}

template <class T>
void scale(std::complex<T>* psi, double factor, int num_qubits, int threads) {
    for_strips(bit(num_qubits), threads, [&](Mask, Mask begin, Mask end) {
        for (Mask b = begin; b < end; ++b) psi[b] *= T(factor);
    });
}

#define HYBRID_INSTANTIATE(T)                                                                      \
    template void scale<T>(std::complex<T>*, double, int, int);                                    \
    template void apply<T>(const Operation&, double, const Placement&, std::complex<T>*, int);     \
    template void apply_inverse<T>(const Operation&, double, const Placement&, std::complex<T>*,   \
                                   int);                                                           \
    template void add_derivative<T>(const Operation&, const Placement&, const std::complex<T>*,    \
                                    std::complex<T>*, int);                                        \
    template void generator_product<T>(const Operation&, const Placement&, const std::complex<T>*, \
                                       const std::complex<T>*, double*, int);
HYBRID_INSTANTIATE(double)
HYBRID_INSTANTIATE(float)

}  // namespace hybrid
