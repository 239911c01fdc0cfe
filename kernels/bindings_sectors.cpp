// Sectors for Python: bases, programs and observables in a sector, and their readings.
#include <nanobind/nanobind.h>
#include <nanobind/stl/unique_ptr.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "arrays.hpp"
#include "bindings.hpp"
#include "python_tape.hpp"
#include "sector_evaluate.hpp"

using namespace nb::literals;

namespace hybrid {
namespace {

template <class To, class From>
std::vector<To> copied(const nb::object& array, const char* name, std::int64_t length = -1) {
    const From* data = data_of<From>(array, name, {length});
    return std::vector<To>(data, data + length_of(array, name));
}

SectorBasis basis(std::int64_t num_qubits, Mask row_qubits, nb::object rows, nb::object row_class,
                  nb::object columns, nb::object column_start) {
    check_num_qubits(num_qubits);
    return SectorBasis(int(num_qubits), row_qubits, copied<Mask, Mask>(rows, "rows"),
                       copied<int, std::int32_t>(row_class, "row_class"),
                       copied<Mask, Mask>(columns, "columns"),
                       copied<std::int64_t, std::int64_t>(column_start, "column_start"));
}

nb::object states_of(const SectorBasis& basis) {
    auto* out = new Mask[basis.size()];
    nb::object array = numpy_array(out, {std::size_t(basis.size())});
    for (const SectorRow& row : basis.rows())
        for (std::size_t c = 0; c < basis.columns(row.of_class).size(); ++c)
            out[row.start + c] = row.string | basis.columns(row.of_class)[c];
    return array;
}

std::unique_ptr<SectorProgram> program(const SectorBasis& basis, nb::object start,
                                       nb::object amplitudes, std::int64_t num_qubits,
                                       nb::object kind, nb::object targets, nb::object control_mask,
                                       nb::object control_value, nb::object matrix_offset,
                                       nb::object matrices, nb::object x_mask,
                                       nb::object string_offset, nb::object string_count,
                                       nb::object z_masks, nb::object coefficients, nb::object slot,
                                       std::int64_t num_slots) {
    const ProgramArrays arrays = program_arrays(
        num_qubits, kind, targets, control_mask, control_value, matrix_offset, matrices, x_mask,
        string_offset, string_count, z_masks, coefficients, slot, num_slots);
    const std::int64_t count = length_of(start, "start");
    const Mask* states = data_of<Mask>(start, "start", {count});
    const auto* values = data_of<std::complex<double>>(amplitudes, "amplitudes", {count});
    std::vector<std::pair<Mask, std::complex<double>>> pairs;
    for (std::int64_t k = 0; k < count; ++k) pairs.emplace_back(states[k], values[k]);
    return make_sector_program(basis, arrays, pairs);
}

std::unique_ptr<SectorSum> sum(const SectorProgram& program, const PauliSum& observable) {
    if (observable.num_qubits != program.basis.num_qubits())
        throw std::invalid_argument("the observable has " + std::to_string(observable.num_qubits) +
                                    " qubits, the program " +
                                    std::to_string(program.basis.num_qubits()));
    nb::gil_scoped_release release;
    return std::make_unique<SectorSum>(program.basis, observable, program.real);
}

SectorSums sums_of(const nb::object& held, const SectorProgram& program) {
    SectorSums sums;
    for (nb::handle each : held) {
        const SectorSum& one = nb::cast<const SectorSum&>(each);
        if (&one.basis() != &program.basis || one.real() != program.real)
            throw std::invalid_argument("an observable was made for another program");
        sums.push_back(&one);
    }
    if (sums.empty()) throw std::invalid_argument("observables is empty; expected at least one");
    return sums;
}

// The interface of Program has this argument.
void check_double(bool single) {
    if (single) throw std::invalid_argument("single is True; states in a sector are complex128");
}

const double* points_of(const SectorProgram& program, const nb::object& angles,
                        std::size_t& count) {
    count = length_of(angles, "angles");
    if (count == 0) throw std::invalid_argument("angles has no rows; expected at least one point");
    const double* a = data_of<double>(angles, "angles", {-1, program.num_slots});
    check_finite(a, count * program.num_slots, "angles");
    return a;
}

nb::object evaluate_points(const SectorProgram& program, nb::object observable, nb::object angles,
                           bool gradient, int threads, bool single) {
    check_double(single);
    threads = checked_threads(threads);
    const bool alone = nb::isinstance<SectorSum>(observable);
    const nb::object held =
        alone ? nb::object(nb::make_tuple(observable)) : nb::object(nb::tuple(observable));
    const SectorSums sums = sums_of(held, program);
    std::size_t points = 0;
    const double* a = points_of(program, angles, points);
    const std::size_t many = sums.size(), slots = program.num_slots;
    double* values = new double[points * many];
    nb::object values_array =
        alone ? numpy_array(values, {points}) : numpy_array(values, {points, many});
    double* gradients = gradient ? new double[points * many * slots] : nullptr;
    nb::object gradients_array = nb::none();
    if (gradient)
        gradients_array = alone ? numpy_array(gradients, {points, slots})
                                : numpy_array(gradients, {points, many, slots});
    {
        nb::gil_scoped_release release;
        evaluate(program, sums, a, points, values, gradients, threads);
    }
    return nb::make_tuple(values_array, gradients_array);
}

nb::object record_points(nb::handle_t<SectorProgram> self, nb::object observables,
                         nb::object angles, int threads, bool single) {
    check_double(single);
    const SectorProgram& program = nb::cast<const SectorProgram&>(self);
    threads = checked_threads(threads);
    const nb::object held = nb::tuple(observables);
    SectorSums sums = sums_of(held, program);
    std::size_t points = 0;
    const double* a = points_of(program, angles, points);
    double* values = new double[points * sums.size()];
    nb::object values_array = numpy_array(values, {points, sums.size()});
    PythonTape out{
        nullptr,          nb::borrow(self), held, std::int64_t(points), std::int64_t(sums.size()),
        program.num_slots};
    {
        nb::gil_scoped_release release;
        out.tape = record(program, std::move(sums), a, points, values, threads);
    }
    return nb::make_tuple(values_array, nb::cast(std::move(out)));
}

const double* one_point(const SectorProgram& program, const nb::object& angles) {
    const double* a = data_of<double>(angles, "angles", {program.num_slots});
    check_finite(a, program.num_slots, "angles");
    return a;
}

nb::object state_at(const SectorProgram& program, nb::object angles, int threads) {
    threads = checked_threads(threads);
    const double* a = one_point(program, angles);
    auto* out = new std::complex<double>[program.basis.size()];
    nb::object array = numpy_array(out, {std::size_t(program.basis.size())});
    nb::gil_scoped_release release;
    state(program, a, out, threads);
    return array;
}

nb::object metric_at(const SectorProgram& program, nb::object angles, int threads) {
    threads = checked_threads(threads);
    const double* a = one_point(program, angles);
    const std::size_t slots = program.num_slots;
    auto* g = new double[slots * slots];
    nb::object array = numpy_array(g, {slots, slots});
    nb::gil_scoped_release release;
    metric(program, a, g, threads);
    return array;
}

nb::object variances_of(const SectorProgram& program, nb::object observables, nb::object angles,
                        int threads) {
    threads = checked_threads(threads);
    const nb::object held = nb::tuple(observables);
    const SectorSums sums = sums_of(held, program);
    std::size_t points = 0;
    const double* a = points_of(program, angles, points);
    double* out = new double[points * sums.size()];
    nb::object array = numpy_array(out, {points, sums.size()});
    nb::gil_scoped_release release;
    variances(program, sums, a, points, out, threads);
    return array;
}

nb::object overlaps_with(const SectorProgram& program, nb::object others, nb::object angles,
                         bool gradient, int threads) {
    threads = checked_threads(threads);
    std::size_t points = 0;
    const double* a = points_of(program, angles, points);
    const std::size_t count = length_of(others, "others"), slots = program.num_slots;
    const auto* states =
        data_of<std::complex<double>>(others, "others", {-1, std::int64_t(program.basis.size())});
    double* values = new double[points * count];
    nb::object values_array = numpy_array(values, {points, count});
    double* gradients = gradient ? new double[points * count * slots] : nullptr;
    nb::object gradients_array =
        gradient ? numpy_array(gradients, {points, count, slots}) : nb::none();
    {
        nb::gil_scoped_release release;
        overlaps(program, states, count, a, points, values, gradients, threads);
    }
    return nb::make_tuple(values_array, gradients_array);
}

}  // namespace

void bind_sectors(nb::module_& m) {
    nb::class_<SectorBasis>(m, "SectorBasis")
        .def(nb::new_(&basis), "num_qubits"_a, "row_qubits"_a, "rows"_a, "row_class"_a, "columns"_a,
             "column_start"_a)
        .def_prop_ro("size", &SectorBasis::size)
        .def_prop_ro("states", &states_of);
    nb::class_<SectorSum>(m, "SectorSum")
        .def(nb::new_(&sum), "program"_a, "observable"_a, nb::keep_alive<0, 1>(),
             nb::keep_alive<0, 2>())
        .def_prop_ro("num_pairs", &SectorSum::num_pairs)
        .def("is_whole", &SectorSum::is_whole, nb::call_guard<nb::gil_scoped_release>());
    nb::class_<SectorProgram>(m, "SectorProgram")
        .def(nb::new_(&program), "basis"_a, "start"_a, "amplitudes"_a, "num_qubits"_a, "kind"_a,
             "targets"_a, "control_mask"_a, "control_value"_a, "matrix_offset"_a, "matrices"_a,
             "x_mask"_a, "string_offset"_a, "string_count"_a, "z_masks"_a, "coefficients"_a,
             "slot"_a, "num_slots"_a, nb::keep_alive<0, 1>())
        .def_ro("num_slots", &SectorProgram::num_slots)
        .def_ro("real", &SectorProgram::real)
        .def_prop_ro("num_pairs", &SectorProgram::num_pairs)
        .def(
            "memory_bytes",
            [](const SectorProgram& p, bool gradient, bool several, std::int64_t points) {
                return memory_bytes(p, gradient, several, points);
            },
            "gradient"_a, "several"_a, "points"_a)
        .def("evaluate", &evaluate_points, "observable"_a, "angles"_a, "gradient"_a, nb::kw_only(),
             "threads"_a = 0, "single"_a = false)
        .def("record", &record_points, "observables"_a, "angles"_a, nb::kw_only(), "threads"_a = 0,
             "single"_a = false)
        .def("state", &state_at, "angles"_a, nb::kw_only(), "threads"_a = 0)
        .def("variances", &variances_of, "observables"_a, "angles"_a, nb::kw_only(),
             "threads"_a = 0)
        .def("metric", &metric_at, "angles"_a, nb::kw_only(), "threads"_a = 0)
        .def("overlaps", &overlaps_with, "others"_a, "angles"_a, "gradient"_a, nb::kw_only(),
             "threads"_a = 0);
}

}  // namespace hybrid
