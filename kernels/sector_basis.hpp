// A set of basis states as a ragged matrix: a row is a string on the row qubits, a column a string
// on the others, and a row has the columns of its class.
//
// A sector of conserved numbers of ones has this form for any choice of row qubits: the numbers on
// the row qubits are the class, and fix those on the others. The states of a row are consecutive.
// With no row qubits, there is one row, and its columns are an arbitrary list of basis states.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "bits.hpp"

namespace hybrid {

struct SectorRow {
    Mask string;
    std::uint64_t start;  // index of its first amplitude
    int of_class;
};

class SectorBasis {
  public:
    // `rows` have classes `row_class`; the columns of class k are cols[col_start[k] ..
    // col_start[k + 1]]. Throws std::invalid_argument.
    SectorBasis(int num_qubits, Mask row_qubits, std::vector<Mask> rows, std::vector<int> row_class,
                std::vector<Mask> cols, std::vector<std::int64_t> col_start);

    int num_qubits() const { return num_qubits_; }
    Mask row_qubits() const { return row_qubits_; }
    Mask column_qubits() const { return low_bits(num_qubits_) & ~row_qubits_; }
    std::uint64_t size() const { return size_; }  // number of amplitudes
    int num_classes() const { return int(columns_.size()); }
    const std::vector<SectorRow>& rows() const { return rows_; }
    const std::vector<Mask>& columns(int of_class) const { return columns_[of_class]; }

    int find_row(Mask string) const;  // its number, or -1
    int class_of_column(Mask string) const;
    int find_column(Mask string, int of_class) const;
    std::int64_t find(Mask state) const;  // the index of a basis state, or -1

  private:
    struct Place {
        int of_class, column;
    };
    int num_qubits_;
    Mask row_qubits_;
    std::uint64_t size_ = 0;
    std::vector<SectorRow> rows_;
    std::vector<std::vector<Mask>> columns_;
    std::unordered_map<Mask, int> row_of_;
    std::unordered_map<Mask, Place> column_of_;
};

}  // namespace hybrid
