// A program cut into sweeps: each brings every block of the state into a cache once and runs many
// operations on it there.
#pragma once

#include <cstdint>
#include <vector>

#include "block.hpp"
#include "placement.hpp"

namespace hybrid {

struct Sweep {
    const Operation* whole_state = nullptr;  // an operation that no block admits runs alone
    Block block;
    std::vector<Term> terms;       // the sums that its gradients take
    Mask touched = 0;              // qubits that this sweep or an earlier one has acted on
    Mask strips = 0;               // qubits that number the strips of its sums
    Mask spread = 0;               // qubits on which shards may differ
    std::vector<Mask> row_qubits;  // of each row, its bits as qubits
    Mask lane_qubits[kLanes] = {};
};

// Rows of a block, as a number of qubits, for a state of this width. It is part of the canonical
// order of operations, so it depends on the width alone.
int block_rows(int num_qubits);

// The sweeps of a program on at least 4 qubits. Refers to the operations, which must stay.
std::vector<Sweep> compile_sweeps(const std::vector<Operation>& operations, int num_qubits,
                                  int rows);

// psi := sweep psi, for the amplitudes held at `at`, which may fix qubits of `spread` alone. Where
// a qubit is not `touched` all amplitudes with that bit are zero before and after, and are left
// alone.
template <class T>
void sweep_forward(const Sweep& sweep, const BoundBlock<T>& bound, const Placement& at,
                   std::complex<T>* psi, int threads);

// The same for psi, and for its derivative by the angle of `slot`.
template <class T>
void sweep_tangent(const Sweep& sweep, const BoundBlock<T>& bound, int slot, const Placement& at,
                   std::complex<T>* psi, std::complex<T>* tangent, int threads);

// Undoes the sweep on psi and lambda. sums[strip * terms + t] := the share of each strip held here
// in the sum of term t. Amplitudes of lambda where psi is zero by `touched` are left alone: nothing
// earlier mixes them with others.
template <class T>
void sweep_backward(const Sweep& sweep, const BoundBlock<T>& bound, const Placement& at,
                    std::complex<T>* psi, std::complex<T>* lambda, double* sums, int threads);

// How many sums of strips a sweep has, of all its terms.
inline std::size_t num_sums(const Sweep& sweep) {
    return sweep.terms.size() << popcount(sweep.strips);
}

// Adds to the gradient of each slot what the sums over all strips give.
void add_to_gradient(const Sweep& sweep, const double* sums, double* gradient);

}  // namespace hybrid
