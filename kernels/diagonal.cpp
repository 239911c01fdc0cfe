#include "diagonal.hpp"

namespace hybrid {

namespace {

constexpr int kTileRows = 1 << kTileQubits;

inline double sign_of(Mask bits) {
    return parity(bits) ? -1.0 : 1.0;
}

template <class T>
inline Split<T> conjugate_if(bool flip, const Split<T>& a) {
    return flip ? Split<T>{a.re, -a.im} : a;
}

// rows[v] := product of the strings' phases in row v of the tile at `base`, over the strings inside
// the tile or over the others. A string with at most one row bit is one factor for all rows, and
// another where the bit is set; their product is built by doubling over row bits.
template <class T>
void multiply_phases(const DiagonalRun& run, const Bound<T>& bound, bool inside, Mask base,
                     int num_rows, Split<T>* rows) {
    const Split<T> one = {Lanes<T>{} + 1, Lanes<T>{}};
    Split<T> all = one, of_row_bit[kTileQubits];
    std::fill_n(of_row_bit, kTileQubits, one);
    Mask row_bits = 0;  // those with a factor
    const auto phase_of = [&](std::size_t k) {
        const DiagonalString& s = run.strings[k];
        Split<T> phase = conjugate_if(parity(s.outer & base), bound.phases[run.phases + k]);
        if (s.lanes) phase.im *= kLaneSigns<T>.of[s.lanes];
        return phase;
    };
    const auto for_strings = [&](bool many_bits, auto work) {
        for (std::size_t k = 0; k < run.strings.size(); ++k) {
            const DiagonalString& s = run.strings[k];
            if ((s.outer == 0) == inside && (popcount(s.rows) > 1) == many_bits)
                work(s, phase_of(k));
        }
    };
    for_strings(false, [&](const DiagonalString& s, const Split<T>& phase) {
        all = times(all, phase.re, phase.im);  // the phase where the bit is 0
        if (s.rows == 0) return;
        const Split<T> back = times(phase, phase.re, phase.im);
        Split<T>& ratio = of_row_bit[std::countr_zero(s.rows)];
        ratio = times(ratio, back.re, -back.im);
        row_bits |= s.rows;
    });
    rows[0] = all;
    for (int k = 0; (1 << k) < num_rows; ++k)
        for (int v = 0; v < 1 << k; ++v)
            rows[v | 1 << k] =
                row_bits & bit(k) ? times(rows[v], of_row_bit[k].re, of_row_bit[k].im) : rows[v];
    for_strings(true, [&](const DiagonalString& s, const Split<T>& phase) {
        for (int v = 0; v < num_rows; ++v)
            rows[v] = times(rows[v], phase.re, parity(s.rows & v) ? -phase.im : phase.im);
    });
}

// The phases of one tile: the table of the strings inside it, times the phases of the others at the
// tile's outer bits.
template <class T>
class TilePhases {
  public:
    TilePhases(const DiagonalRun& run, const Bound<T>& bound, Mask base, int num_rows)
        : phases_(bound.tables.data() + run.table) {
        if (!run.has_outer) return;
        multiply_phases(run, bound, false, base, num_rows, combined_);
        if (run.has_table)
            for (int v = 0; v < num_rows; ++v)
                combined_[v] = times(combined_[v], phases_[v].re, phases_[v].im);
        phases_ = combined_;
    }

    const Split<T>& operator[](int v) const { return phases_[v]; }

