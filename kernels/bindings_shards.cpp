// Kernels for states distributed over ranks, for Python: sweeps on shards, parts of shards, and
// results from the sums of all shards.
#include <nanobind/ndarray.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "bindings.hpp"
#include "evaluate.hpp"
#include "hamiltonian.hpp"
#include "metric.hpp"
#include "outcomes.hpp"
#include "parts.hpp"
#include "passes.hpp"
#include "strips.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace hybrid {

namespace {

using Shard = nb::ndarray<nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Sums = nb::ndarray<double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

bool is_single(const Shard& shard) {
    if (shard.dtype() == nb::dtype<std::complex<float>>()) return true;
    if (shard.dtype() == nb::dtype<std::complex<double>>()) return false;
    throw std::invalid_argument("a shard has another dtype, expected complex128 or complex64");
}

template <class T>
std::complex<T>* amplitudes(const Shard& shard, int num_qubits) {
    if (is_single(shard) != std::is_same_v<T, float>)
        throw std::invalid_argument("shards have different dtypes");
    if (shard.shape(0) != std::size_t{1} << num_qubits)
        throw std::invalid_argument("a shard has " + std::to_string(shard.shape(0)) +
                                    " amplitudes, expected 2^" + std::to_string(num_qubits));
    return static_cast<std::complex<T>*>(shard.data());
}

double* sums_of(const Sums& sums, std::size_t count) {
    if (sums.shape(0) != count)
        throw std::invalid_argument("sums has " + std::to_string(sums.shape(0)) +
                                    " elements, expected " + std::to_string(count));
    return sums.data();
}

Placement placement(std::vector<int> position, Mask fixed, Mask value) {
    const int n = int(position.size());
    check_num_qubits(n);
    Mask seen = 0;
    for (int q = 0; q < n; ++q) {
        if (position[q] < 0 && !(fixed & bit(q)))
            throw std::invalid_argument("qubit " + std::to_string(q) +
                                        " has neither a position nor a fixed value");
        if (position[q] >= n || (position[q] >= 0 && seen & bit(position[q])))
            throw std::invalid_argument("position is no order of the qubits");
        if (position[q] >= 0) seen |= bit(position[q]);
    }
    if (seen & (seen + 1)) throw std::invalid_argument("position leaves a bit out");
    if ((fixed & ~low_bits(n)) || (value & ~fixed))
        throw std::invalid_argument("fixed or value names a qubit that it may not");
    return Placement(std::move(position), fixed, value);
}

// A program at one point, in one precision.
class BoundAtPoint {
  public:
    BoundAtPoint(const Program& program, const Sums& angles, bool single) : program_(program) {
        const double* from = sums_of(angles, program.num_slots);
        angles_.assign(from, from + program.num_slots);
        if (single)
            bound_ = bind_all<float>(program, angles_.data());
        else
            bound_ = bind_all<double>(program, angles_.data());
    }

    void forward(std::size_t k, const Placement& at, const Shard& psi, int threads) const {
        on(k, at, psi, [&](const auto& bound, auto* p) {
            step_forward(sweep(k), bound, angles_.data(), at, p, threads_to_use(threads));
        });
    }

    void tangent(std::size_t k, int slot, const Placement& at, const Shard& psi,
                 const Shard& tangent, int threads) const {
        on(k, at, psi, [&]<class T>(const BoundBlock<T>& bound, std::complex<T>* p) {
            step_tangent(sweep(k), bound, angles_.data(), slot, at, p,
                         amplitudes<T>(tangent, at.memory_qubits()), threads_to_use(threads));
        });
    }

    void backward(std::size_t k, const Placement& at, const Shard& psi, const Shard& lambda,
                  const Sums& sums, int threads) const {
        double* out = sums_of(sums, num_sums(sweep(k)));
        on(k, at, psi, [&]<class T>(const BoundBlock<T>& bound, std::complex<T>* p) {
            step_backward(sweep(k), bound, angles_.data(), at, p,
                          amplitudes<T>(lambda, at.memory_qubits()), out, threads_to_use(threads));
        });
    }

  private:
    const Sweep& sweep(std::size_t k) const { return program_.sweeps.at(k); }

    template <class Work>
    void on(std::size_t k, const Placement& at, const Shard& psi, Work work) const {
        sweep(k);
        if (at.num_qubits() != program_.num_qubits)
            throw std::invalid_argument("the placement has another width than the program");
        std::visit(
            [&]<class T>(const std::vector<BoundBlock<T>>& bound) {
                std::complex<T>* p = amplitudes<T>(psi, at.memory_qubits());
                nb::gil_scoped_release release;
                work(bound[k], p);
            },
            bound_);
    }

