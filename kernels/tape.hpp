// Values of many points first, then the sum of their gradients with weights that may depend on the
// values: a vector-Jacobian product, summed over the points.
//
// States are kept in between, so the backward pass needs no second forward pass, and gradients of
// single points are never stored.
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
    // same bits for any number of threads. For the slots in `apart`, apart_out[p, a] is the term of
    // point p, summed over observables. Consumes the states: call once.
    virtual void pull_back(const double* weights, const std::vector<int>& apart, double* sum,
                           double* apart_out) = 0;
};

// values[p, o] for all points and at least one observable. Program, observables and angles must
// outlive the tape, which holds two states per point.
template <class T>
std::unique_ptr<Tape> record(const Program& program, Observables observables, const double* angles,
                             std::int64_t points, double* values, int threads,
                             Shape shape = Shape::kAuto);

}  // namespace hybrid
