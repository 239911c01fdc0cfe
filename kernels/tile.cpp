#include "tile.hpp"

#include "diagonal.hpp"

namespace hybrid {

namespace {

// The rows v with (v & fixed) == bits, one after another.
struct Rows {
    Mask end, fixed, bits;
};

template <class Work>
inline void for_rows(const Rows& rows, Work work) {
    for (Mask v = 0; v < rows.end; v = next_free(v, rows.fixed)) work(v | rows.bits);
}

// +1 or -1 by the parity of the row's bits under `sign`; compiled away if there are none.
template <class T, bool Signed>
inline Lanes<T> flip(Lanes<T> x, Mask row, Mask sign) {
    if constexpr (Signed) {
        static constexpr T factor[2] = {1, -1};
        return x * factor[parity(row & sign)];
    }
    return x;
}

template <class T, bool Odd>
inline void rotate(Split<T>& p, Split<T>& q, Lanes<T> c, Lanes<T> s) {
    const Split<T> a = p, b = q;
    if constexpr (Odd) {
        p = {c * a.re - s * b.re, c * a.im - s * b.im};
        q = {c * b.re + s * a.re, c * b.im + s * a.im};
    } else {
        p = {c * a.re + s * b.im, c * a.im - s * b.re};
        q = {c * b.re + s * a.im, c * b.im - s * a.re};
    }
}

// The rotation divided by its cosine, by the tangent: half the arithmetic.
template <class T, bool Odd>
inline void shear(Split<T>& p, Split<T>& q, Lanes<T> t) {
    const Split<T> a = p, b = q;
    if constexpr (Odd) {
        p = {a.re - t * b.re, a.im - t * b.im};
        q = {b.re + t * a.re, b.im + t * a.im};
    } else {
        p = {a.re + t * b.im, a.im - t * b.re};
        q = {b.re + t * a.im, b.im - t * a.re};
    }
}

// Im <lambda|X|psi> on a pair, X the generator with r = 1; p, q are from psi, l, m from lambda.
template <class T, bool Odd>
inline Lanes<T> product(const Split<T>& l, const Split<T>& m, const Split<T>& p,
                        const Split<T>& q) {
    if constexpr (Odd)
        return (m.re * p.re + m.im * p.im) - (l.re * q.re + l.im * q.im);
    else
        return (m.re * p.im - m.im * p.re) + (l.re * q.im - l.im * q.re);
}

template <class T, bool Odd, bool Signed>
void rotate_rows(Split<T>* psi, const Rows& rows, Mask x, Mask sign, Lanes<T> c, Lanes<T> s) {
    for_rows(rows,
             [&](Mask v) { rotate<T, Odd>(psi[v], psi[v ^ x], c, flip<T, Signed>(s, v, sign)); });
}

template <class T, bool Odd, bool Signed>
Lanes<double> unrotate_rows(Split<T>* psi, Split<T>* lambda, const Rows& rows, Mask x, Mask sign,
                            Lanes<T> c, Lanes<T> s) {
    Lanes<double> sum = {};
    for_rows(rows, [&](Mask v) {
        Split<T> p = psi[v], q = psi[v ^ x], l = lambda[v], m = lambda[v ^ x];
        sum += widen(flip<T, Signed>(product<T, Odd>(l, m, p, q), v, sign));
        const Lanes<T> back = -flip<T, Signed>(s, v, sign);
        rotate<T, Odd>(p, q, c, back);
        rotate<T, Odd>(l, m, c, back);
        psi[v] = p, psi[v ^ x] = q, lambda[v] = l, lambda[v ^ x] = m;
    });
    return sum;
}

// Calls work(case, its values, rows) for the cases that hold in this tile.
template <class T, class Work>
inline void for_cases(const LocalOperation& op, const LocalProgram& local, const Bound<T>& bound,
                      Mask base, int values_each, Work work) {
    const Lanes<T>* values = bound.values.data() + op.bound;
    for (const Case& c : op.cases) {
        if ((base & op.outer_fixed) == c.outer_bits)
            work(values, Rows{local.layout.num_rows(), op.fixed, c.row_bits});
        values += values_each;
    }
}

template <class T, bool Odd, bool Signed>
void rotate_forward(const LocalOperation& op, const LocalProgram& local, const Bound<T>& bound,
                    const Tile<T>& tile) {
    const bool negative = parity(tile.base & op.outer_sign);
    for_cases(op, local, bound, tile.base, kRotationValues,
              [&](const Lanes<T>* value, const Rows& rows) {
                  const Lanes<T> s = negative ? -value[1] : value[1];
                  rotate_rows<T, Odd, Signed>(tile.psi, rows, op.x, op.sign, value[0], s);
              });
}

template <class T, bool Odd, bool Signed>
void rotate_backward(const LocalOperation& op, const LocalProgram& local, const Bound<T>& bound,
                     const Tile<T>& tile, Lanes<double>* sums) {
    const bool negative = parity(tile.base & op.outer_sign);
    for_cases(op, local, bound, tile.base, kRotationValues,
              [&](const Lanes<T>* value, const Rows& rows) {
                  const Lanes<T> s = negative ? -value[1] : value[1];
                  const Lanes<double> sum = unrotate_rows<T, Odd, Signed>(
                      tile.psi, tile.lambda, rows, op.x, op.sign, value[0], s);
                  const Lanes<double> r = widen(value[2]);
                  sums[op.term] += (negative ? -r : r) * sum;
              });
}

// Two plain rotations in one visit of four rows. The first is a shear; the second includes its
// cosine.
template <class T, bool Odd, bool NextOdd>
void rotate_two(const LocalOperation& op, const LocalOperation& next, const LocalProgram& local,
                const Bound<T>& bound, const Tile<T>& tile) {
    const Lanes<T>*first = &bound.values[op.bound], *second = &bound.values[next.bound];
    const Lanes<T> t = first[3], c = first[0] * second[0], s = first[0] * second[1];
    const Mask x = op.x, y = next.x;
    for_rows(Rows{local.layout.num_rows(), x | y, 0}, [&](Mask v) {
        Split<T>* psi = tile.psi + v;
        Split<T> p = psi[0], px = psi[x], py = psi[y], pxy = psi[x | y];
        shear<T, Odd>(p, px, t);
        shear<T, Odd>(py, pxy, t);
        rotate<T, NextOdd>(p, py, c, s);
        rotate<T, NextOdd>(px, pxy, c, s);
        psi[0] = p, psi[x] = px, psi[y] = py, psi[x | y] = pxy;
    });
}

// The inverse; the second rotation comes first, and is the shear.
template <class T, bool Odd, bool NextOdd>
void unrotate_two(const LocalOperation& op, const LocalOperation& next, const LocalProgram& local,
                  const Bound<T>& bound, const Tile<T>& tile, Lanes<double>* sums) {
    const Lanes<T>*first = &bound.values[op.bound], *second = &bound.values[next.bound];
    const Lanes<T> t = -second[3], c = first[0] * second[0], s = -first[1] * second[0];
    const Mask x = op.x, y = next.x;
    Lanes<double> of_first = {}, of_second = {};
    for_rows(Rows{local.layout.num_rows(), x | y, 0}, [&](Mask v) {
        Split<T>*psi = tile.psi + v, *lambda = tile.lambda + v;
        Split<T> p = psi[0], px = psi[x], py = psi[y], pxy = psi[x | y];
        Split<T> l = lambda[0], lx = lambda[x], ly = lambda[y], lxy = lambda[x | y];
        of_second += widen(product<T, NextOdd>(l, ly, p, py));
        of_second += widen(product<T, NextOdd>(lx, lxy, px, pxy));
        shear<T, NextOdd>(p, py, t);
        shear<T, NextOdd>(px, pxy, t);
        shear<T, NextOdd>(l, ly, t);
        shear<T, NextOdd>(lx, lxy, t);
        of_first += widen(product<T, Odd>(l, lx, p, px));
        of_first += widen(product<T, Odd>(ly, lxy, py, pxy));
        rotate<T, Odd>(p, px, c, s);
        rotate<T, Odd>(py, pxy, c, s);
        rotate<T, Odd>(l, lx, c, s);
        rotate<T, Odd>(ly, lxy, c, s);
        psi[0] = p, psi[x] = px, psi[y] = py, psi[x | y] = pxy;
        lambda[0] = l, lambda[x] = lx, lambda[y] = ly, lambda[x | y] = lxy;
    });
    const Lanes<double> cosine = widen(second[0]);  // both states were sheared
    sums[next.term] += widen(second[2]) * of_second;
    sums[op.term] += widen(first[2]) * cosine * cosine * of_first;
}

// lambda += -i G psi.
template <class T, bool Odd, bool Signed>
void rotate_tangent(const LocalOperation& op, const LocalProgram& local, const Bound<T>& bound,
                    const Tile<T>& tile) {
    const bool negative = parity(tile.base & op.outer_sign);
    for_cases(op, local, bound, tile.base, kRotationValues,
              [&](const Lanes<T>* value, const Rows& rows) {
                  const Lanes<T> coefficient = negative ? -value[2] : value[2];
                  for_rows(rows, [&](Mask v) {
                      const Lanes<T> r = flip<T, Signed>(coefficient, v, op.sign);
                      const Split<T>&p = tile.psi[v], &q = tile.psi[v ^ op.x];
                      Split<T>&dp = tile.lambda[v], &dq = tile.lambda[v ^ op.x];
                      if constexpr (Odd) {
                          dp.re -= r * q.re, dp.im -= r * q.im;
                          dq.re += r * p.re, dq.im += r * p.im;
                      } else {
                          dp.re += r * q.im, dp.im -= r * q.re;
                          dq.re += r * p.im, dq.im -= r * p.re;
                      }
                  });
              });
}

template <class T>
void exchange(const LocalOperation& op, const LocalProgram& local, Split<T>* a, Mask base) {
    if ((base & op.outer_fixed) != op.cases[0].outer_bits) return;
    for_rows(Rows{local.layout.num_rows(), op.fixed, op.cases[0].row_bits},
             [&](Mask v) { std::swap(a[v], a[v ^ op.x]); });
}

// psi := U psi or its inverse; the elements of U vary by lane if a control lies in the lanes.
template <class T, int Size>
void multiply(const LocalOperation& op, const LocalProgram& local, const Bound<T>& bound,
              Split<T>* a, Mask base, bool inverse) {
    for_cases(op, local, bound, base, 0, [&](const Lanes<T>* value, const Rows& rows) {
        Split<T> u[Size][Size];
        for (int r = 0; r < Size; ++r)
            for (int c = 0; c < Size; ++c) {
                const int e = inverse ? Size * c + r : Size * r + c;
                u[r][c] = {value[2 * e], inverse ? -value[2 * e + 1] : value[2 * e + 1]};
            }
        for_rows(rows, [&](Mask v) {
            Split<T>* at[Size];
            Split<T> in[Size];
            for (int k = 0; k < Size; ++k) {
                at[k] = a + (v | (k & 1 ? op.target[0] : 0) | (k & 2 ? op.target[1] : 0));
                in[k] = *at[k];
            }
            for (int r = 0; r < Size; ++r) {
                Split<T> sum = times(in[0], u[r][0].re, u[r][0].im);
                for (int c = 1; c < Size; ++c) {
                    const Split<T> part = times(in[c], u[r][c].re, u[r][c].im);
                    sum.re += part.re, sum.im += part.im;
                }
                *at[r] = sum;
            }
        });
    });
}

// Turns two run-time choices into template arguments.
template <class Work>
inline void with_kind(const LocalOperation& op, Work work) {
    using Yes = std::true_type;
    using No = std::false_type;
    if (op.odd)
        op.sign ? work(Yes{}, Yes{}) : work(Yes{}, No{});
    else
        op.sign ? work(No{}, Yes{}) : work(No{}, No{});
}

template <class Work>
inline void with_kinds(const LocalOperation& op, const LocalOperation& next, Work work) {
    using Yes = std::true_type;
    using No = std::false_type;
    if (op.odd)
        next.odd ? work(Yes{}, Yes{}) : work(Yes{}, No{});
    else
        next.odd ? work(No{}, Yes{}) : work(No{}, No{});
}

template <class T>
void run_one(const LocalOperation& op, const LocalProgram& local, const Bound<T>& bound,
             const Tile<T>& tile) {
    switch (op.kind) {
        case LocalKind::kRotate:
            with_kind(op, [&](auto odd, auto has_sign) {
                rotate_forward<T, odd.value, has_sign.value>(op, local, bound, tile);
            });
            break;
        case LocalKind::kExchange:
            exchange(op, local, tile.psi, tile.base);
            break;
        case LocalKind::kMatrix1:
            multiply<T, 2>(op, local, bound, tile.psi, tile.base, false);
            break;
        case LocalKind::kMatrix2:
            multiply<T, 4>(op, local, bound, tile.psi, tile.base, false);
            break;
        case LocalKind::kDiagonal:
            diagonal_forward(local, local.runs[op.run], bound, tile);
    }
}

}  // namespace

template <class T>
void run_forward(const LocalProgram& local, const Bound<T>& bound, const Tile<T>& tile) {
    const auto& operations = local.operations;
    for (std::size_t k = 0; k < operations.size(); ++k) {
        const LocalOperation& op = operations[k];
        if (!op.with_next) {
            run_one(op, local, bound, tile);
            continue;
        }
        const LocalOperation& next = operations[++k];
        with_kinds(op, next, [&](auto odd, auto next_odd) {
            rotate_two<T, odd.value, next_odd.value>(op, next, local, bound, tile);
        });
    }
}

template <class T>
void run_tangent(const LocalProgram& local, const Bound<T>& bound, int slot, const Tile<T>& tile) {
    for (const LocalOperation& op : local.operations) {
        run_one(op, local, bound, tile);
        run_one(op, local, bound, Tile<T>{tile.lambda, nullptr, tile.base});
        if (op.kind == LocalKind::kDiagonal)
            diagonal_tangent(local, local.runs[op.run], slot, tile);
        else if (op.kind == LocalKind::kRotate && op.source->slot == slot)
            with_kind(op, [&](auto odd, auto has_sign) {
                rotate_tangent<T, odd.value, has_sign.value>(op, local, bound, tile);
            });
    }
}

template <class T>
void run_backward(const LocalProgram& local, const Bound<T>& bound, const Tile<T>& tile,
                  Lanes<double>* sums) {
    const auto& operations = local.operations;
    for (std::size_t k = operations.size(); k-- > 0;) {
        if (k > 0 && operations[k - 1].with_next) {
            const LocalOperation &next = operations[k], &op = operations[--k];
            with_kinds(op, next, [&](auto odd, auto next_odd) {
                unrotate_two<T, odd.value, next_odd.value>(op, next, local, bound, tile, sums);
            });
            continue;
        }
        const LocalOperation& op = operations[k];
        switch (op.kind) {
            case LocalKind::kRotate:
                with_kind(op, [&](auto odd, auto has_sign) {
                    rotate_backward<T, odd.value, has_sign.value>(op, local, bound, tile, sums);
                });
                break;
            case LocalKind::kExchange:
                exchange(op, local, tile.psi, tile.base);
                exchange(op, local, tile.lambda, tile.base);
                break;
            case LocalKind::kMatrix1:
                multiply<T, 2>(op, local, bound, tile.psi, tile.base, true);
                multiply<T, 2>(op, local, bound, tile.lambda, tile.base, true);
                break;
            case LocalKind::kMatrix2:
                multiply<T, 4>(op, local, bound, tile.psi, tile.base, true);
                multiply<T, 4>(op, local, bound, tile.lambda, tile.base, true);
                break;
            case LocalKind::kDiagonal:
                diagonal_backward(local, local.runs[op.run], bound, tile, sums);
        }
    }
}

#define HYBRID_INSTANTIATE(T)                                                                \
    template void run_forward<T>(const LocalProgram&, const Bound<T>&, const Tile<T>&);      \
    template void run_tangent<T>(const LocalProgram&, const Bound<T>&, int, const Tile<T>&); \
    template void run_backward<T>(const LocalProgram&, const Bound<T>&, const Tile<T>&,      \
                                  Lanes<double>*);
HYBRID_INSTANTIATE(double)
HYBRID_INSTANTIATE(float)

}  // namespace hybrid
