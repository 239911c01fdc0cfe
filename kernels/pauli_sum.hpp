// A Hermitian observable, its strings grouped by X mask.
#pragma once

#include <cstdint>
#include <vector>

#include "strings.hpp"

namespace hybrid {

struct MaskGroup {
    Mask x;
    std::vector<SignedString> even;  // c(b) = even(b) + i odd(b)
    std::vector<SignedString> odd;
};

struct PauliSum {
    int num_qubits = 0;
    std::vector<MaskGroup> groups;  // by ascending x
};

// Equal strings are added; throws std::invalid_argument for masks beyond num_qubits.
PauliSum make_pauli_sum(int num_qubits, const Mask* x, const Mask* z, const double* coefficients,
                        std::int64_t count);

}  // namespace hybrid
