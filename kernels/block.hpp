// One block in a cache, and the operations of a sweep on it.
//
// The operations are cut into segments: those that visit few rows often run on tiles, copied from
// the block into a nearer cache; the others run on the block itself.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

#include "local.hpp"

namespace hybrid {

// Rows of a tile in its block, and where its tiles start.
struct TileMap {
    std::vector<std::uint32_t> rows;    // of the first tile
    std::vector<std::uint32_t> starts;  // first row of each tile
    std::vector<Mask> bases;            // bits of each tile, as qubits
};

struct Segment {
    bool tiled = false;
    TileMap tiles;
    LocalProgram local;
};

struct Block {
    Layout layout;
    std::vector<Segment> segments;
    std::vector<Term> terms;  // sums for its gradients
};

// The operations must act on rows only, run in this order, and must outlive the block.
Block compile_block(const std::vector<const Operation*>& operations, const Layout& layout);

// The values of a block's segments at given angles.
template <class T>
using BoundBlock = std::vector<Bound<T>>;

template <class T>
BoundBlock<T> bind_block(const Block& block, const LaneAngles& angles);

template <class T>
struct FreeAligned {
    void operator()(T* p) const { std::free(p); }
};

// Memory of one thread: a block and a tile of psi, and of lambda if there are two states.
template <class T>
class Scratch {
  public:
    Scratch(Mask block_rows, bool two)
        : rows_(block_rows), tile_rows_(block_rows > kTileRows ? kTileRows : 0) {
        const std::size_t bytes = (rows_ + tile_rows_) * sizeof(Split<T>) * (two ? 2 : 1);
        memory_.reset(
            static_cast<Split<T>*>(std::aligned_alloc(4096, (bytes + 4095) / 4096 * 4096)));
        if (!memory_) throw std::bad_alloc();
    }
    Split<T>* psi() { return memory_.get(); }
    Split<T>* psi_tile() { return memory_.get() + rows_; }
    Split<T>* lambda() { return memory_.get() + rows_ + tile_rows_; }
    Split<T>* lambda_tile() { return lambda() + rows_; }

  private:
    static constexpr Mask kTileRows = Mask{1} << kTileQubits;
    Mask rows_, tile_rows_;  // a block of one tile has no tiles
    std::unique_ptr<Split<T>[], FreeAligned<Split<T>>> memory_;
};

// Runs the operations on the block in `scratch`, whose outer bits are `base`.
template <class T>
void block_forward(const Block& block, const BoundBlock<T>& bound, Scratch<T>& scratch, Mask base);

// Undoes them on psi and lambda, and adds the block's contribution to the sum of each term.
template <class T>
void block_backward(const Block& block, const BoundBlock<T>& bound, Scratch<T>& scratch, Mask base,
                    Lanes<double>* sums);

// Runs them on psi and, in place of lambda, on its derivative by the angle of `slot`.
template <class T>
void block_tangent(const Block& block, const BoundBlock<T>& bound, int slot, Scratch<T>& scratch,
                   Mask base);

// The `count` lowest qubits of `from`.
Mask lowest_of(Mask from, int count);

std::vector<Footprint> footprints(const std::vector<const Operation*>& operations);

std::vector<const Operation*> chosen(const std::vector<const Operation*>& operations,
                                     const std::vector<int>& which);

}  // namespace hybrid
