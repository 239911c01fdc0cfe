#include "pauli_sum.hpp"

#include <cmath>
#include <map>
#include <stdexcept>
#include <string>

#include "program.hpp"

namespace hybrid {

PauliSum make_pauli_sum(int num_qubits, const Mask* x, const Mask* z, const double* coefficients,
                        std::int64_t count) {
    check_num_qubits(num_qubits);
    std::map<Mask, std::map<Mask, double>> merged;
    for (std::int64_t j = 0; j < count; ++j) {
        if ((x[j] | z[j]) & ~low_bits(num_qubits))
            throw std::invalid_argument("term " + std::to_string(j) +
                                        " names a qubit beyond the observable's " +
                                        std::to_string(num_qubits) + " qubits");
        if (!std::isfinite(coefficients[j]))
            throw std::invalid_argument("term " + std::to_string(j) +
                                        " has a coefficient that is not finite");
        merged[x[j]][z[j]] += coefficients[j];
    }
    PauliSum sum{num_qubits, {}};
    for (const auto& [x_mask, strings] : merged) {
        MaskGroup group{x_mask, {}, {}};
        for (auto [z_mask, c] : strings) {
            const int y = popcount(x_mask & z_mask);
            if (c != 0) (y & 1 ? group.odd : group.even).push_back({z_mask, y & 2 ? -c : c});
        }
        if (!group.even.empty() || !group.odd.empty()) sum.groups.push_back(std::move(group));
    }
    return sum;
}

}  // namespace hybrid
