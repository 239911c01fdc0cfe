// The innermost loops: operations on the rows of one block or tile in a cache.
//
// psi is the state, lambda its companion in the adjoint method; `base` holds the outer bits of the
// tile, as qubits. A tile's contributions are added to `sums`, one vector per term.
#pragma once

#include "local.hpp"

namespace hybrid {

template <class T>
struct Tile {
    Split<T>* psi;
    Split<T>* lambda;  // null in forward passes; the derivative in tangent passes
    Mask base;
};

// Runs the operations forward on psi.
template <class T>
void run_forward(const LocalProgram& local, const Bound<T>& bound, const Tile<T>& tile);

// Runs them on psi and, in place of lambda, on its derivative by the angle of `slot`.
template <class T>
void run_tangent(const LocalProgram& local, const Bound<T>& bound, int slot, const Tile<T>& tile);

// Undoes the operations, last first, on psi and lambda, and adds <lambda|P|psi> of each term.
template <class T>
void run_backward(const LocalProgram& local, const Bound<T>& bound, const Tile<T>& tile,
                  Lanes<double>* sums);

}  // namespace hybrid
