// Squared overlaps of a program's states with given states, and their gradients.
#pragma once

#include <complex>
#include <cstdint>

#include "program.hpp"

namespace hybrid {

// values[p, o] = |<other_o|psi_p>|^2 and, if gradients is not null, gradients[p, o, k], for all
// points and `count` other states, stored consecutively. Adjoint method: the derivative of |c|^2,
// with c = <other|psi>, is 2 Re <c other|d psi>.
void overlaps(const Program& program, const std::complex<double>* others, std::int64_t count,
              const double* angles, std::int64_t points, double* values, double* gradients,
              int threads);

}  // namespace hybrid