    const Program& program_;
    std::vector<double> angles_;
    std::variant<BoundProgram<double>, BoundProgram<float>> bound_;
};

// Converts the sums of all sweeps, concatenated, to the gradient by each angle.
nb::object gradient_of(const Program& program, const Sums& sums) {
    std::size_t count = 0;
    for (const Sweep& sweep : program.sweeps) count += num_sums(sweep);
    const double* from = sums_of(sums, count) + count;
    auto* gradient = new double[program.num_slots]();
    nb::capsule owner(gradient, [](void* p) noexcept { delete[] static_cast<double*>(p); });
    for (std::size_t k = program.sweeps.size(); k-- > 0;) {  // in the order of the backward pass
        from -= num_sums(program.sweeps[k]);
        add_to_gradient(program.sweeps[k], from, gradient);
    }
    return nb::cast(
        nb::ndarray<nb::numpy, double>(gradient, {std::size_t(program.num_slots)}, owner));
}

template <class Work>
void with_dtype(const Shard& shard, Work work) {
    if (is_single(shard))
        work(float{});
    else
        work(double{});
}

void check_width(const PauliSum& h, const Placement& at) {
    if (h.num_qubits != at.num_qubits())
        throw std::invalid_argument("the placement has another width than the observable");
}

void image_part(const PauliSum& h, const Placement& source_at, const Shard& source,
                const Placement& image_at, const Shard& image, bool fresh, int threads) {
    check_width(h, source_at);
    check_width(h, image_at);
    with_dtype(source, [&]<class T>(T) {
        const auto* from = amplitudes<T>(source, source_at.memory_qubits());
        auto* to = amplitudes<T>(image, image_at.memory_qubits());
        nb::gil_scoped_release release;
        image_from(h, source_at, from, image_at, to, fresh, threads_to_use(threads));
    });
}

void product(const Placement& at, const Shard& psi, const Shard& image, const Sums& sums,
             int threads) {
    double* out = sums_of(sums, bit(popcount(expectation_strips(at.num_qubits()))));
    with_dtype(psi, [&]<class T>(T) {
        const auto *p = amplitudes<T>(psi, at.memory_qubits()),
                   *i = amplitudes<T>(image, at.memory_qubits());
        nb::gil_scoped_release release;
        image_product(at, p, i, out, threads_to_use(threads));
    });
}

int width_of(const Shard& shard, Mask mask) {
    const int width = std::bit_width(shard.shape(0)) - 1;
    if (shard.shape(0) != std::size_t{1} << width || mask & ~low_bits(width))
        throw std::invalid_argument(
            "a shard's length is no power of two, or too small for its part");
    return width;
}

void copy_part_out(const Shard& shard, Mask mask, Mask value, const Shard& out, int threads) {
    const int width = width_of(shard, mask | value);
    with_dtype(shard, [&]<class T>(T) {
        const auto* from = amplitudes<T>(shard, width);
        auto* to = amplitudes<T>(out, width - popcount(mask));
        nb::gil_scoped_release release;
        copy_out(from, width, {mask, value}, to, threads_to_use(threads));
    });
}

void copy_part_in(const Shard& in, const Shard& shard, Mask mask, Mask value, int threads) {
    const int width = width_of(shard, mask | value);
    with_dtype(shard, [&]<class T>(T) {
        const auto* from = amplitudes<T>(in, width - popcount(mask));
        auto* to = amplitudes<T>(shard, width);
        nb::gil_scoped_release release;
        copy_in(from, to, width, {mask, value}, threads_to_use(threads));
    });
}

void exchange_parts(const Shard& one, Mask value_of_one, const Shard& other, Mask value_of_other,
                    Mask mask, int threads) {
    const int width = width_of(one, mask | value_of_one | value_of_other);
    with_dtype(one, [&]<class T>(T) {
        auto *a = amplitudes<T>(one, width), *b = amplitudes<T>(other, width);
        nb::gil_scoped_release release;
        exchange(a, {mask, value_of_one}, b, {mask, value_of_other}, width,
                 threads_to_use(threads));
    });
}

const std::complex<double>* double_amplitudes(const Placement& at, const Shard& psi) {
    return amplitudes<double>(psi, at.memory_qubits());
}

void weights_of(const Placement& at, const Shard& psi, const Sums& weights, int threads) {
    double* out = sums_of(weights, bit(popcount(outcome_strips(at.num_qubits()))));
    strip_weights(at, double_amplitudes(at, psi), out, threads_to_use(threads));
}

nb::object shots_of(const Placement& at, const Shard& psi, const Sums& weights, std::int64_t shots,
                    std::uint64_t seed, int threads) {
    const double* all = sums_of(weights, bit(popcount(outcome_strips(at.num_qubits()))));
    auto* out = new std::uint64_t[shots];
    nb::capsule owner(out, [](void* p) noexcept { delete[] static_cast<std::uint64_t*>(p); });
    draw(at, double_amplitudes(at, psi), all, shots, seed, out, threads_to_use(threads));
    return nb::cast(nb::ndarray<nb::numpy, std::uint64_t>(out, {std::size_t(shots)}, owner));
}

nb::object probabilities_of(const Placement& at, const Shard& psi, Mask qubits, int threads) {
    const std::size_t size = bit(popcount(qubits & low_bits(at.num_qubits()) & ~at.fixed()));
    auto* out = new double[size];
    nb::capsule owner(out, [](void* p) noexcept { delete[] static_cast<double*>(p); });
    probabilities(at, double_amplitudes(at, psi), qubits, out, threads_to_use(threads));
    return nb::cast(nb::ndarray<nb::numpy, double>(out, {size}, owner));
}

void finish_metric(nb::ndarray<double, nb::ndim<2>, nb::c_contig, nb::device::cpu> rows,
                   const Sums& phases) {
    const double* phase = sums_of(phases, rows.shape(0));
    if (rows.shape(0) != rows.shape(1)) throw std::invalid_argument("rows is not square");
    metric_from(rows.data(), phase, int(rows.shape(0)));
}

}  // namespace

