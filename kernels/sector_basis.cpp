#include "sector_basis.hpp"

#include <limits>
#include <stdexcept>
#include <string>

#include "program.hpp"

namespace hybrid {

SectorBasis::SectorBasis(int num_qubits, Mask row_qubits, std::vector<Mask> rows,
                         std::vector<int> row_class, std::vector<Mask> cols,
                         std::vector<std::int64_t> col_start)
    : num_qubits_(num_qubits), row_qubits_(row_qubits) {
    if (row_qubits & ~low_bits(num_qubits))
        throw std::invalid_argument("row_qubits names a qubit beyond the program's " +
                                    std::to_string(num_qubits));
    if (rows.empty() || rows.size() != row_class.size())
        throw std::invalid_argument("rows is empty, or not as long as row_class");
    if (rows.size() > std::size_t(std::numeric_limits<int>::max()) ||
        cols.size() > std::size_t(std::numeric_limits<int>::max()))
        throw std::invalid_argument("the sector has more than 2^31 rows or columns");
    if (col_start.size() < 2 || col_start.front() != 0 ||
        col_start.back() != std::int64_t(cols.size()))
        throw std::invalid_argument("col_start does not run from 0 to the number of columns");
    for (std::size_t k = 0; k + 1 < col_start.size(); ++k) {
        if (col_start[k] > col_start[k + 1])
            throw std::invalid_argument("col_start is not ascending");
        columns_.emplace_back(cols.begin() + col_start[k], cols.begin() + col_start[k + 1]);
        for (int c = 0; c < int(columns_[k].size()); ++c) {
            const Mask string = columns_[k][c];
            if (string & ~column_qubits() || !column_of_.emplace(string, Place{int(k), c}).second)
                throw std::invalid_argument("a column repeats, or has a bit of another qubit");
        }
    }
    for (std::size_t r = 0; r < rows.size(); ++r) {
        if (row_class[r] < 0 || row_class[r] >= num_classes())
            throw std::invalid_argument("row_class names a class without columns");
        if (rows[r] & ~row_qubits || !row_of_.emplace(rows[r], int(r)).second)
            throw std::invalid_argument("a row repeats, or has a bit of another qubit");
        rows_.push_back({rows[r], size_, row_class[r]});
        size_ += columns_[row_class[r]].size();
    }
    if (size_ == 0) throw std::invalid_argument("the sector has no state");
}

int SectorBasis::find_row(Mask string) const {
    const auto found = row_of_.find(string);
    return found == row_of_.end() ? -1 : found->second;
}

int SectorBasis::class_of_column(Mask string) const {
    const auto found = column_of_.find(string);
    return found == column_of_.end() ? -1 : found->second.of_class;
}

int SectorBasis::find_column(Mask string, int of_class) const {
    const auto found = column_of_.find(string);
    return found == column_of_.end() || found->second.of_class != of_class ? -1
                                                                           : found->second.column;
}

std::int64_t SectorBasis::find(Mask state) const {
    const int row = find_row(state & row_qubits_);
    if (row < 0) return -1;
    const int column = find_column(state & column_qubits(), rows_[row].of_class);
    return column < 0 ? -1 : std::int64_t(rows_[row].start) + column;
}

}  // namespace hybrid
