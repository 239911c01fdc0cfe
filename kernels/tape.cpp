#include "tape.hpp"

#include <algorithm>

#include "buffer.hpp"
#include "fallback.hpp"
#include "hamiltonian.hpp"
#include "passes.hpp"
#include "strips.hpp"

namespace hybrid {

namespace {

// Calls work(i, gradient) for each item, to add to the gradient of the item's strip; `sum` becomes
// the sum over strips, in order.
template <class Work>
void sum_in_strips(std::uint64_t items, int slots, int threads, double* sum, Work work) {
    std::vector<double> by_strip(kStrips * slots);
    for_strips(items, threads, [&](std::uint64_t strip, std::uint64_t begin, std::uint64_t end) {
        for (std::uint64_t i = begin; i < end; ++i) work(i, by_strip.data() + strip * slots);
    });
    for (int k = 0; k < slots; ++k) sum[k] = ordered_sum(by_strip.data() + k, kStrips, slots);
}

// Eight points at a time; values and weights are (point, observable), row major.
template <class T>
class BatchTape : public Tape {
  public:
    BatchTape(const Batch& batch, Observables observables, std::int64_t points, int threads)
        : batch_(batch), observables_(std::move(observables)), points_(points) {
        for (std::int64_t p = 0; p < points; p += kLanes) runs_.emplace_back(batch_);
        threads_ = int(std::min<std::size_t>(threads, runs_.size()));
    }

    void forward(const double* angles, double* values) {
#pragma omp parallel for num_threads(threads_) schedule(dynamic) if (threads_ > 1)
        for (std::size_t b = 0; b < runs_.size(); ++b) {
            runs_[b].forward(lanes_of(batch_, angles, b * kLanes, points_));
            for (std::size_t o = 0; o < observables_.size(); ++o) {
                const Lanes<double> value = runs_[b].image(*observables_[o]);
                for (int l = 0; l < lanes(b); ++l) values[place(b, l, o)] = value[l];
            }
        }
    }

    void pull_back(const double* weights, const std::vector<int>& apart, double* sum,
                   double* apart_out) override {
        std::fill_n(apart_out, points_ * apart.size(), 0.0);
        std::vector<int> column(batch_.num_slots, -1);
        for (std::size_t a = 0; a < apart.size(); ++a) column[apart[a]] = int(a);
        sum_in_strips(runs_.size(), batch_.num_slots, threads_, sum, [&](auto b, double* gradient) {
            weigh_images(b, weights);
            const std::vector<Lanes<double>> sums = runs_[b].backward();
            for (std::size_t t = 0; t < sums.size(); ++t) {
                const Term& term = batch_.block.terms[t];
                gradient[term.slot] += term.weight * sum_of_lanes<double>(sums[t]);
                if (column[term.slot] < 0) continue;
                double* out = apart_out + b * kLanes * apart.size() + column[term.slot];
                for (int l = 0; l < lanes(b); ++l)
                    out[l * apart.size()] += term.weight * sums[t][l];
            }
        });
    }

  private:
    // lambda := (sum of w_o H_o) psi; the last image is there already.
    void weigh_images(std::size_t b, const double* weights) {
        const std::size_t last = observables_.size() - 1;
        runs_[b].scale_image(weight(weights, b, last));
        for (std::size_t o = 0; o < last; ++o)
            runs_[b].add_image(*observables_[o], weight(weights, b, o));
    }

    // Lanes that repeat a point get weight 0.
    Lanes<T> weight(const double* weights, std::size_t b, std::size_t o) const {
        Lanes<T> out = {};
        for (int l = 0; l < lanes(b); ++l) out[l] = T(weights[place(b, l, o)]);
        return out;
    }

    int lanes(std::size_t b) const {
        return int(std::min<std::int64_t>(kLanes, points_ - std::int64_t(b * kLanes)));
    }

    std::size_t place(std::size_t b, int l, std::size_t o) const {
        return (b * kLanes + l) * observables_.size() + o;
    }

    const Batch& batch_;
    Observables observables_;
    std::int64_t points_;
    int threads_;
    std::vector<BatchRun<T>> runs_;
};

// One state per point.
template <class T>
class StateTape : public Tape {
  public:
    StateTape(const Program& program, Observables observables, std::int64_t points, int threads)
        : program_(program), observables_(std::move(observables)) {
        for (std::int64_t p = 0; p < points; ++p) runs_.emplace_back(program.num_qubits);
        inner_ = threads_of_state(program.num_qubits, points, threads);
        outer_ = inner_ < threads ? int(std::min<std::int64_t>(threads, points)) : 1;
    }

    void forward(const double* angles, double* values) {
        const int slots = program_.num_slots;
#pragma omp parallel for num_threads(outer_) schedule(dynamic) if (outer_ > 1)
        for (std::size_t p = 0; p < runs_.size(); ++p) {
            Run& run = runs_[p];
            run.angles.assign(angles + p * slots, angles + (p + 1) * slots);
            run.bound = bind_all<T>(program_, run.angles.data());
            hybrid::forward(program_, run.bound, run.angles.data(), run.psi.get(), inner_);
            for (std::size_t o = 0; o < observables_.size(); ++o)
                values[p * observables_.size() + o] =
                    expectation(*observables_[o], run.psi.get(), run.image.get(), inner_);
        }
    }

    void pull_back(const double* weights, const std::vector<int>& apart, double* sum,
                   double* apart_out) override {
        const int slots = program_.num_slots;
        sum_in_strips(runs_.size(), slots, outer_, sum, [&](std::size_t p, double* gradient) {
            Run& run = runs_[p];
            weigh_images(run, weights + p * observables_.size());
            std::vector<double> own(slots);
            backward(program_, run.bound, run.angles.data(), run.psi.get(), run.image.get(),
                     own.data(), inner_);
            for (int k = 0; k < slots; ++k) gradient[k] += own[k];
            for (std::size_t a = 0; a < apart.size(); ++a)
                apart_out[p * apart.size() + a] = own[apart[a]];
        });
    }

  private:
    struct Run {
        explicit Run(int num_qubits) : psi(num_qubits), image(num_qubits) {}
        std::vector<double> angles;
        BoundProgram<T> bound;
        Buffer<T> psi, image;
    };

    // image := (sum of w_o H_o) psi; the last image is there already.
    void weigh_images(Run& run, const double* weights) {
        const std::size_t last = observables_.size() - 1;
        scale(run.image.get(), weights[last], program_.num_qubits, inner_);
        for (std::size_t o = 0; o < last; ++o)
            add_image(*observables_[o], weights[o], run.psi.get(), run.image.get(), inner_);
    }

    const Program& program_;
    Observables observables_;
    int inner_, outer_;  // threads on one state, and states at a time
    std::vector<Run> runs_;
};

}  // namespace

template <class T>
std::unique_ptr<Tape> record(const Program& program, Observables observables, const double* angles,
                             std::int64_t points, double* values, int threads, Shape shape) {
    const auto forward = [&](auto tape) -> std::unique_ptr<Tape> {
        tape->forward(angles, values);
        return tape;
    };
    if (is_batched(program, points, shape))
        return forward(std::make_unique<BatchTape<T>>(*program.batch, std::move(observables),
                                                      points, threads));
    return forward(
        std::make_unique<StateTape<T>>(program, std::move(observables), points, threads));
}

template std::unique_ptr<Tape> record<double>(const Program&, Observables, const double*,
                                              std::int64_t, double*, int, Shape);
template std::unique_ptr<Tape> record<float>(const Program&, Observables, const double*,
                                             std::int64_t, double*, int, Shape);

}  // namespace hybrid
