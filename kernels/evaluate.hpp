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

// Eight points at a time, or one state at a time; kAuto: by width and number of points.
enum class Shape { kAuto, kBatched, kBlocked };

// Whether these points are taken eight at a time. Throws std::invalid_argument where the program
// does not run in the shape asked for.
bool is_batched(const Program& program, std::int64_t points, Shape shape);

// Threads that work on one state: all, or 1 where each takes states of its own.
int threads_of_state(int num_qubits, std::int64_t points, int threads);

// values[p, o] and, if gradients is not null, gradients[p, o, k] for each of the points and
// observables, of which there is at least one. The state of a point is prepared once; each value
// and gradient has the bits that it has where its observable is alone. Throws as is_batched().
template <class T>
void evaluate(const Program& program, const Observables& observables, const double* angles,
              std::int64_t points, double* values, double* gradients, int threads,
              Shape shape = Shape::kAuto);

// Bytes of the states of a point: one, two for a gradient, three for those of several observables.
std::uint64_t memory_bytes(int num_qubits, bool gradient, bool single, bool several = false);

// Threads to use when `threads` were asked for; 0 means OMP_NUM_THREADS or the processors allowed.
int threads_to_use(int threads);

}  // namespace hybrid
