#include "sweep.hpp"

#include <algorithm>
#include <memory>

#include "strips.hpp"
#include "tile.hpp"

namespace hybrid {

namespace {

constexpr double kWorthCopying = 4;  // visits of a row that pay for copying it to a tile and back

// The `count` lowest qubits of `from`.
Mask lowest_of(Mask from, int count) {
    Mask out = 0;
    for (; from && count > 0; from &= from - 1, --count) out |= lowest(from);
    return out;
}

// How often the operations visit each row, on average.
double visits(const std::vector<const Operation*>& operations) {
    double sum = 0;
    for (const Operation* op : operations) {
        const double held = std::ldexp(1.0, -popcount(op->control_mask));
        const Generator& g = op->generator;
        if (op->kind != Kind::kEvolution || g.x == 0)
            sum += held;
        else
            sum += 2 * held * g.patterns.size() * std::ldexp(1.0, -popcount(g.varying));
    }
    return sum;
}

std::vector<Footprint> footprints(const std::vector<const Operation*>& operations) {
    std::vector<Footprint> out;
    for (const Operation* op : operations) out.push_back(footprint(*op));
    return out;
}

std::vector<const Operation*> chosen(const std::vector<const Operation*>& operations,
                                     const std::vector<int>& which) {
    std::vector<const Operation*> out;
    for (int k : which) out.push_back(operations[k]);
    return out;
}

TileMap tile_map(const Layout& block, const Layout& tile) {
    const Mask in_tile = block.rows_of(tile.inner_mask);
    const Mask across = low_bits(int(block.inner.size())) & ~in_tile;
    TileMap map;
    for (Mask t = 0; t < tile.num_rows(); ++t)
        map.rows.push_back(std::uint32_t(block.rows_of(tile.qubits_of_row(t))));
    for (Mask t = 0; t < Mask{1} << popcount(across); ++t) {
        const Mask start = deposit(t, across);
        map.starts.push_back(std::uint32_t(start));
        map.bases.push_back(block.qubits_of_row(start));
    }
    return map;
}

class SegmentBuilder {
  public:
    explicit SegmentBuilder(Sweep& sweep) : sweep_(sweep) {}

    void build(const std::vector<const Operation*>& operations) {
        if (int(sweep_.layout.inner.size()) <= kTileQubits) {
            direct_ = operations;
            return flush();
        }
        for (const Group& group : plan_groups(footprints(operations), kTileQubits)) {
            auto members = chosen(operations, group.operations);
            if (popcount(group.active) <= kTileQubits && visits(members) >= kWorthCopying) {
                flush();
                add_tiled(members, group.active);
            } else {
                direct_.insert(direct_.end(), members.begin(), members.end());
            }
        }
        flush();
    }

  private:
    void add(Segment segment, const std::vector<const Operation*>& operations,
             const Layout& layout) {
        const auto order = gather_diagonals(footprints(operations));
        segment.local = compile_local(chosen(operations, order), layout, sweep_.terms);
        sweep_.segments.push_back(std::move(segment));
    }

    void add_tiled(const std::vector<const Operation*>& operations, Mask active) {
        const Layout& block = sweep_.layout;
        const Mask inner =
            active | lowest_of(block.inner_mask & ~active, kTileQubits - popcount(active));
        const Layout layout = make_layout(block.num_qubits, block.lanes, qubits_in(inner));
        add({true, tile_map(block, layout), {}}, operations, layout);
    }

    void flush() {
        if (!direct_.empty()) add({}, direct_, sweep_.layout);
        direct_.clear();
    }

    Sweep& sweep_;
    std::vector<const Operation*> direct_;
};

Sweep compile_sweep(const std::vector<const Operation*>& operations, Mask active, int num_qubits,
                    int rows) {
    Sweep sweep;
    const Mask lanes = lowest_of(low_bits(num_qubits) & ~active, kLaneQubits);
    const Mask others = low_bits(num_qubits) & ~active & ~lanes;
    const Mask inner = active | lowest_of(others, rows - popcount(active));
    sweep.layout = make_layout(num_qubits, lanes, qubits_in(inner));
    for (Mask v = 0; v < sweep.layout.num_rows(); ++v)
        sweep.row_qubits.push_back(sweep.layout.qubits_of_row(v));
    for (int l = 0; l < kLanes; ++l) sweep.lane_qubits[l] = sweep.layout.qubits_of_lane(l);
    SegmentBuilder(sweep).build(operations);
    return sweep;
}

template <class T>
struct FreeAligned {
    void operator()(T* p) const { std::free(p); }
};

// What one thread needs: a block and a tile of psi, and as much of lambda.
template <class T>
class Scratch {
  public:
    Scratch(Mask block_rows, bool two) : rows_(block_rows) {
        const std::size_t bytes = (block_rows + kTileRows) * sizeof(Split<T>) * (two ? 2 : 1);
        room_.reset(static_cast<Split<T>*>(std::aligned_alloc(4096, (bytes + 4095) / 4096 * 4096)));
        if (!room_) throw std::bad_alloc();
    }
    Split<T>* psi() { return room_.get(); }
    Split<T>* psi_tile() { return room_.get() + rows_; }
    Split<T>* lambda() { return room_.get() + rows_ + kTileRows; }
    Split<T>* lambda_tile() { return lambda() + rows_; }

