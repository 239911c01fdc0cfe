#include "planner.hpp"

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

}  // namespace

std::vector<Group> plan_groups(const std::vector<Footprint>& operations, int capacity) {
    std::vector<int> waiting(operations.size()), later;
    std::iota(waiting.begin(), waiting.end(), 0);
    std::vector<Group> groups;
    while (!waiting.empty()) {
        Group group;
        Footprint left_behind;
        later.clear();
        for (int k : waiting) {
            const Footprint& op = operations[k];
            const bool fits =
                group.operations.empty() || popcount(group.active | op.active) <= capacity;
            if (fits && ready(op, left_behind)) {
                group.operations.push_back(k);
                group.active |= op.active;
            } else {
                leave(op, left_behind);
                later.push_back(k);
            }
        }
        groups.push_back(std::move(group));
        waiting.swap(later);
    }
    return groups;
}

std::vector<int> gather_diagonals(const std::vector<Footprint>& operations) {
    std::vector<int> waiting(operations.size()), later, order;
    std::iota(waiting.begin(), waiting.end(), 0);
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
