// Which operations run together, and in what order: the canonical order of a program.
//
// A plain function of the operations and a width. It knows nothing of threads, ranks or caches, so
// one plan serves blocks in a cache and, one level up, shards of a state over ranks.
#pragma once

#include <vector>

#include "bits.hpp"

namespace hybrid {

// What an operation does to each qubit.
struct Footprint {
    Mask active = 0;    // amplitudes that differ in these bits are mixed
    Mask diagonal = 0;  // read only: controls, signs, phases

    // Two operations commute if every qubit that they share is read only for both.
    bool commutes_with(const Footprint& other) const {
        return !(active & (other.active | other.diagonal)) && !(diagonal & other.active);
    }
};

struct Group {
    Mask active = 0;              // union over the group
    std::vector<int> operations;  // indices into the program, in order of execution
};

// Groups the operations so that each group acts on at most `capacity` qubits, in an order that is
// equivalent to the given one. Three greedy plans are made and the one of fewest groups is taken: a
// group takes whatever comes first in the program, or the window of neighbouring qubits that begins
// at the lowest qubit on which an operation waits, or the one that ends at the highest; in all
// cases only what commutes with all that is left behind. On a chain of qubits windows cut a circuit
// of many layers along its light cones: three groups of 11 qubits do for 20 qubits and 6 layers.
//
// An operation that is active on more qubits than `capacity` has a group of its own.
std::vector<Group> plan_groups(const std::vector<Footprint>& operations, int capacity);

// An equivalent order in which diagonal operations (active on no qubit) follow one another in runs
// as long as may be.
std::vector<int> gather_diagonals(const std::vector<Footprint>& operations);

}  // namespace hybrid
