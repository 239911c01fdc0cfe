// Values and adjoint gradients of a program.
#pragma once

#include <complex>
#include <cstdint>

#include "observables.hpp"
#include "program.hpp"

namespace hybrid {

// psi := program |0...0>; psi has 2^n elements.
template <class T>
void run(const Program& program, const double* angles, std::complex<T>* psi, int threads);

// Eight points at a time, or one state at a time; kAuto chooses by width and number of points.
enum class Shape { kAuto, kBatched, kBlocked };

// Whether these points run eight at a time. Throws std::invalid_argument if the program cannot run
// in the requested shape.
bool is_batched(const Program& program, std::int64_t points, Shape shape);

// Threads that share one state: all, or 1 if each thread works on states of its own.
int threads_of_state(int num_qubits, std::int64_t points, int threads);

// values[p, o] and, if gradients is not null, gradients[p, o, k], for all points and at least one
// observable. The state of a point is prepared once; values and gradients have the same bits as
// with one observable at a time. Throws like is_batched().
template <class T>
void evaluate(const Program& program, const Observables& observables, const double* angles,
              std::int64_t points, double* values, double* gradients, int threads,
              Shape shape = Shape::kAuto);

// Bytes of the states of a point: one state, two for a gradient, three for several gradients.
std::uint64_t memory_bytes(int num_qubits, bool gradient, bool single, bool several = false);

// Threads to use for a request of `threads`; 0 means OMP_NUM_THREADS or the allowed processors.
int threads_to_use(int threads);

}  // namespace hybrid