  private:
    static constexpr Mask kTileRows = Mask{1} << kTileQubits;
    Mask rows_;
    std::unique_ptr<Split<T>[], FreeAligned<Split<T>>> room_;
};

// Block of the state <-> rows. Returns whether any amplitude is not zero.
template <class T>
bool load_block(const Sweep& sweep, const std::complex<T>* state, Split<T>* rows) {
    const Mask size = sweep.layout.num_rows();
    AnyBits<T> any;
    if (sweep.layout.lanes == low_bits(kLaneQubits)) {
        for (Mask v = 0; v < size; ++v) {
            rows[v] = load_split(state + sweep.row_qubits[v]);
            any.add(rows[v]);
        }
    } else {
        for (Mask v = 0; v < size; ++v) {
            for (int l = 0; l < kLanes; ++l) {
                const std::complex<T> a = state[sweep.row_qubits[v] | sweep.lane_qubits[l]];
                rows[v].re[l] = a.real();
                rows[v].im[l] = a.imag();
            }
            any.add(rows[v]);
        }
    }
    return bool(any);
}

template <class T>
void store_block(const Sweep& sweep, std::complex<T>* state, const Split<T>* rows) {
    const Mask size = sweep.layout.num_rows();
    if (sweep.layout.lanes == low_bits(kLaneQubits)) {
        for (Mask v = 0; v < size; ++v) store_split(state + sweep.row_qubits[v], rows[v]);
        return;
    }
    for (Mask v = 0; v < size; ++v)
        for (int l = 0; l < kLanes; ++l)
            state[sweep.row_qubits[v] | sweep.lane_qubits[l]] = {rows[v].re[l], rows[v].im[l]};
}

template <class T>
bool load_tile(const TileMap& map, const Split<T>* block, Split<T>* tile) {
    AnyBits<T> any;
    for (std::size_t t = 0; t < map.rows.size(); ++t) {
        tile[t] = block[map.rows[t]];
        any.add(tile[t]);
    }
    return bool(any);
}

template <class T>
void store_tile(const TileMap& map, Split<T>* block, const Split<T>* tile) {
    for (std::size_t t = 0; t < map.rows.size(); ++t) block[map.rows[t]] = tile[t];
}

template <class T>
void block_forward(const Sweep& sweep, const BoundSweep<T>& bound, Scratch<T>& scratch, Mask base) {
    for (std::size_t k = 0; k < sweep.segments.size(); ++k) {
        const Segment& segment = sweep.segments[k];
        if (!segment.tiled) {
            run_forward(segment.local, bound[k], Tile<T>{scratch.psi(), nullptr, base});
            continue;
        }
        for (std::size_t t = 0; t < segment.tiles.starts.size(); ++t) {
            Split<T>* at = scratch.psi() + segment.tiles.starts[t];
            if (!load_tile(segment.tiles, at, scratch.psi_tile())) continue;
            run_forward(segment.local, bound[k],
                        Tile<T>{scratch.psi_tile(), nullptr, base | segment.tiles.bases[t]});
            store_tile(segment.tiles, at, scratch.psi_tile());
        }
    }
}

template <class T>
void block_backward(const Sweep& sweep, const BoundSweep<T>& bound, Scratch<T>& scratch, Mask base,
                    Lanes<double>* sums) {
    for (std::size_t k = sweep.segments.size(); k-- > 0;) {
        const Segment& segment = sweep.segments[k];
        if (!segment.tiled) {
            run_backward(segment.local, bound[k], Tile<T>{scratch.psi(), scratch.lambda(), base},
                         sums);
            continue;
        }
        for (std::size_t t = 0; t < segment.tiles.starts.size(); ++t) {
            Split<T>* psi = scratch.psi() + segment.tiles.starts[t];
            Split<T>* lambda = scratch.lambda() + segment.tiles.starts[t];
            const bool some = load_tile(segment.tiles, psi, scratch.psi_tile());
            if (!(load_tile(segment.tiles, lambda, scratch.lambda_tile()) || some)) continue;
            run_backward(
                segment.local, bound[k],
                Tile<T>{scratch.psi_tile(), scratch.lambda_tile(), base | segment.tiles.bases[t]},
                sums);
            store_tile(segment.tiles, psi, scratch.psi_tile());
            store_tile(segment.tiles, lambda, scratch.lambda_tile());
        }
    }
}

template <class T>
std::vector<Scratch<T>> scratch_for(const Sweep& sweep, bool two, int threads) {
    std::vector<Scratch<T>> all;
    for (int t = 0; t < threads; ++t) all.emplace_back(sweep.layout.num_rows(), two);
    return all;
}

// Calls work(strip, scratch, base) for each block whose amplitudes need not be zero.
template <class T, class Work>
void for_blocks(const Sweep& sweep, bool two, int threads, Work work) {
    const Mask varying = sweep.layout.outer() & sweep.touched;
    const Mask blocks = Mask{1} << popcount(varying);
    threads = int(std::min<Mask>(threads, num_strips(blocks)));
    auto scratch = scratch_for<T>(sweep, two, threads);
    for_strips(blocks, threads, [&](Mask strip, Mask begin, Mask end) {
        Scratch<T>& mine = scratch[threads > 1 ? omp_get_thread_num() : 0];
        for (Mask k = begin; k < end; ++k) work(strip, mine, deposit(k, varying));
    });
}

}  // namespace

int block_rows(int num_qubits) {
    return std::clamp(num_qubits - kLaneQubits, 1, 11);
}

std::vector<Sweep> compile_sweeps(const std::vector<Operation>& operations, int num_qubits,
                                  int rows) {
    std::vector<const Operation*> all;
    for (const auto& op : operations) all.push_back(&op);
    rows = std::min(rows, num_qubits - kLaneQubits);  // none on fewer than four qubits
    std::vector<Sweep> sweeps;
    Mask touched = 0;
    auto prints = footprints(all);
    if (rows < 1) std::fill(prints.begin(), prints.end(), kNoBlock);
    for (const Group& group : plan_groups(prints, rows)) {
        if (popcount(group.active) > rows) {
            sweeps.emplace_back();
            sweeps.back().whole_state = all[group.operations[0]];
            touched |= group.active & low_bits(num_qubits);
        } else {
            sweeps.push_back(
                compile_sweep(chosen(all, group.operations), group.active, num_qubits, rows));
            touched |= group.active;
        }
        sweeps.back().touched = touched;
    }
    return sweeps;
}

template <class T>
BoundSweep<T> bind_sweep(const Sweep& sweep, const double* angles) {
    BoundSweep<T> bound(sweep.segments.size());
    for (std::size_t k = 0; k < bound.size(); ++k) bind(sweep.segments[k].local, angles, bound[k]);
    return bound;
}

template <class T>
void sweep_forward(const Sweep& sweep, const BoundSweep<T>& bound, std::complex<T>* psi,
                   int threads) {
    for_blocks<T>(sweep, false, threads, [&](Mask, Scratch<T>& scratch, Mask base) {
        if (!load_block(sweep, psi + base, scratch.psi())) return;
        block_forward(sweep, bound, scratch, base);
        store_block(sweep, psi + base, scratch.psi());
    });
}

template <class T>
void sweep_backward(const Sweep& sweep, const BoundSweep<T>& bound, std::complex<T>* psi,
                    std::complex<T>* lambda, double* gradient, int threads) {
    const std::size_t terms = sweep.terms.size();
    std::vector<Lanes<double>> sums(kStrips * terms);
    for_blocks<T>(sweep, true, threads, [&](Mask strip, Scratch<T>& scratch, Mask base) {
        const bool some = load_block(sweep, psi + base, scratch.psi());
        if (!(load_block(sweep, lambda + base, scratch.lambda()) || some)) return;
        block_backward(sweep, bound, scratch, base, sums.data() + strip * terms);
        store_block(sweep, psi + base, scratch.psi());
        store_block(sweep, lambda + base, scratch.lambda());
    });
    for (std::size_t t = 0; t < terms; ++t) {
        double strip_sums[kStrips];
        for (Mask s = 0; s < kStrips; ++s)
            strip_sums[s] = sum_of_lanes<double>(sums[s * terms + t]);
        gradient[sweep.terms[t].slot] += sweep.terms[t].weight * ordered_sum(strip_sums, kStrips);
    }
}

#define HYBRID_INSTANTIATE(T)                                                                  \
    template BoundSweep<T> bind_sweep<T>(const Sweep&, const double*);                         \
    template void sweep_forward<T>(const Sweep&, const BoundSweep<T>&, std::complex<T>*, int); \
    template void sweep_backward<T>(const Sweep&, const BoundSweep<T>&, std::complex<T>*,      \
                                    std::complex<T>*, double*, int);
HYBRID_INSTANTIATE(double)
HYBRID_INSTANTIATE(float)

}  // namespace hybrid
