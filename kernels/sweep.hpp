// A program cut into sweeps: each loads every block of the state into a cache once and runs many
// operations on it.
#pragma once

#include <cstdint>
#include <vector>

#include "block.hpp"
#include "placement.hpp"

namespace hybrid {

struct Sweep {
    const Operation* whole_state = nullptr;  // an operation that no block admits, alone
    Block block;
    std::vector<Term> terms;       // sums for its gradients
    Mask touched = 0;              // qubits acted on by this sweep or an earlier one
    Mask strips = 0;               // qubits that number the strips of its sums
    Mask distributable = 0;        // qubits that may be distributed
    std::vector<Mask> row_qubits;  // of each row, its bits as qubits
    Mask lane_qubits[kLanes] = {};
};

// Rows of a block, as a number of qubits. Part of the canonical order of operations, so it depends
// on the width of the state only.
int block_rows(int num_qubits);

// The sweeps of a program on at least 4 qubits. The operations must outlive them.
std::vector<Sweep> compile_sweeps(const std::vector<Operation>& operations, int num_qubits,
                                  int rows);

// psi := sweep psi, for the amplitudes held at `at`, which may fix only qubits of `distributable`.
// Amplitudes with a bit outside `touched` are zero before and after, and are skipped.
template <class T>
void sweep_forward(const Sweep& sweep, const BoundBlock<T>& bound, const Placement& at,
                   std::complex<T>* psi, int threads);

// The same for psi, and for its derivative by the angle of `slot`.
template <class T>
void sweep_tangent(const Sweep& sweep, const BoundBlock<T>& bound, int slot, const Placement& at,
                   std::complex<T>* psi, std::complex<T>* tangent, int threads);

// Undoes the sweep on psi and lambda. sums[strip * terms + t] := contribution of each strip held
// here to the sum of term t. Amplitudes of lambda with a bit outside `touched` are skipped: earlier
// sweeps do not mix them with others.
template <class T>
void sweep_backward(const Sweep& sweep, const BoundBlock<T>& bound, const Placement& at,
                    std::complex<T>* psi, std::complex<T>* lambda, double* sums, int threads);

// Number of strip sums of a sweep, over all its terms.
inline std::size_t num_sums(const Sweep& sweep) {
    return sweep.terms.size() << popcount(sweep.strips);
}

// Adds the sums over all strips to the gradient of each slot.
void add_to_gradient(const Sweep& sweep, const double* sums, double* gradient);

}  // namespace hybrid
