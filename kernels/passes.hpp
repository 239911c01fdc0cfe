// Running a whole program on a state: forward, backward, and forward with a derivative.
#pragma once

#include <complex>
#include <vector>

#include "program.hpp"

namespace hybrid {

// The values of every sweep at a point's angles, kept for the backward pass.
template <class T>
using BoundProgram = std::vector<BoundBlock<T>>;

template <class T>
BoundProgram<T> bind_all(const Program& program, const double* angles);

// One sweep, or an operation on the whole state in place of one, on the amplitudes held at `at`;
// see sweep.hpp.
template <class T>
void step_forward(const Sweep& sweep, const BoundBlock<T>& bound, const double* angles,
                  const Placement& at, std::complex<T>* psi, int threads);

template <class T>
void step_tangent(const Sweep& sweep, const BoundBlock<T>& bound, const double* angles, int slot,
                  const Placement& at, std::complex<T>* psi, std::complex<T>* tangent, int threads);

template <class T>
void step_backward(const Sweep& sweep, const BoundBlock<T>& bound, const double* angles,
                   const Placement& at, std::complex<T>* psi, std::complex<T>* lambda, double* sums,
                   int threads);

// psi := program |0...0>.
template <class T>
void forward(const Program& program, const BoundProgram<T>& bound, const double* angles,
             std::complex<T>* psi, int threads);

// The same, and tangent := d psi / d angle of `slot`.
template <class T>
void forward_with_tangent(const Program& program, const BoundProgram<T>& bound,
                          const double* angles, int slot, std::complex<T>* psi,
                          std::complex<T>* tangent, int threads);

// Undoes the program on psi and lambda; for the psi of `forward` and any lambda, adds
// 2 Re <lambda|d psi / d angle> to the gradient of each slot.
template <class T>
void backward(const Program& program, const BoundProgram<T>& bound, const double* angles,
              std::complex<T>* psi, std::complex<T>* lambda, double* gradient, int threads);

}  // namespace hybrid
