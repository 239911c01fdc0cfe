// The forces that drive a program's state along real time, for variational time evolution.
#pragma once

#include <cstdint>

#include "observables.hpp"
#include "program.hpp"

namespace hybrid {

// out[(p * observables + o) * num_slots + k] = Im <d_k psi|(O - <O>) psi>, psi the state at point
// p. Exact; holds three states, per thread if threads take points.
void forces(const Program& program, const Observables& observables, const double* angles,
            std::int64_t points, double* out, int threads);

}  // namespace hybrid
