#include "diagonal.hpp"

namespace hybrid {

namespace {

constexpr int kTileRows = 1 << kTileQubits;

inline double sign_of(Mask bits) {
    return parity(bits) ? -1.0 : 1.0;
}

// Row l: the sign of each lane under the lane mask l.
struct LaneSigns {
    Lanes<double> of[kLanes];
    constexpr LaneSigns() : of{} {
        for (int z = 0; z < kLanes; ++z)
            for (int l = 0; l < kLanes; ++l) of[z][l] = std::popcount(unsigned(z & l)) & 1 ? -1 : 1;
    }
};
const LaneSigns kLaneSigns;

template <class T>
Lanes<T> lane_signs(int z) {
    return __builtin_convertvector(kLaneSigns.of[z], Lanes<T>);
}

// The phases of one tile: the table of the strings inside it, times what the outer bits make of
// the others. A string with one bit inside is a factor for each value of that bit, so all of them
// together are a product over row bits and lanes, built by doubling.
template <class T>
class TilePhases {
  public:
    TilePhases(const DiagonalRun& run, const Bound<T>& bound, Mask base, int num_rows)
        : num_rows_(num_rows) {
        if (!run.has_outer) {
            phases_ = reinterpret_cast<const Split<T>*>(bound.values.data() + run.table);
            return;
        }
        multiply_one_bit_strings(run, bound, base);
        if (run.has_table) {
            const Lanes<T>* table = bound.values.data() + run.table;
            for (int v = 0; v < num_rows_; ++v)
                room_[v] = times(room_[v], table[2 * v], table[2 * v + 1]);
        }
        multiply_other_strings(run, bound, base);
        phases_ = room_;
    }

    const Split<T>& operator[](int v) const { return phases_[v]; }

  private:
    using Phase = std::complex<T>;

    static Phase product(Phase a, Phase b) {
        return {a.real() * b.real() - a.imag() * b.imag(),
                a.real() * b.imag() + a.imag() * b.real()};
    }

    static Phase phase_of(const DiagonalRun& run, std::size_t k, const Bound<T>& bound, Mask base) {
        const Phase phase = bound.phases[run.phases + k];
        return parity(run.strings[k].outer & base) ? std::conj(phase) : phase;
    }

    void multiply_one_bit_strings(const DiagonalRun& run, const Bound<T>& bound, Mask base) {
        Phase all = 1, of_row_bit[kTileQubits], lane[kLanes];
        std::fill_n(of_row_bit, kTileQubits, Phase(1));
        std::fill_n(lane, kLanes, Phase(1));
        bool lanes_differ = false;
        for (std::size_t k = 0; k < run.strings.size(); ++k) {
            const DiagonalString& s = run.strings[k];
            if (s.reach != Reach::kOutside && s.reach != Reach::kOneBit) continue;
            const Phase phase = phase_of(run, k, bound, base);
            if (s.lanes != 0) {
                lanes_differ = true;
                for (int l = 0; l < kLanes; ++l)
                    lane[l] = product(lane[l], s.lanes & l ? std::conj(phase) : phase);
                continue;
            }
            all = product(all, phase);  // the phase where the bit is 0
            if (s.rows != 0) {
                Phase& ratio = of_row_bit[std::countr_zero(s.rows)];
                ratio = product(ratio, product(std::conj(phase), std::conj(phase)));
            }
        }
        Phase row[kTileRows] = {all};
        for (int k = 0; (1 << k) < num_rows_; ++k)
            for (int v = 0; v < 1 << k; ++v) row[v | 1 << k] = product(row[v], of_row_bit[k]);
        Split<T> lanes;
        for (int l = 0; l < kLanes; ++l) lanes.re[l] = lane[l].real(), lanes.im[l] = lane[l].imag();
        for (int v = 0; v < num_rows_; ++v) {
            const Lanes<T> re = broadcast(row[v].real()), im = broadcast(row[v].imag());
            room_[v] = lanes_differ ? times(lanes, re, im) : Split<T>{re, im};
        }
    }

    void multiply_other_strings(const DiagonalRun& run, const Bound<T>& bound, Mask base) {
        for (std::size_t k = 0; k < run.strings.size(); ++k) {
            const DiagonalString& s = run.strings[k];
            if (s.reach != Reach::kManyBits) continue;
            const Phase phase = phase_of(run, k, bound, base);
            const Lanes<T> re = broadcast(phase.real());
            const Lanes<T> im = lane_signs<T>(s.lanes) * phase.imag();
            for (int v = 0; v < num_rows_; ++v)
                room_[v] = times(room_[v], re, parity(s.rows & v) ? -im : im);
        }
    }

    int num_rows_;
    const Split<T>* phases_;
    Split<T> room_[kTileRows];
};

// w(v) = Im(conj(lambda) psi); the sum over rows with the signs of every row mask at once is its
// Walsh-Hadamard transform.
template <class T>
void add_products(const DiagonalRun& run, const Split<T>* psi, const Split<T>* lambda, Mask base,
                  int num_rows, Lanes<double>* sums) {
    Lanes<double> w[kTileRows];
    for (int v = 0; v < num_rows; ++v)
        w[v] = widen(lambda[v].re * psi[v].im - lambda[v].im * psi[v].re);
    for (int h = 1; h < num_rows; h *= 2)
        for (int v = 0; v < num_rows; v += 2 * h)
            for (int k = v; k < v + h; ++k) {
                const Lanes<double> a = w[k], b = w[k + h];
                w[k] = a + b;
                w[k + h] = a - b;
            }
    for (const DiagonalString& s : run.strings)
        if (s.term >= 0)
            sums[s.term] += kLaneSigns.of[s.lanes] * w[s.rows] * sign_of(s.outer & base);
}

// Rows beyond the first tile's are tiles of their own, with their bits among the outer ones.
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
void diagonal_forward(const LocalProgram& local, const DiagonalRun& run, const Bound<T>& bound,
                      const Tile<T>& whole) {
    for_tiles(local, whole, [&](const Tile<T>& tile, int num_rows) {
        const TilePhases<T> phase(run, bound, tile.base, num_rows);
        for (int v = 0; v < num_rows; ++v)
            tile.psi[v] = times(tile.psi[v], phase[v].re, phase[v].im);
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
    template void diagonal_forward<T>(const LocalProgram&, const DiagonalRun&, const Bound<T>&,  \
                                      const Tile<T>&);                                           \
    template void diagonal_backward<T>(const LocalProgram&, const DiagonalRun&, const Bound<T>&, \
                                       const Tile<T>&, Lanes<double>*);
HYBRID_INSTANTIATE(double)
HYBRID_INSTANTIATE(float)

}  // namespace hybrid
