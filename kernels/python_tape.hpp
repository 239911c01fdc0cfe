// A tape as a Python object: with the objects it refers to, and the shape of its weights.
#pragma once

#include <nanobind/nanobind.h>

#include <memory>

#include "tape.hpp"

namespace hybrid {

struct PythonTape {
    std::unique_ptr<Tape> tape;
    nanobind::object program, observables;
    std::int64_t points, num_observables;
    int num_slots;
};

}  // namespace hybrid
