// Values, adjoint gradients and readings of a program in a sector; the counterparts of
// evaluate.hpp, tape.hpp, metric.hpp, overlaps.hpp and variances.hpp.
#pragma once

#include <complex>
#include <cstdint>
#include <memory>
#include <vector>

#include "sector_program.hpp"
#include "sector_sum.hpp"
#include "tape.hpp"

namespace hybrid {

using SectorSums = std::vector<const SectorSum*>;

// values[p, o] and, if gradients is not null, gradients[p, o, k]; the same bits for any number of
// threads.
void evaluate(const SectorProgram& program, const SectorSums& sums, const double* angles,
              std::int64_t points, double* values, double* gradients, int threads);

// values[p, o]; program, sums and angles must outlive the tape, which holds two states per point.
std::unique_ptr<Tape> record(const SectorProgram& program, SectorSums sums, const double* angles,
                             std::int64_t points, double* values, int threads);

// out[i] := amplitude of basis state i of the sector.
void state(const SectorProgram& program, const double* angles, std::complex<double>* out,
           int threads);

// The metric over angles, (slots, slots), as metric() of metric.hpp.
void metric(const SectorProgram& program, const double* angles, double* g, int threads);

// values[p, s] = |<state s|psi(p)>|^2 and, if not null, gradients[p, s, k]; states are (count,
// size) over the sector.
void overlaps(const SectorProgram& program, const std::complex<double>* states, std::int64_t count,
              const double* angles, std::int64_t points, double* values, double* gradients,
              int threads);

// out[p, o] = |H_o psi - <H_o> psi|^2, of sums whose images are whole.
void variances(const SectorProgram& program, const SectorSums& sums, const double* angles,
               std::int64_t points, double* out, int threads);

// Whether several points run eight at a time.
bool is_batched(const SectorProgram& program, std::int64_t points);

// Bytes of the states of a point, or of eight if they run together.
std::uint64_t memory_bytes(const SectorProgram& program, bool gradient, bool several,
                           std::int64_t points);

}  // namespace hybrid
