// The Python interface: checks arrays, releases the interpreter lock, calls the kernels.
#include "bindings.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "arrays.hpp"
#include "evaluate.hpp"
#include "python_tape.hpp"

using namespace nb::literals;

namespace hybrid {

ProgramArrays program_arrays(std::int64_t num_qubits, const nb::object& kind,
                             const nb::object& targets, const nb::object& control_mask,
                             const nb::object& control_value, const nb::object& matrix_offset,
                             const nb::object& matrices, const nb::object& x_mask,
                             const nb::object& string_offset, const nb::object& string_count,
                             const nb::object& z_masks, const nb::object& coefficients,
                             const nb::object& slot, std::int64_t num_slots) {
    check_num_qubits(num_qubits);
    if (num_slots < 0 || num_slots > std::numeric_limits<std::int32_t>::max())
        throw std::invalid_argument("num_slots is " + std::to_string(num_slots) +
                                    ", expected 0 or more, in 32 bits");
    ProgramArrays a;
    a.num_qubits = int(num_qubits);
    a.num_slots = int(num_slots);
    a.size = length_of(kind, "kind");
    a.matrices_size = length_of(matrices, "matrices");
    a.strings_size = length_of(z_masks, "z_masks");
    a.kind = data_of<std::uint8_t>(kind, "kind", {-1});
    a.targets = data_of<std::int32_t>(targets, "targets", {a.size, 2});
    a.control_mask = data_of<Mask>(control_mask, "control_mask", {a.size});
    a.control_value = data_of<Mask>(control_value, "control_value", {a.size});
    a.matrix_offset = data_of<std::int64_t>(matrix_offset, "matrix_offset", {a.size});
    a.matrices = data_of<std::complex<double>>(matrices, "matrices", {-1});
    a.x_mask = data_of<Mask>(x_mask, "x_mask", {a.size});
    a.string_offset = data_of<std::int64_t>(string_offset, "string_offset", {a.size});
    a.string_count = data_of<std::int32_t>(string_count, "string_count", {a.size});
    a.z_masks = data_of<Mask>(z_masks, "z_masks", {-1});
    a.coefficients = data_of<double>(coefficients, "coefficients", {a.strings_size});
    a.slot = data_of<std::int32_t>(slot, "slot", {a.size});
    return a;
}

namespace {

PauliSum pauli_sum(std::int64_t num_qubits, nb::object x, nb::object z, nb::object coefficients) {
    check_num_qubits(num_qubits);
    const std::int64_t count = length_of(x, "x_masks");
    return make_pauli_sum(int(num_qubits), data_of<Mask>(x, "x_masks", {count}),
                          data_of<Mask>(z, "z_masks", {count}),
                          data_of<double>(coefficients, "coefficients", {count}), count);
}

Program program(std::int64_t num_qubits, nb::object kind, nb::object targets,
                nb::object control_mask, nb::object control_value, nb::object matrix_offset,
                nb::object matrices, nb::object x_mask, nb::object string_offset,
                nb::object string_count, nb::object z_masks, nb::object coefficients,
                nb::object slot, std::int64_t num_slots, int rows) {
    ProgramArrays a = program_arrays(num_qubits, kind, targets, control_mask, control_value,
                                     matrix_offset, matrices, x_mask, string_offset, string_count,
                                     z_masks, coefficients, slot, num_slots);
    if (rows < 0) throw std::invalid_argument("block_rows is negative, expected 1 or more");
    a.block_rows = rows;
    return make_program(a);
}

Shape shape_of(const std::string& name) {
    if (name == "auto") return Shape::kAuto;
    if (name == "batched") return Shape::kBatched;
    if (name == "blocked") return Shape::kBlocked;
    throw std::invalid_argument("shape is '" + name + "', expected auto, batched or blocked");
}

nb::object evaluate_points(const Program& program, nb::object observable, nb::object angles,
                           bool gradient, int threads, bool single, const std::string& shape_name) {
    threads = checked_threads(threads);
    const Shape shape = shape_of(shape_name);
    const bool alone = nb::isinstance<PauliSum>(observable);
    const nb::object held =
        alone ? nb::object(nb::make_tuple(observable)) : nb::object(nb::tuple(observable));
    const Observables of = observables_of(held, program);
    const std::size_t many = of.size();
    const std::size_t points = length_of(angles, "angles"), slots = program.num_slots;
    if (points == 0) throw std::invalid_argument("angles has no rows; expected at least one point");
    const double* a = data_of<double>(angles, "angles", {-1, program.num_slots});
    check_finite(a, points * slots, "angles");
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
        (single ? evaluate<float> : evaluate<double>)(program, of, a, points, values, gradients,
                                                      threads, shape);
    }
    return nb::make_tuple(values_array, gradients_array);
}

nb::object record_points(nb::handle_t<Program> self, nb::object observables, nb::object angles,
                         int threads, bool single, const std::string& shape_name) {
    const Program& program = nb::cast<const Program&>(self);
    threads = checked_threads(threads);
    const Shape shape = shape_of(shape_name);
    const nb::object held = nb::tuple(observables);
    Observables of = observables_of(held, program);
    const std::size_t points = length_of(angles, "angles");
    if (points == 0) throw std::invalid_argument("angles has no rows; expected at least one point");
    const double* a = data_of<double>(angles, "angles", {-1, program.num_slots});
    check_finite(a, points * program.num_slots, "angles");
    double* values = new double[points * of.size()];
    nb::object values_array = numpy_array(values, {points, of.size()});
    PythonTape out{
        nullptr,          nb::borrow(self), held, std::int64_t(points), std::int64_t(of.size()),
        program.num_slots};
    {
        nb::gil_scoped_release release;
        out.tape = (single ? record<float> : record<double>)(program, std::move(of), a, points,
                                                             values, threads, shape);
    }
    return nb::make_tuple(values_array, nb::cast(std::move(out)));
}

nb::object pull_back(PythonTape& self, nb::object weights, const std::vector<int>& apart) {
    if (!self.tape)
        throw std::invalid_argument("the tape was pulled back before; record the points again");
    const double* w = data_of<double>(weights, "weights", {self.points, self.num_observables});
    check_finite(w, self.points * self.num_observables, "weights");
    std::vector<bool> seen(self.num_slots);
    for (int slot : apart) {
        if (slot < 0 || slot >= self.num_slots || seen[slot])
            throw std::invalid_argument("apart has " + std::to_string(slot) +
                                        ", expected slots in 0.." +
                                        std::to_string(self.num_slots - 1) + ", each once");
        seen[slot] = true;
    }
    double* sum = new double[self.num_slots];
    nb::object sum_array = numpy_array(sum, {std::size_t(self.num_slots)});
    double* out = new double[self.points * apart.size()];
    nb::object out_array = numpy_array(out, {std::size_t(self.points), apart.size()});
    const auto tape = std::move(self.tape);
    {
        nb::gil_scoped_release release;
        tape->pull_back(w, apart, sum, out);
    }
    return nb::make_tuple(sum_array, out_array);
}

#define HYBRID_TEXT_OF(name) #name
#define HYBRID_TEXT(name) HYBRID_TEXT_OF(name)

nb::dict about() {
    const std::string module = HYBRID_TEXT(HYBRID_MODULE);  // _v4, _v3, _v2 or _portable
    nb::dict facts;
    facts["processor"] = module[1] == 'v' ? "x86-64-" + module.substr(1) : module.substr(1);
    facts["threads"] = threads_to_use(0);
    facts["compiler"] = std::string(__VERSION__);
    return facts;
}

std::uint64_t memory(std::int64_t num_qubits, bool gradient, bool single, bool several) {
    check_num_qubits(num_qubits);
    return memory_bytes(int(num_qubits), gradient, single, several);
}

// Thresholds of the kernels, for the Python side.
nb::dict limits() {
    nb::dict facts;
    facts["lanes"] = kLanes;
    facts["batched_qubits"] = kMostBatchedQubits;
    facts["qubits"] = kMaxQubits;
    return facts;
}

}  // namespace
}  // namespace hybrid