void bind_shards(nb::module_& m) {
    nb::class_<Placement>(m, "Placement")
        .def(nb::new_(&placement), "position"_a, "fixed"_a, "value"_a)
        .def("offset", &Placement::offset, "basis"_a);
    nb::class_<BoundAtPoint>(m, "Bound")
        .def(nb::init<const Program&, const Sums&, bool>(), "program"_a, "angles"_a, "single"_a,
             nb::keep_alive<1, 2>())
        .def("forward", &BoundAtPoint::forward, "sweep"_a, "at"_a, "psi"_a, "threads"_a)
        .def("tangent", &BoundAtPoint::tangent, "sweep"_a, "slot"_a, "at"_a, "psi"_a, "tangent"_a,
             "threads"_a)
        .def("backward", &BoundAtPoint::backward, "sweep"_a, "at"_a, "psi"_a, "lambda_"_a, "sums"_a,
             "threads"_a);
    m.def(
        "sweeps",
        [](const Program& program) {
            std::vector<std::tuple<Mask, std::size_t>> out;
            for (const Sweep& sweep : program.sweeps)
                out.emplace_back(sweep.distributable, num_sums(sweep));
            return out;
        },
        "program"_a);
    m.def(
        "expectation_strips", [](int n) { return check_num_qubits(n), expectation_strips(n); },
        "num_qubits"_a);
    m.def(
        "expectation_block", [](int n) { return check_num_qubits(n), expectation_block(n); },
        "num_qubits"_a);
    m.def(
        "outcome_strips", [](int n) { return check_num_qubits(n), outcome_strips(n); },
        "num_qubits"_a);
    m.def("gradient_of", &gradient_of, "program"_a, "sums"_a);
    m.def(
        "sum_of_strips", [](const Sums& sums) { return ordered_sum(sums.data(), sums.shape(0)); },
        "sums"_a);
    m.def("image_from", &image_part, "observable"_a, "source_at"_a, "source"_a, "image_at"_a,
          "image"_a, "fresh"_a, "threads"_a);
    m.def("image_product", &product, "at"_a, "psi"_a, "image"_a, "sums"_a, "threads"_a);
    m.def("copy_out", &copy_part_out, "shard"_a, "mask"_a, "value"_a, "out"_a, "threads"_a);
    m.def("copy_in", &copy_part_in, "values"_a, "shard"_a, "mask"_a, "value"_a, "threads"_a);
    m.def("exchange", &exchange_parts, "one"_a, "value_of_one"_a, "other"_a, "value_of_other"_a,
          "mask"_a, "threads"_a);
    m.def("strip_weights", &weights_of, "at"_a, "psi"_a, "weights"_a, "threads"_a);
    m.def("draw", &shots_of, "at"_a, "psi"_a, "weights"_a, "shots"_a, "seed"_a, "threads"_a);
    m.def("probabilities", &probabilities_of, "at"_a, "psi"_a, "qubits"_a, "threads"_a);
    m.attr("ELSEWHERE") = kElsewhere;
    m.def("finish_metric", &finish_metric, "rows"_a, "phases"_a);
}

}  // namespace hybrid
