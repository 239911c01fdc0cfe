// The planner for Python: plain lists in and out.
#include <nanobind/stl/pair.h>
#include <nanobind/stl/vector.h>

#include <stdexcept>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "planner.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace hybrid {

namespace {

std::vector<Footprint> footprints(const std::vector<std::pair<Mask, Mask>>& operations) {
    std::vector<Footprint> out;
    for (auto [active, diagonal] : operations) {
        if (active & diagonal)
            throw std::invalid_argument("a qubit is both active and diagonal in one operation");
        out.push_back({active, diagonal});
    }
    return out;
}

}  // namespace

void bind_planner(nb::module_& m) {
    m.def(
        "plan_groups",
        [](const std::vector<std::pair<Mask, Mask>>& operations, int capacity) {
            if (capacity < 0) throw std::invalid_argument("capacity is negative");
            std::vector<std::pair<Mask, std::vector<int>>> out;
            for (auto& group : plan_groups(footprints(operations), capacity))
                out.emplace_back(group.active, std::move(group.operations));
            return out;
        },
        "operations"_a, "capacity"_a);
    m.def(
        "gather_diagonals",
        [](const std::vector<std::pair<Mask, Mask>>& operations) {
            return gather_diagonals(footprints(operations));
        },
        "operations"_a);
}

}  // namespace hybrid
