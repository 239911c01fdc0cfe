// Running a program in a sector: forward, and backward with the adjoint gradient.
#pragma once

#include "sector_program.hpp"

namespace hybrid {

// psi := program on its start; psi has planes x basis states. E is one number, or one for each of
// eight points.
template <class E>
void forward(const SectorProgram& program, const E* angles, E* psi, int threads);

// The same, and tangent := d psi / d angle of `slot`.
template <class E>
void forward_with_tangent(const SectorProgram& program, const E* angles, int slot, E* psi,
                          E* tangent, int threads);

// Undoes the program on psi and lambda, and adds 2 Re <lambda|d psi / d angle> to the gradient of
// each slot.
template <class E>
void backward(const SectorProgram& program, const E* angles, E* psi, E* lambda, E* gradient,
              int threads);

}  // namespace hybrid
