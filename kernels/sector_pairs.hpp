// Pairs of basis states (b, b ^ x) of a sector, as pairs of rows times pairs of columns.
//
// A condition on a basis state, and the sign of a Z string, are products of one on the row qubits
// and one on the others. So an excitation keeps two short lists, which excitations share, instead
// of all of its pairs.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <vector>

#include "sector_basis.hpp"

namespace hybrid {

// Strings b with (b & mask) == value, each paired with b ^ x; the sign is (-1)^|sign & b|.
struct Condition {
    Mask mask = 0, value = 0, x = 0, sign = 0;

    Condition on(Mask qubits) const {
        return {mask & qubits, value & qubits, x & qubits, sign & qubits};
    }
    bool holds(Mask b) const { return (b & mask) == value; }
    bool operator<(const Condition& o) const {
        return std::array{mask, value, x, sign} < std::array{o.mask, o.value, o.x, o.sign};
    }
};

struct RowPair {
    std::uint64_t first, second;  // where the rows start
    int of_class;                 // of the first
    double sign;
};

struct ColumnPair {
    std::uint32_t first, second;
};

struct ColumnPairs {
    std::vector<ColumnPair> pairs;  // by sign, and ascending
    std::size_t plus = 0;           // how many have sign +
    bool whole = false;             // every column with itself, with one sign
};

// Pairs of rows, and for each class of the first row its pairs of columns.
struct Pairs {
    const std::vector<RowPair>* rows;
    const std::vector<ColumnPairs>* columns;
    std::uint64_t count = 0;
};

// Makes and keeps the lists of a sector.
class PairLists {
  public:
    explicit PairLists(const SectorBasis& basis) : basis_(basis) {}
    PairLists(const PairLists&) = delete;

    // Throws std::invalid_argument if a pair is not in the sector completely.
    Pairs pairs(const Condition& condition);

  private:
    struct Columns {
        std::vector<ColumnPairs> of_class;
        std::vector<int> to_class;  // of the second column; -1: no pairs, -2: not in the sector
    };
    struct Rows {
        std::vector<RowPair> pairs;
        std::vector<int> to_class;  // of the second row; -1: not in the sector
    };
    const Rows& rows(const Condition& condition);
    const Columns& columns(const Condition& condition);

    const SectorBasis& basis_;
    std::map<Condition, std::unique_ptr<Rows>> rows_;
    std::map<Condition, std::unique_ptr<Columns>> columns_;
};

}  // namespace hybrid
