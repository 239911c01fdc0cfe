// Operations inside a block: masks of row bits, values per lane, and dependence on outer qubits.
// Compiled once per program; `bind` sets the angles.
#pragma once

#include <algorithm>
#include <vector>

#include "layout.hpp"
#include "operation.hpp"
#include "planner.hpp"

namespace hybrid {

// A sum over the whole state, <lambda|P|psi> for a part P of a generator.
struct Term {
    int slot;       // adds to the gradient of this slot ...
    double weight;  // ... times this weight
};

// A case of an operation: it acts where outer bits and row bits have these values.
struct Case {
    Mask outer_bits;
    Mask row_bits;
    double r[kLanes];  // rotations: the generator's coefficient; matrices: 1 where controls allow
};

enum class LocalKind { kRotate, kExchange, kMatrix1, kMatrix2, kDiagonal };

// Acts on rows v with (v & fixed) == row_bits of a case, and on their partners v ^ x.
struct LocalOperation {
    LocalKind kind;
    const Operation* source = nullptr;
    Mask x = 0;               // rotations, exchanges: row bits that differ in a pair
    bool odd = false;         // rotations: c(b) = i r(b)
    Mask fixed = 0;           // row bits
    Mask sign = 0;            // rotations: row bits whose parity flips r
    Mask outer_fixed = 0;     // outer qubits
    Mask outer_sign = 0;      // rotations: outer qubits whose parity flips r
    Mask target[2] = {0, 0};  // matrices: row bits
    std::vector<Case> cases;
    bool with_next = false;  // rotations: paired with the next one, in one visit of rows
    int term = -1;           // rotations
    int bound = 0;           // offset of its values in the segment
    int run = -1;            // diagonals: which run
};

// exp(-i angle coefficient Z^z); slot -1 means angle 1. Outer bits, if any, flip its sign.
struct DiagonalString {
    Mask rows = 0;
    int lanes = 0;
    Mask outer = 0;
    double coefficient = 0;
    int slot = -1;
    int term = -1;
};

// A run of consecutive diagonal operations.
struct DiagonalRun {
    std::vector<DiagonalString> strings;
    bool has_table = false;  // some strings lie inside a tile
    bool has_outer = false;  // some do not
    bool wants_gradient = false;
    bool is_wide = false;  // a string with a gradient has several row bits
    int table = 0;         // offset of its table in the segment
    int phases = 0;        // offset of the phases of its strings
};

inline constexpr int kRotationValues = 4;  // of a case: cosine, sine, r, tangent

// A sequence of operations on one block, or on one tile of a block.
struct LocalProgram {
    Layout layout;
    Layout diagonal_layout;  // its rows are the first up to 2^kTileQubits of `layout`
    std::vector<LocalOperation> operations;
    std::vector<DiagonalRun> runs;
    int num_values = 0;  // vectors
    int num_phases = 0;
    int num_tables = 0;  // rows of all tables
};

inline constexpr int kTileQubits = 6;  // rows of a tile: two states of 2^9 amplitudes fit in L1

// A footprint beyond any capacity: active on all 64 bits.
inline constexpr Footprint kNoBlock = {~Mask{0}, 0};

// kNoBlock for operations that cannot run in blocks: too many patterns, or too many controls on a
// diagonal.
Footprint footprint(const Operation& op);

// Compiles operations in this order; appends the sums for their gradients to `terms`.
LocalProgram compile_local(const std::vector<const Operation*>& operations, const Layout& layout,
                           std::vector<Term>& terms);

// Angles by slot: of one point for all lanes, or of one point per lane.
class LaneAngles {
  public:
    explicit LaneAngles(const double* point) { std::fill_n(of_, kLanes, point); }
    explicit LaneAngles(const double* const (&points)[kLanes]) { std::copy_n(points, kLanes, of_); }
    bool same(int lane, int other) const { return of_[lane] == of_[other]; }
    double operator()(int slot, int lane) const { return slot < 0 ? 1.0 : of_[lane][slot]; }

  private:
    const double* of_[kLanes];
};

// The values of a LocalProgram at given angles.
template <class T>
struct Bound {
    std::vector<Lanes<T>> values;
    std::vector<Split<T>> phases;  // of the strings of diagonal runs
    std::vector<Split<T>> tables;  // phases of each row of a tile, of the strings inside it
};

template <class T>
void bind(const LocalProgram& local, const LaneAngles& angles, Bound<T>& bound);

}  // namespace hybrid
