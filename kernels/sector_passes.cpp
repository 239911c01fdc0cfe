#include "sector_passes.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "lanes.hpp"
#include "sector_turns.hpp"
#include "strips.hpp"

namespace hybrid {

namespace {

constexpr std::uint64_t kWorthThreads = 1 << 14;  // pairs of an operation

// Calls work(begin, end) for strips of the pairs of rows and returns the sum of its results, in
// order; few pairs are one strip.
template <class E, class Work>
E over_rows(const Pairs& pairs, int threads, Work work) {
    const std::uint64_t rows = pairs.rows->size();
    if (pairs.count < kWorthThreads) return work(std::uint64_t{0}, rows);
    E sums[kStrips] = {};
    for_strips(rows, threads, [&](std::uint64_t strip, std::uint64_t begin, std::uint64_t end) {
        sums[strip] = work(begin, end);
    });
    E total = {};
    for (const E& sum : sums) total += sum;
    return total;
}

template <class E>
struct CosSin {
    E c, s;
};

template <class E>
CosSin<E> cos_sin(const E& angle) {
    if constexpr (std::is_floating_point_v<E>) {
        return {std::cos(angle), std::sin(angle)};
    } else {
        CosSin<E> out;
        for (int l = 0; l < kLanes; ++l) {
            out.c[l] = std::cos(angle[l]);
            out.s[l] = std::sin(angle[l]);
        }
        return out;
    }
}

// The planes of first and second that a generator turns, and in which direction.
struct PlanePair {
    std::uint64_t first, second;  // offsets
    double sign;
};

int planes_of(Turn turn, bool real, std::uint64_t size, PlanePair* out) {
    if (turn == Turn::kOdd) {
        out[0] = {0, 0, 1};
        out[1] = {size, size, 1};
        return real ? 1 : 2;
    }
    out[0] = {0, size, -1};
    if (turn == Turn::kDiagonal) return 1;
    out[1] = {size, 0, 1};
    return 2;
}

template <class E>
void turn_coupling(const SectorProgram& program, Turn kind, const Coupling& coupling,
                   const E& angle, E* psi, int threads) {
    const auto [c, sine] = cos_sin<E>(angle * coupling.r);
    const E cosine = c, s = sine;
    PlanePair planes[2];
    const int count = planes_of(kind, program.real, program.basis.size(), planes);
    const Pairs& pairs = coupling.pairs;
    over_rows<E>(pairs, threads, [&](std::uint64_t begin, std::uint64_t end) {
        for (std::uint64_t k = begin; k < end; ++k) {
            const RowPair& rows = (*pairs.rows)[k];
            const ColumnPairs& columns = (*pairs.columns)[rows.of_class];
            for (int j = 0; j < count; ++j)
                turn_columns<E>(psi + planes[j].first + rows.first,
                                psi + planes[j].second + rows.second, columns, cosine,
                                s * (planes[j].sign * rows.sign));
        }
        return E{};
    });
}

// Returns Im <lambda|G|psi> of the pairs, and undoes the turn on both.
template <class E>
E turn_coupling_back(const SectorProgram& program, Turn kind, const Coupling& coupling,
                     const E& angle, E* psi, E* lambda, int threads) {
    const auto [c, sine] = cos_sin<E>(-angle * coupling.r);
    const E cosine = c, s = sine;
    PlanePair planes[2];
    const int count = planes_of(kind, program.real, program.basis.size(), planes);
    const Pairs& pairs = coupling.pairs;
    const E sum = over_rows<E>(pairs, threads, [&](std::uint64_t begin, std::uint64_t end) {
        E of_strip = {};
        for (std::uint64_t k = begin; k < end; ++k) {
            const RowPair& rows = (*pairs.rows)[k];
            const ColumnPairs& columns = (*pairs.columns)[rows.of_class];
            for (int j = 0; j < count; ++j) {
                const std::uint64_t first = planes[j].first + rows.first;
                const std::uint64_t second = planes[j].second + rows.second;
                const double sign = planes[j].sign * rows.sign;
                of_strip += sign * turn_back_columns<E>(psi + first, psi + second, lambda + first,
                                                        lambda + second, columns, cosine, s * sign);
            }
        }
        return of_strip;
    });
    return coupling.r * sum;
}

// Calls work(i) for every basis state in strips and returns the sum of the results.
template <class E, class Work>
E over_states(std::uint64_t size, int threads, Work work) {
    E sums[kStrips] = {};
    for_strips(size, size < kWorthThreads ? 1 : threads,
               [&](std::uint64_t strip, std::uint64_t begin, std::uint64_t end) {
                   E sum = {};
                   for (std::uint64_t i = begin; i < end; ++i) sum += work(i);
                   sums[strip] = sum;
               });
    E total = {};
    for (const E& sum : sums) total += sum;
    return total;
}

// The cosine and sine of each different value of a table.
template <class E>
std::vector<CosSin<E>> turns_of(const SectorOperation& op, const E& angle) {
    std::vector<CosSin<E>> turns;
    for (double r : op.values) turns.push_back(cos_sin<E>(angle * r));
    return turns;
}

template <class E>
void turn_table(const SectorProgram& program, const SectorOperation& op, const E& angle, E* psi,
                int threads) {
    const std::uint64_t size = program.basis.size();
    const std::vector<CosSin<E>> turns = turns_of<E>(op, -angle);
    over_states<E>(size, threads, [&](std::uint64_t i) {
        const CosSin<E>& by = turns[op.table[i]];
        turn(psi[i], psi[size + i], by.c, by.s);
        return E{};
    });
}

template <class E>
E turn_table_back(const SectorProgram& program, const SectorOperation& op, const E& angle, E* psi,
                  E* lambda, int threads) {
    const std::uint64_t size = program.basis.size();
    const std::vector<CosSin<E>> turns = turns_of<E>(op, angle);
    return over_states<E>(size, threads, [&](std::uint64_t i) {
        const CosSin<E>& by = turns[op.table[i]];
        E &re = psi[i], &im = psi[size + i], &lre = lambda[i], &lim = lambda[size + i];
        const E term = op.values[op.table[i]] * (lre * im - lim * re);
        turn(re, im, by.c, by.s);
        turn(lre, lim, by.c, by.s);
        return term;
    });
}

// Applies a fixed matrix to the pairs (first, second), or a phase to the first alone.
template <class E>
void apply_matrix(const SectorProgram& program, const SectorOperation& op, bool inverse, E* psi,
                  int threads) {
    std::complex<double> u[4];
    const bool phase = op.turn == Turn::kPhase;
    for (int e = 0; e < 4; ++e)
        u[e] = inverse ? std::conj(op.matrix[e == 1 ? 2 : e == 2 ? 1 : e]) : op.matrix[e];
    const Pairs& pairs = op.couplings.front().pairs;
    const std::uint64_t size = program.basis.size();
    over_rows<E>(pairs, threads, [&](std::uint64_t begin, std::uint64_t end) {
        for (std::uint64_t k = begin; k < end; ++k) {
            const RowPair& rows = (*pairs.rows)[k];
            for (const ColumnPair& pair : (*pairs.columns)[rows.of_class].pairs) {
                E *a = psi + rows.first + pair.first, *b = psi + rows.second + pair.second;
                if (program.real) {
                    const E p = *a, q = *b;
                    *a = u[0].real() * p;
                    if (phase) continue;
                    *a += u[1].real() * q;
                    *b = u[2].real() * p + u[3].real() * q;
                    continue;
                }
                const E pr = a[0], pi = a[size], qr = b[0], qi = b[size];
                a[0] = u[0].real() * pr - u[0].imag() * pi;
                a[size] = u[0].real() * pi + u[0].imag() * pr;
                if (phase) continue;
                a[0] += u[1].real() * qr - u[1].imag() * qi;
                a[size] += u[1].real() * qi + u[1].imag() * qr;
                b[0] = u[2].real() * pr - u[2].imag() * pi + u[3].real() * qr - u[3].imag() * qi;
                b[size] = u[2].real() * pi + u[2].imag() * pr + u[3].real() * qi + u[3].imag() * qr;
            }
        }
        return E{};
    });
}

template <class E>
void apply(const SectorProgram& program, const SectorOperation& op, const E* angles, E* psi,
           int threads) {
    if (op.turn == Turn::kMatrix || op.turn == Turn::kPhase)
        return apply_matrix(program, op, false, psi, threads);
    if (op.turn == Turn::kTable) return turn_table(program, op, angles[op.slot], psi, threads);
    for (const Coupling& coupling : op.couplings)
        turn_coupling(program, op.turn, coupling, angles[op.slot], psi, threads);
}

template <class E>
void start(const SectorProgram& program, E* psi) {
    const std::uint64_t size = program.basis.size();
    std::fill_n(psi, program.planes() * size, E{});
    for (const auto& [index, amplitude] : program.start) {
        psi[index] = E{} + amplitude.real();
        if (!program.real) psi[size + index] = E{} + amplitude.imag();
    }
}

// tangent += -i G psi.
template <class E>
void add_derivative(const SectorProgram& program, const SectorOperation& op, const E* psi,
                    E* tangent, int threads) {
    const std::uint64_t size = program.basis.size();
    if (op.turn == Turn::kTable) {
        over_states<E>(size, threads, [&](std::uint64_t i) {
            const double r = op.values[op.table[i]];
            tangent[i] += r * psi[size + i];
            tangent[size + i] -= r * psi[i];
            return E{};
        });
        return;
    }
    PlanePair planes[2];
    const int count = planes_of(op.turn, program.real, size, planes);
    for (const Coupling& coupling : op.couplings) {
        const Pairs& pairs = coupling.pairs;
        over_rows<E>(pairs, threads, [&](std::uint64_t begin, std::uint64_t end) {
            for (std::uint64_t k = begin; k < end; ++k) {
                const RowPair& rows = (*pairs.rows)[k];
                const ColumnPairs& columns = (*pairs.columns)[rows.of_class];
                for (int j = 0; j < count; ++j) {
                    const std::uint64_t first = planes[j].first + rows.first;
                    const std::uint64_t second = planes[j].second + rows.second;
                    const double r = planes[j].sign * rows.sign * coupling.r;
                    for (std::size_t i = 0; i < columns.pairs.size(); ++i) {
                        const double signed_r = i < columns.plus ? r : -r;
                        const ColumnPair& pair = columns.pairs[i];
                        tangent[first + pair.first] -= signed_r * psi[second + pair.second];
                        tangent[second + pair.second] += signed_r * psi[first + pair.first];
                    }
                }
            }
            return E{};
        });
    }
}

}  // namespace

template <class E>
void forward(const SectorProgram& program, const E* angles, E* psi, int threads) {
    start(program, psi);
    for (const SectorOperation& op : program.operations) apply(program, op, angles, psi, threads);
}

template <class E>
void forward_with_tangent(const SectorProgram& program, const E* angles, int slot, E* psi,
                          E* tangent, int threads) {
    start(program, psi);
    std::fill_n(tangent, program.planes() * program.basis.size(), E{});
    for (const SectorOperation& op : program.operations) {
        apply(program, op, angles, psi, threads);
        apply(program, op, angles, tangent, threads);
        if (op.slot == slot) add_derivative(program, op, psi, tangent, threads);
    }
}

template <class E>
void backward(const SectorProgram& program, const E* angles, E* psi, E* lambda, E* gradient,
              int threads) {
    for (auto op = program.operations.rbegin(); op != program.operations.rend(); ++op) {
        if (op->turn == Turn::kMatrix || op->turn == Turn::kPhase) {
            apply_matrix(program, *op, true, psi, threads);
            apply_matrix(program, *op, true, lambda, threads);
            continue;
        }
        const E angle = angles[op->slot];
        E sum = {};
        if (op->turn == Turn::kTable)
            sum = turn_table_back(program, *op, angle, psi, lambda, threads);
        for (const Coupling& coupling : op->couplings)
            sum += turn_coupling_back(program, op->turn, coupling, angle, psi, lambda, threads);
        gradient[op->slot] += 2.0 * sum;
    }
}

#define HYBRID_INSTANTIATE(E)                                                                \
    template void forward<E>(const SectorProgram&, const E*, E*, int);                       \
    template void forward_with_tangent<E>(const SectorProgram&, const E*, int, E*, E*, int); \
    template void backward<E>(const SectorProgram&, const E*, E*, E*, E*, int);
HYBRID_INSTANTIATE(double)
HYBRID_INSTANTIATE(Lanes<double>)

}  // namespace hybrid
