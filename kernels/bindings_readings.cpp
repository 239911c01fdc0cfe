// Readings of a program's states, for Python: state vector, amplitudes, probabilities, shots,
// metric, overlaps, variances, forces.
#include <nanobind/nanobind.h>
#include <nanobind/stl/vector.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "arrays.hpp"
#include "bindings.hpp"
#include "buffer.hpp"
#include "evaluate.hpp"
#include "forces.hpp"
#include "metric.hpp"
#include "outcomes.hpp"
#include "overlaps.hpp"
#include "variances.hpp"

using namespace nb::literals;

namespace hybrid {
namespace {

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
    // Adding 0.0 turns -0.0 into 0.0, as a sum over shards does.
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
    const auto* states = data_of<std::complex<double>>(others, "others",
                                                       {-1, std::int64_t{1} << program.num_qubits});
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

nb::object forces_of(const Program& program, nb::object observables, nb::object angles,
                     int threads) {
    threads = checked_threads(threads);
    const nb::object held = nb::tuple(observables);
    const Observables of = observables_of(held, program);
    const std::size_t points = length_of(angles, "angles"), slots = program.num_slots;
    if (points == 0) throw std::invalid_argument("angles has no rows; expected at least one point");
    const double* a = data_of<double>(angles, "angles", {-1, program.num_slots});
    check_finite(a, points * slots, "angles");
    double* out = new double[points * of.size() * slots];
    nb::object array = numpy_array(out, {points, of.size(), slots});
    nb::gil_scoped_release release;
    forces(program, of, a, points, out, threads);
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

}  // namespace

void bind_readings(nb::class_<Program>& program) {
    program.def("state", &state, "angles"_a, nb::kw_only(), "threads"_a = 0, "single"_a = false)
        .def("amplitudes", &amplitudes, "angles"_a, "states"_a, nb::kw_only(), "threads"_a = 0)
        .def("overlaps", &overlaps_with, "others"_a, "angles"_a, "gradient"_a, nb::kw_only(),
             "threads"_a = 0)
        .def("variances", &variances_of, "observables"_a, "angles"_a, nb::kw_only(),
             "threads"_a = 0)
        .def("forces", &forces_of, "observables"_a, "angles"_a, nb::kw_only(), "threads"_a = 0)
        .def("metric", &metric_tensor, "angles"_a, nb::kw_only(), "threads"_a = 0)
        .def("probabilities", &marginal, "angles"_a, "qubits"_a, nb::kw_only(), "threads"_a = 0)
        .def("sample", &sample_states, "angles"_a, "shots"_a, "seed"_a, nb::kw_only(),
             "threads"_a = 0);
}

}  // namespace hybrid
