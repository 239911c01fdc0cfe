// The Fubini-Study metric of a program's states.
#pragma once

#include "program.hpp"

namespace hybrid {

// g[j * num_slots + k] = Re(<d_j psi|d_k psi> - <d_j psi|psi><psi|d_k psi>), d_k the derivative by
// the angle of slot k. Exact; holds two states, per thread if threads take slots.
void metric(const Program& program, const double* angles, double* g, int threads);

// The last step, given Re <d_j psi|d_k psi> in g and phase[k] = -i <psi|d_k psi>.
void metric_from(double* g, const double* phase, int slots);

}  // namespace hybrid