  private:
    const Split<T>* phases_;
    Split<T> combined_[kTileRows];
};

// The sums of w over rows with the signs of every row mask at once, w's Walsh-Hadamard transform.
inline void transform(Lanes<double>* w, int num_rows) {
    for (int h = 1; h < num_rows; h *= 2)
        for (int v = 0; v < num_rows; v += 2 * h)
            for (int k = v; k < v + h; ++k) {
                const Lanes<double> a = w[k], b = w[k + h];
                w[k] = a + b;
                w[k + h] = a - b;
            }
}

// The same for masks of at most one bit, with a third of the additions: the sum over all rows minus
// twice the sum over rows with the bit; halves are added on the way, highest bit first.
inline void transform_one_bit(Lanes<double>* w, int num_rows) {
    Lanes<double> with_bit[kTileQubits];
    for (int k = std::countr_zero(unsigned(num_rows)) - 1; k >= 0; --k) {
        const int h = 1 << k;
        Lanes<double> sum = {};
        for (int v = 0; v < h; ++v) {
            sum += w[v + h];
            w[v] += w[v + h];
        }
        with_bit[k] = sum;
    }
    for (int k = 0; (1 << k) < num_rows; ++k) w[1 << k] = w[0] - 2 * with_bit[k];
}

// Adds the product of each string: w(v) = Im(conj(lambda) psi), summed with the string's signs.
template <class T>
void add_products(const DiagonalRun& run, const Split<T>* psi, const Split<T>* lambda, Mask base,
                  int num_rows, Lanes<double>* sums) {
    Lanes<double> w[kTileRows];
    for (int v = 0; v < num_rows; ++v)
        w[v] = widen(lambda[v].re * psi[v].im - lambda[v].im * psi[v].re);
    run.is_wide ? transform(w, num_rows) : transform_one_bit(w, num_rows);
    for (const DiagonalString& s : run.strings)
        if (s.term >= 0)
            sums[s.term] += kLaneSigns<double>.of[s.lanes] * w[s.rows] * sign_of(s.outer & base);
}

// Rows beyond the first tile form further tiles, whose row bits count as outer bits.
template <class T, class Work>
void for_tiles(const LocalProgram& local, const Tile<T>& tile, Work work) {
    const Mask rows = local.layout.num_rows(), each = local.diagonal_layout.num_rows();
    for (Mask v = 0; v < rows; v += each)
        work(Tile<T>{tile.psi + v, tile.lambda ? tile.lambda + v : nullptr,
                     tile.base | local.layout.qubits_of_row(v)},
             int(each));
}

}  // namespace

template <class T>
void bind_table(const LocalProgram& local, const DiagonalRun& run, Bound<T>& bound) {
    multiply_phases(run, bound, true, 0, int(local.diagonal_layout.num_rows()),
                    bound.tables.data() + run.table);
}

template <class T>
void diagonal_forward(const LocalProgram& local, const DiagonalRun& run, const Bound<T>& bound,
                      const Tile<T>& whole) {
    for_tiles(local, whole, [&](const Tile<T>& tile, int num_rows) {
        const TilePhases<T> phase(run, bound, tile.base, num_rows);
        for (int v = 0; v < num_rows; ++v)
            tile.psi[v] = times(tile.psi[v], phase[v].re, phase[v].im);
    });
}

template <class T>
void diagonal_tangent(const LocalProgram& local, const DiagonalRun& run, int slot,
                      const Tile<T>& whole) {
    for_tiles(local, whole, [&](const Tile<T>& tile, int num_rows) {
        for (const DiagonalString& s : run.strings) {
            if (s.slot != slot || s.term < 0) continue;  // as backward: no global phases
            const Lanes<T> r =
                kLaneSigns<T>.of[s.lanes] * T(s.coefficient * sign_of(s.outer & tile.base));
            for (int v = 0; v < num_rows; ++v) {
                const Lanes<T> c = parity(s.rows & v) ? -r : r;
                tile.lambda[v].re += c * tile.psi[v].im;
                tile.lambda[v].im -= c * tile.psi[v].re;
            }
        }
    });
}

template <class T>
void diagonal_backward(const LocalProgram& local, const DiagonalRun& run, const Bound<T>& bound,
                       const Tile<T>& whole, Lanes<double>* sums) {
    for_tiles(local, whole, [&](const Tile<T>& tile, int num_rows) {
        if (run.wants_gradient) add_products(run, tile.psi, tile.lambda, tile.base, num_rows, sums);
        const TilePhases<T> phase(run, bound, tile.base, num_rows);
        for (int v = 0; v < num_rows; ++v) {
            tile.psi[v] = times(tile.psi[v], phase[v].re, -phase[v].im);
            tile.lambda[v] = times(tile.lambda[v], phase[v].re, -phase[v].im);
        }
    });
}

#define HYBRID_INSTANTIATE(T)                                                                    \
    template void bind_table<T>(const LocalProgram&, const DiagonalRun&, Bound<T>&);             \
    template void diagonal_forward<T>(const LocalProgram&, const DiagonalRun&, const Bound<T>&,  \
                                      const Tile<T>&);                                           \
    template void diagonal_tangent<T>(const LocalProgram&, const DiagonalRun&, int,              \
                                      const Tile<T>&);                                           \
    template void diagonal_backward<T>(const LocalProgram&, const DiagonalRun&, const Bound<T>&, \
                                       const Tile<T>&, Lanes<double>*);
HYBRID_INSTANTIATE(double)
HYBRID_INSTANTIATE(float)

}  // namespace hybrid
