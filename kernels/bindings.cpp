// The Python face: checks arrays, releases the interpreter lock, calls the kernels.
#include "bindings.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cmath>
#include <initializer_list>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "buffer.hpp"
#include "evaluate.hpp"
#include "metric.hpp"
#include "outcomes.hpp"
#include "overlaps.hpp"
#include "tape.hpp"
#include "variances.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace hybrid {
namespace {

using Array = nb::ndarray<nb::ro>;

std::string shape_text(std::initializer_list<std::int64_t> shape) {
    std::string text = "(";
    for (auto s : shape) text += (text.size() > 1 ? ", " : "") + (s < 0 ? "*" : std::to_string(s));
    return text + ")";
}

template <class T>
constexpr const char* dtype_name() {
    if constexpr (std::is_same_v<T, std::uint8_t>) return "uint8";
    if constexpr (std::is_same_v<T, std::int32_t>) return "int32";
    if constexpr (std::is_same_v<T, std::int64_t>) return "int64";
    if constexpr (std::is_same_v<T, std::uint64_t>) return "uint64";
    if constexpr (std::is_same_v<T, double>) return "float64";
    return "complex128";
}

// The data of an array of this dtype and shape (-1: any length), contiguous in row-major order.
template <class T>
const T* data_of(const nb::object& object, const char* name,
                 std::initializer_list<std::int64_t> shape) {
    const std::string expected = std::string("; expected a C-contiguous ") + dtype_name<T>() +
                                 " array of shape " + shape_text(shape);
    Array array;
    if (!nb::try_cast(object, array))
        throw std::invalid_argument(std::string(name) + " is not an array in main memory" +
                                    expected);
    if (array.device_type() != nb::device::cpu::value || array.dtype() != nb::dtype<T>())
        throw std::invalid_argument(std::string(name) + " has another dtype" + expected);
    bool fits = array.ndim() == shape.size();
    std::size_t axis = 0;
    for (auto want : shape) {
        fits = fits && (want < 0 || std::int64_t(array.shape(axis)) == want);
        ++axis;
    }
    if (!fits) {
        std::string got = "(";
        for (std::size_t k = 0; k < array.ndim(); ++k)
            got += (k ? ", " : "") + std::to_string(array.shape(k));
        throw std::invalid_argument(std::string(name) + " has shape " + got + ")" + expected);
    }
    std::int64_t stride = 1;
    for (std::size_t k = array.ndim(); k-- > 0;) {
        if (array.size() > 0 && array.shape(k) > 1 && array.stride(k) != stride)
            throw std::invalid_argument(std::string(name) + " is not contiguous" + expected +
                                        "; use numpy.ascontiguousarray");
        stride *= std::int64_t(array.shape(k));
    }
    return static_cast<const T*>(array.data());
}

std::int64_t length_of(const nb::object& object, const char* name) {
    Array array;
    if (!nb::try_cast(object, array) || array.ndim() == 0)
        throw std::invalid_argument(std::string(name) + " is not an array with a length");
    return std::int64_t(array.shape(0));
}

template <class T>
nb::object numpy_array(T* data, std::initializer_list<std::size_t> shape) {
    nb::capsule owner(data, [](void* p) noexcept { delete[] static_cast<T*>(p); });
    return nb::cast(nb::ndarray<nb::numpy, T>(data, shape, owner));
}

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
    if (rows < 0) throw std::invalid_argument("block_rows is negative, expected 1 or more");
    a.block_rows = rows;
    return make_program(a);
}

int checked_threads(int threads) {
    if (threads < 0)
        throw std::invalid_argument("threads is " + std::to_string(threads) +
                                    ", expected 1 or more, or 0 for the default");
    return threads_to_use(threads);
}

void check_finite(const double* numbers, std::int64_t count, const char* name) {
    for (std::int64_t k = 0; k < count; ++k)
        if (!std::isfinite(numbers[k]))
            throw std::invalid_argument(std::string(name) +
                                        " has an element that is not finite, at index " +
                                        std::to_string(k));
}

