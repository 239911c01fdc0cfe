// Position of a basis state in a block: some qubits index lanes, some index rows of eight lanes,
// and the others, the outer qubits, number the blocks.
#pragma once

#include <vector>

#include "bits.hpp"
#include "lanes.hpp"

namespace hybrid {

struct Layout {
    int num_qubits = 0;
    Mask lanes = 0;          // three qubits, bit l of a lane index is the l-th lowest of them
    std::vector<int> inner;  // bit k of a row index is qubit inner[k]
    Mask inner_mask = 0;

    Mask outer() const { return low_bits(num_qubits) & ~lanes & ~inner_mask; }
    Mask num_rows() const { return Mask{1} << inner.size(); }

    // The bits of `qubits` that index rows, as a mask of row bits.
    Mask rows_of(Mask qubits) const {
        Mask out = 0;
        for (std::size_t k = 0; k < inner.size(); ++k)
            if (qubits & bit(inner[k])) out |= bit(int(k));
        return out;
    }
    Mask qubits_of_row(Mask row) const {
        Mask out = 0;
        for (std::size_t k = 0; k < inner.size(); ++k)
            if (row & bit(int(k))) out |= bit(inner[k]);
        return out;
    }
    Mask qubits_of_lane(int lane) const { return deposit(lane, lanes); }
};

inline Layout make_layout(int num_qubits, Mask lanes, std::vector<int> inner) {
    Layout layout{num_qubits, lanes, std::move(inner), 0};
    for (int q : layout.inner) layout.inner_mask |= bit(q);
    return layout;
}

inline std::vector<int> qubits_in(Mask mask) {
    std::vector<int> qubits;
    for (; mask; mask &= mask - 1) qubits.push_back(std::countr_zero(mask));
    return qubits;
}

}  // namespace hybrid
