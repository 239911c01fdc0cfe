// What the files of the Python face offer one another.
#pragma once

#include <nanobind/nanobind.h>

namespace hybrid {

void bind_planner(nanobind::module_& m);
void bind_shards(nanobind::module_& m);

}  // namespace hybrid