void check_widths(const PauliSum& h, const Program& program) {
    if (h.num_qubits != program.num_qubits)
        throw std::invalid_argument("the observable has " + std::to_string(h.num_qubits) +
                                    " qubits, the program " + std::to_string(program.num_qubits));
}

Shape shape_of(const std::string& name) {
    if (name == "auto") return Shape::kAuto;
    if (name == "batched") return Shape::kBatched;
    if (name == "blocked") return Shape::kBlocked;
    throw std::invalid_argument("shape is '" + name + "', expected auto, batched or blocked");
}

// Observables of the program's width, at least one; the Python objects must outlive them.
Observables observables_of(nb::handle objects, const Program& program) {
    Observables of;
    for (nb::handle each : objects) {
        of.push_back(&nb::cast<const PauliSum&>(each));
        check_widths(*of.back(), program);
    }
    if (of.empty()) throw std::invalid_argument("observables is empty; expected at least one");
    return of;
}

nb::object evaluate_points(const Program& program, nb::object observable, nb::object angles,
                           bool gradient, int threads, bool single, const std::string& shape_name) {
    threads = checked_threads(threads);
    const Shape shape = shape_of(shape_name);
    const bool alone = nb::isinstance<PauliSum>(observable);
    const nb::object held = alone ? nb::object(nb::make_tuple(observable))
                                  : nb::object(nb::tuple(observable));
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

// A tape, what it refers to, and the shape of its weights.
struct PythonTape {
    std::unique_ptr<Tape> tape;
    nb::object program, observables;
    std::int64_t points, num_observables;
    int num_slots;
};

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
    PythonTape out{nullptr,
                   nb::borrow(self),
                   held,
                   std::int64_t(points),
                   std::int64_t(of.size()),
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

const double* one_point(const Program& program, const nb::object& angles) {
    const double* a = data_of<double>(angles, "angles", {program.num_slots});
    check_finite(a, program.num_slots, "angles");
    return a;
}

template <class T>
nb::object state_array(const Program& program, const double* angles, int threads) {
    Buffer<T> psi(program.num_qubits);
    {
        nb::gil_scoped_release release;
        run(program, angles, psi.get(), threads);
    }
    const std::size_t size = std::size_t{1} << program.num_qubits;
    std::complex<T>* amplitudes = psi.release();
    nb::capsule owner(amplitudes, [](void* p) noexcept { std::free(p); });
    return nb::cast(nb::ndarray<nb::numpy, std::complex<T>>(amplitudes, {size}, owner));
}

nb::object state(const Program& program, nb::object angles, int threads, bool single) {
    threads = checked_threads(threads);
    const double* a = one_point(program, angles);
    return single ? state_array<float>(program, a, threads)
                  : state_array<double>(program, a, threads);
}

nb::object amplitudes(const Program& program, nb::object angles, const std::vector<Mask>& states,
                      int threads) {
    threads = checked_threads(threads);
    const double* a = one_point(program, angles);
    for (Mask state : states)
        if (state & ~low_bits(program.num_qubits))
            throw std::invalid_argument("states names a basis state beyond the program's " +
                                        std::to_string(program.num_qubits) + " qubits");
    auto* out = new std::complex<double>[states.size()];
    nb::object array = numpy_array(out, {states.size()});
    nb::gil_scoped_release release;
    Buffer<double> psi(program.num_qubits);
    run(program, a, psi.get(), threads);
    // Adding 0.0 makes a negative zero positive, as a sum over shards does.
    for (std::size_t k = 0; k < states.size(); ++k)
        out[k] = psi.get()[states[k]] + std::complex<double>(0.0, 0.0);
    return array;
}

nb::object metric_tensor(const Program& program, nb::object angles, int threads) {
    threads = checked_threads(threads);
    const double* a = one_point(program, angles);
    const std::size_t slots = program.num_slots;
    auto* g = new double[slots * slots];
    nb::object array = numpy_array(g, {slots, slots});
    nb::gil_scoped_release release;
    metric(program, a, g, threads);
    return array;
}

nb::object overlaps_with(const Program& program, nb::object others, nb::object angles,
                         bool gradient, int threads) {
    threads = checked_threads(threads);
    const std::size_t points = length_of(angles, "angles"), slots = program.num_slots;
    if (points == 0) throw std::invalid_argument("angles has no rows; expected at least one point");
    const double* a = data_of<double>(angles, "angles", {-1, program.num_slots});
    check_finite(a, points * slots, "angles");
    const std::size_t count = length_of(others, "others");
    const auto* states = data_of<std::complex<double>>(
        others, "others", {-1, std::int64_t{1} << program.num_qubits});
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

nb::object variances_of(const Program& program, nb::object observables, nb::object angles,
                        int threads) {
    threads = checked_threads(threads);
    const nb::object held = nb::tuple(observables);
    const Observables of = observables_of(held, program);
    const std::size_t points = length_of(angles, "angles");
    if (points == 0) throw std::invalid_argument("angles has no rows; expected at least one point");
    const double* a = data_of<double>(angles, "angles", {-1, program.num_slots});
    check_finite(a, points * program.num_slots, "angles");
    double* out = new double[points * of.size()];
    nb::object array = numpy_array(out, {points, of.size()});
    nb::gil_scoped_release release;
    variances(program, of, a, points, out, threads);
    return array;
}

nb::object marginal(const Program& program, nb::object angles, Mask qubits, int threads) {
    threads = checked_threads(threads);
    if (qubits & ~low_bits(program.num_qubits))
        throw std::invalid_argument("qubits names one beyond the program's " +
                                    std::to_string(program.num_qubits) + " qubits");
    const double* a = one_point(program, angles);
    const std::size_t size = std::size_t{1} << popcount(qubits);
    auto* out = new double[size];
    nb::object array = numpy_array(out, {size});
    nb::gil_scoped_release release;
    Buffer<double> psi(program.num_qubits);
    run(program, a, psi.get(), threads);
    probabilities(Placement(program.num_qubits), psi.get(), qubits, out, threads);
    return array;
}

nb::object sample_states(const Program& program, nb::object angles, std::int64_t shots,
                         std::uint64_t seed, int threads) {
    threads = checked_threads(threads);
    if (shots < 0)
        throw std::invalid_argument("shots is " + std::to_string(shots) + ", expected 0 or more");
    const double* a = one_point(program, angles);
    auto* out = new std::uint64_t[shots];
    nb::object array = numpy_array(out, {std::size_t(shots)});
    nb::gil_scoped_release release;
    Buffer<double> psi(program.num_qubits);
    run(program, a, psi.get(), threads);
    const Placement whole(program.num_qubits);
    std::vector<double> weights(bit(popcount(outcome_strips(program.num_qubits))));
    strip_weights(whole, psi.get(), weights.data(), threads);
    draw(whole, psi.get(), weights.data(), shots, seed, out, threads);
    return array;
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

// What the shape of a problem is compared with in the kernels.
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
    nb::class_<Program>(m, "Program")
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
             "single"_a = false, "shape"_a = "auto")
        .def("state", &state, "angles"_a, nb::kw_only(), "threads"_a = 0, "single"_a = false)
        .def("amplitudes", &amplitudes, "angles"_a, "states"_a, nb::kw_only(), "threads"_a = 0)
        .def("overlaps", &overlaps_with, "others"_a, "angles"_a, "gradient"_a, nb::kw_only(),
             "threads"_a = 0)
        .def("variances", &variances_of, "observables"_a, "angles"_a, nb::kw_only(),
             "threads"_a = 0)
        .def("metric", &metric_tensor, "angles"_a, nb::kw_only(), "threads"_a = 0)
        .def("probabilities", &marginal, "angles"_a, "qubits"_a, nb::kw_only(), "threads"_a = 0)
        .def("sample", &sample_states, "angles"_a, "shots"_a, "seed"_a, nb::kw_only(),
             "threads"_a = 0);
    nb::class_<PythonTape>(m, "Tape").def("pull_back", &pull_back, "weights"_a,
                                          "apart"_a = std::vector<int>());
    bind_planner(m);
    bind_shards(m);
    m.def("about", &about);
    m.def("limits", &limits);
    m.def("memory_bytes", &memory, "num_qubits"_a, "gradient"_a, "single"_a, "several"_a = false);
}
