// Several observables evaluated on one state.
#pragma once

#include <vector>

#include "pauli_sum.hpp"

namespace hybrid {

using Observables = std::vector<const PauliSum*>;

}  // namespace hybrid
