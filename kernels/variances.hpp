// Variances of observables in a program's states.
#pragma once

#include <cstdint>

#include "observables.hpp"
#include "program.hpp"

namespace hybrid {

// out[p, o] = <H^2> - <H>^2 of each observable at each point, as the squared norm of (H - <H>) psi,
// which avoids cancellation. Holds two states per point being evaluated.
void variances(const Program& program, const Observables& observables, const double* angles,
               std::int64_t points, double* out, int threads);

}  // namespace hybrid
