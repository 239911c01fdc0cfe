// Runs of one-qubit operations on a qubit, merged into one 2x2 matrix.
//
// A plain function of the operations, so it is part of their canonical order.
#pragma once

#include <array>
#include <complex>
#include <vector>

#include "operation.hpp"

namespace hybrid {

// kFixed: matrices alone, for all that is done with a program; kAll: rotations too, for values
// alone, where nobody asks for a derivative inside a run.
enum class Fuse { kFixed, kAll };

// Operations equivalent to the given ones. A run is merged where that is no more arithmetic: single
// rotations among diagonal operations are left, which go together with those of other qubits.
std::vector<Operation> fuse(const std::vector<Operation>& operations, Fuse which);

using Matrix2 = std::array<std::complex<double>, 4>;  // row major

// The matrix of a one-qubit operation at an angle.
Matrix2 matrix_of(const Operation& op, double angle);

Matrix2 times(const Matrix2& a, const Matrix2& b);

// The matrix of an operation made of parts; angle_of(slot) gives their angles.
template <class AngleOf>
Matrix2 product_of_parts(const Operation& op, AngleOf angle_of) {
    Matrix2 product = {1.0, 0.0, 0.0, 1.0};
    for (const Operation& part : op.parts)
        product = times(matrix_of(part, part.slot < 0 ? 0 : angle_of(part.slot)), product);
    return product;
}

}  // namespace hybrid
