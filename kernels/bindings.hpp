// Declarations shared by the files of the Python interface.
#pragma once

#include <nanobind/nanobind.h>

#include "program.hpp"

namespace hybrid {

void bind_planner(nanobind::module_& m);
void bind_readings(nanobind::class_<Program>& program);
void bind_shards(nanobind::module_& m);
void bind_sectors(nanobind::module_& m);

// The arrays of a program's Python interface, with dtypes and shapes checked.
ProgramArrays program_arrays(std::int64_t num_qubits, const nanobind::object& kind,
                             const nanobind::object& targets, const nanobind::object& control_mask,
                             const nanobind::object& control_value,
                             const nanobind::object& matrix_offset,
                             const nanobind::object& matrices, const nanobind::object& x_mask,
                             const nanobind::object& string_offset,
                             const nanobind::object& string_count, const nanobind::object& z_masks,
                             const nanobind::object& coefficients, const nanobind::object& slot,
                             std::int64_t num_slots);

}  // namespace hybrid
