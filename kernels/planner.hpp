// Grouping and ordering operations: the canonical order of a program.
//
// A pure function of the operations and a capacity, independent of threads, ranks and caches.
#pragma once

#include <vector>

#include "bits.hpp"

namespace hybrid {

// How an operation acts on each qubit.
struct Footprint {
    Mask active = 0;    // mixes amplitudes that differ in these bits
    Mask diagonal = 0;  // read only: controls, signs, phases

    // Two operations commute if both only read every qubit that they share.
    bool commutes_with(const Footprint& other) const {
        return !(active & (other.active | other.diagonal)) && !(diagonal & other.active);
    }
};

struct Group {
    Mask active = 0;              // union over the group
    std::vector<int> operations;  // indices into the program, in order of execution
};

// Groups operations so that each group acts on at most `capacity` qubits, in an order equivalent to
// the given one. Of three greedy plans the one with the fewest groups is taken. A group consists of
// the first operations in program order, or of those in the window of neighbouring qubits that
// begins at the lowest waiting qubit, or ends at the highest; always only of operations that
// commute with all those left behind. On a chain of qubits windows cut a deep circuit along its
// light cones: 20 qubits and 6 layers take three groups of 11 qubits.
//
// An operation that is active on more than `capacity` qubits has a group of its own.
std::vector<Group> plan_groups(const std::vector<Footprint>& operations, int capacity);

// An equivalent order with the longest possible runs of diagonal operations (active on no qubit).
std::vector<int> gather_diagonals(const std::vector<Footprint>& operations);

}  // namespace hybrid
