#include "block.hpp"

#include <cmath>

#include "tile.hpp"

namespace hybrid {

namespace {

constexpr double kWorthCopying = 4;  // visits of a row that pay for copying it to a tile and back

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
    explicit SegmentBuilder(Block& block) : block_(block) {}

    void build(const std::vector<const Operation*>& operations) {
        if (int(block_.layout.inner.size()) <= kTileQubits) {
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
        segment.local = compile_local(chosen(operations, order), layout, block_.terms);
        block_.segments.push_back(std::move(segment));
    }

    void add_tiled(const std::vector<const Operation*>& operations, Mask active) {
        const Layout& block = block_.layout;
        const Mask inner =
            active | lowest_of(block.inner_mask & ~active, kTileQubits - popcount(active));
        const Layout layout = make_layout(block.num_qubits, block.lanes, qubits_in(inner));
        add({true, tile_map(block, layout), {}}, operations, layout);
    }

    void flush() {
        if (!direct_.empty()) add({}, direct_, block_.layout);
        direct_.clear();
    }

    Block& block_;
    std::vector<const Operation*> direct_;
};

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

// Calls work(tile) for each tile of psi and lambda with an amplitude that is not zero.
template <class T, class Work>
void for_tile_pairs(const Segment& segment, Scratch<T>& scratch, Mask base, Work work) {
    if (!segment.tiled) return work(Tile<T>{scratch.psi(), scratch.lambda(), base});
    const TileMap& map = segment.tiles;
    for (std::size_t t = 0; t < map.starts.size(); ++t) {
        Split<T>* psi = scratch.psi() + map.starts[t];
        Split<T>* lambda = scratch.lambda() + map.starts[t];
        const bool some = load_tile(map, psi, scratch.psi_tile());
        if (!(load_tile(map, lambda, scratch.lambda_tile()) || some)) continue;
        work(Tile<T>{scratch.psi_tile(), scratch.lambda_tile(), base | map.bases[t]});
        store_tile(map, psi, scratch.psi_tile());
        store_tile(map, lambda, scratch.lambda_tile());
    }
}

}  // namespace

Mask lowest_of(Mask from, int count) {
    Mask out = 0;
    for (; from && count > 0; from &= from - 1, --count) out |= lowest(from);
    return out;
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

Block compile_block(const std::vector<const Operation*>& operations, const Layout& layout) {
    Block block{layout, {}, {}};
    SegmentBuilder(block).build(operations);
    return block;
}

template <class T>
BoundBlock<T> bind_block(const Block& block, const LaneAngles& angles) {
    BoundBlock<T> bound(block.segments.size());
    for (std::size_t k = 0; k < bound.size(); ++k) bind(block.segments[k].local, angles, bound[k]);
    return bound;
}

template <class T>
void block_forward(const Block& block, const BoundBlock<T>& bound, Scratch<T>& scratch, Mask base) {
    for (std::size_t k = 0; k < block.segments.size(); ++k) {
        const Segment& segment = block.segments[k];
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
void block_backward(const Block& block, const BoundBlock<T>& bound, Scratch<T>& scratch, Mask base,
                    Lanes<double>* sums) {
    for (std::size_t k = block.segments.size(); k-- > 0;)
        for_tile_pairs(block.segments[k], scratch, base, [&](const Tile<T>& tile) {
            run_backward(block.segments[k].local, bound[k], tile, sums);
        });
}

template <class T>
void block_tangent(const Block& block, const BoundBlock<T>& bound, int slot, Scratch<T>& scratch,
                   Mask base) {
    for (std::size_t k = 0; k < block.segments.size(); ++k)
        for_tile_pairs(block.segments[k], scratch, base, [&](const Tile<T>& tile) {
            run_tangent(block.segments[k].local, bound[k], slot, tile);
        });
}

#define HYBRID_INSTANTIATE(T)                                                                   \
    template BoundBlock<T> bind_block<T>(const Block&, const LaneAngles&);                      \
    template void block_forward<T>(const Block&, const BoundBlock<T>&, Scratch<T>&, Mask);      \
    template void block_tangent<T>(const Block&, const BoundBlock<T>&, int, Scratch<T>&, Mask); \
    template void block_backward<T>(const Block&, const BoundBlock<T>&, Scratch<T>&, Mask,      \
                                    Lanes<double>*);
HYBRID_INSTANTIATE(double)
HYBRID_INSTANTIATE(float)

}  // namespace hybrid