NB_MODULE(HYBRID_MODULE, m) {
    using namespace hybrid;
    m.doc() = "State-vector kernels: programs, observables, adjoint gradients";
    nb::class_<PauliSum>(m, "PauliSum")
        .def(nb::new_(&pauli_sum), "num_qubits"_a, "x_masks"_a, "z_masks"_a, "coefficients"_a)
        .def_ro("num_qubits", &PauliSum::num_qubits)
        .def_prop_ro("num_masks", [](const PauliSum& h) { return h.groups.size(); })
        .def_prop_ro("x_masks", [](const PauliSum& h) {
            std::vector<Mask> masks;
            for (const auto& group : h.groups) masks.push_back(group.x);
            return masks;
        });
    nb::class_<Program> program_class(m, "Program");
    program_class
        .def(nb::new_(&program), "num_qubits"_a, "kind"_a, "targets"_a, "control_mask"_a,
             "control_value"_a, "matrix_offset"_a, "matrices"_a, "x_mask"_a, "string_offset"_a,
             "string_count"_a, "z_masks"_a, "coefficients"_a, "slot"_a, "num_slots"_a,
             nb::kw_only(), "block_rows"_a = 0)
        .def_ro("num_qubits", &Program::num_qubits)
        .def_ro("num_slots", &Program::num_slots)
        .def_prop_ro("num_sweeps", [](const Program& p) { return p.sweeps.size(); })
        .def_prop_ro("for_values", &for_values, nb::rv_policy::reference_internal)
        .def("evaluate", &evaluate_points, "observable"_a, "angles"_a, "gradient"_a, nb::kw_only(),
             "threads"_a = 0, "single"_a = false, "shape"_a = "auto")
        .def("record", &record_points, "observables"_a, "angles"_a, nb::kw_only(), "threads"_a = 0,
             "single"_a = false, "shape"_a = "auto");
    bind_readings(program_class);
    nb::class_<PythonTape>(m, "Tape").def("pull_back", &pull_back, "weights"_a,
                                          "apart"_a = std::vector<int>());
    bind_planner(m);
    bind_shards(m);
    bind_sectors(m);
    m.def("about", &about);
    m.def("limits", &limits);
    m.def("memory_bytes", &memory, "num_qubits"_a, "gradient"_a, "single"_a, "several"_a = false);
}
