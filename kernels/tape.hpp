// Values of many points first, then the sum of their gradients with weights that may depend on the
// values: a vector-Jacobian product, summed over the points.
//
// The states wait in between, so the way back needs no second way forward, and gradients of single
// points are never laid side by side.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "evaluate.hpp"

namespace hybrid {

class Tape {
  public:
    virtual ~Tape() = default;

    // sum[k] = sum over points p and observables o of weights[p, o] d values[p, o] / d angle k; the
    // same bits for any number of threads. For the slots in `apart` the terms of that sum as well,
    // apart_out[p, a]. Uses the states up: may be called once.
    virtual void pull_back(const double* weights, const std::vector<int>& apart, double* sum,
                           double* apart_out) = 0;
};

// values[p, o] for each of the points and observables, of which there is at least one; all three
// must outlive the tape. Holds two states for each point.
template <class T>
std::unique_ptr<Tape> record(const Program& program, Observables observables, const double* angles,
                             std::int64_t points, double* values, int threads,
                             Shape shape = Shape::kAuto);

}  // namespace hybrid
