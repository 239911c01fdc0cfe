// Runs of one-qubit operations on a qubit, merged into one 2x2 matrix.
//
// A pure function of the operations, and so part of their canonical order.
#pragma once

#include <array>
#include <complex>
#include <vector>

#include "operation.hpp"

namespace hybrid {

// kFixed: matrices only, valid for all uses of a program; kAll: rotations too, for values only,
// since no derivative inside a run is available.
enum class Fuse { kFixed, kAll };

// Operations equivalent to the given ones. A run is merged if that is no more arithmetic. Single
// rotations among diagonal operations are kept: they are taken together with those of other qubits.
std::vector<Operation> fuse(const std::vector<Operation>& operations, Fuse which);

using Matrix2 = std::array<std::complex<double>, 4>;  // row major

// The matrix of a one-qubit operation at an angle.
Matrix2 matrix_of(const Operation& op, double angle);

Matrix2 times(const Matrix2& a, const Matrix2& b);

// The matrix of a merged operation; angle_of(slot) returns the angles of its parts.
template <class AngleOf>
Matrix2 product_of_parts(const Operation& op, AngleOf angle_of) {
    Matrix2 product = {1.0, 0.0, 0.0, 1.0};
    for (const Operation& part : op.parts)
        product = times(matrix_of(part, part.slot < 0 ? 0 : angle_of(part.slot)), product);
    return product;
}

}  // namespace hybrid
