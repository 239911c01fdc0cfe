#include "planner.hpp"

#include <algorithm>
#include <numeric>

namespace hybrid {

namespace {

bool ready(const Footprint& op, const Footprint& left_behind) {
    return op.commutes_with(left_behind);
}

void leave(const Footprint& op, Footprint& left_behind) {
    left_behind.active |= op.active;
    left_behind.diagonal |= op.diagonal;
}

using Footprints = std::vector<Footprint>;

std::vector<int> all_of(const Footprints& operations) {
    std::vector<int> indices(operations.size());
    std::iota(indices.begin(), indices.end(), 0);
    return indices;
}

// Takes the operations from `waiting` that can run on at most `capacity` of the `allowed` qubits.
Group take(const Footprints& operations, const std::vector<int>& waiting, Mask allowed,
           int capacity, std::vector<int>& later) {
    Group group;
    Footprint left_behind;
    later.clear();
    for (int k : waiting) {
        const Footprint& op = operations[k];
        const bool fits = !(op.active & ~allowed) && popcount(group.active | op.active) <= capacity;
        if (fits && ready(op, left_behind)) {
            group.operations.push_back(k);
            group.active |= op.active;
        } else {
            leave(op, left_behind);
            later.push_back(k);
        }
    }
    return group;
}

Group alone(const std::vector<int>& waiting, const Footprints& operations,
            std::vector<int>& later) {
    later.assign(waiting.begin() + 1, waiting.end());
    return {operations[waiting[0]].active, {waiting[0]}};
}

// Calls choose(waiting, later) for each group in turn.
template <class Choose>
std::vector<Group> plan_by(const Footprints& operations, Choose choose) {
    std::vector<int> waiting = all_of(operations), later;
    std::vector<Group> groups;
    while (!waiting.empty()) {
        Group group = choose(waiting, later);
        if (group.operations.empty()) group = alone(waiting, operations, later);
        groups.push_back(std::move(group));
        waiting.swap(later);
    }
    return groups;
}

// Each group takes the first operations in program order.
std::vector<Group> plan_first_come(const Footprints& operations, int capacity) {
    return plan_by(operations, [&](const auto& waiting, auto& later) {
        return take(operations, waiting, ~Mask{0}, capacity, later);
    });
}

// Each group takes the window of neighbouring qubits that begins at the lowest waiting qubit or,
// from above, ends at the highest.
std::vector<Group> plan_by_windows(const Footprints& operations, int capacity, bool from_below) {
    return plan_by(operations, [&](const auto& waiting, auto& later) {
        Mask active = 0;
        for (int k : waiting)
            if (popcount(operations[k].active) <= capacity) active |= operations[k].active;
        const int top = 64 - std::countl_zero(active);
        const int first = from_below ? std::countr_zero(active) : std::max(top - capacity, 0);
        const Mask window = active ? low_bits(capacity) << first : 0;
        return take(operations, waiting, window, capacity, later);
    });
}

}  // namespace

std::vector<Group> plan_groups(const std::vector<Footprint>& operations, int capacity) {
    auto best = plan_first_come(operations, capacity);
    for (bool from_below : {true, false}) {
        if (best.size() < 3 || capacity < 1) break;
        auto plan = plan_by_windows(operations, capacity, from_below);
        if (plan.size() < best.size()) best = std::move(plan);
    }
    return best;
}

std::vector<int> gather_diagonals(const std::vector<Footprint>& operations) {
    std::vector<int> waiting = all_of(operations), later, order;
    for (bool diagonal = false; !waiting.empty(); diagonal = !diagonal) {
        Footprint left_behind;
        later.clear();
        for (int k : waiting) {
            const Footprint& op = operations[k];
            if ((op.active == 0) == diagonal && ready(op, left_behind)) {
                order.push_back(k);
            } else {
                leave(op, left_behind);
                later.push_back(k);
            }
        }
        waiting.swap(later);
    }
    return order;
}

}  // namespace hybrid
