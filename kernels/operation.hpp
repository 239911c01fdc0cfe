// One operation of a circuit: a matrix, or the evolution by a sum of Pauli strings.
#pragma once

#include <complex>
#include <cstdint>
#include <vector>

#include "strings.hpp"

namespace hybrid {

enum class Kind : std::uint8_t { kMatrix1 = 0, kMatrix2 = 1, kEvolution = 2 };

struct Operation {
    Kind kind;
    Mask control_mask = 0;  // acts where (b & control_mask) == control_value
    Mask control_value = 0;
    int target[2] = {-1, -1};         // matrices: target[0] is the low bit of the matrix index
    std::complex<double> matrix[16];  // row major, 2x2 or 4x4
    std::vector<Operation> parts;     // kMatrix1: operations whose product it is; no matrix then
    Generator generator;              // evolutions: exp(-i angle G)
    int slot = -1;                    // evolutions: which angle

    Mask target_mask() const {
        return (target[0] >= 0 ? bit(target[0]) : 0) | (target[1] >= 0 ? bit(target[1]) : 0);
    }
};

}  // namespace hybrid
