// Declarations shared by the files of the Python interface.
#pragma once

#include <nanobind/nanobind.h>

#include "program.hpp"

namespace hybrid {

void bind_planner(nanobind::module_& m);
void bind_readings(nanobind::class_<Program>& program);
void bind_shards(nanobind::module_& m);

}  // namespace hybrid
