#include "sector_evaluate.hpp"

#include <omp.h>

#include <algorithm>

#include "lanes.hpp"
#include "metric.hpp"
#include "sector_passes.hpp"
#include "strips.hpp"

namespace hybrid {

namespace {

// Measured: states up to these numbers of amplitudes run eight points at a time, and on one thread.
constexpr std::uint64_t kBatched = 1 << 12, kOneThread = 1 << 14;

// Threads that work on points, and on the state of one point.
struct Threads {
    int outer, inner;
};

Threads share(const SectorProgram& program, std::int64_t items, int threads) {
    if (items == 1 && program.basis.size() > kOneThread) return {1, threads};
    if (program.basis.size() > (std::uint64_t{1} << 20)) return {1, threads};  // memory
    return {int(std::max<std::int64_t>(1, std::min<std::int64_t>(threads, items))), 1};
}

// Angles of point p, or of eight points from p on; those beyond the last repeat it.
template <class E>
std::vector<E> angles_from(const double* angles, int slots, std::int64_t p, std::int64_t points) {
    std::vector<E> out(slots);
    for (int k = 0; k < slots; ++k)
        if constexpr (std::is_same_v<E, double>)
            out[k] = angles[p * slots + k];
        else
            for (int l = 0; l < kLanes; ++l)
                out[k][l] = angles[std::min(p + l, points - 1) * slots + k];
    return out;
}

inline double lane(const double& x, int) {
    return x;
}
inline double lane(const Lanes<double>& x, int l) {
    return x[l];
}

template <class E>
constexpr int kAtOnce = sizeof(E) / sizeof(double);

template <class E>
struct Run {
    std::vector<E> angles, psi, image;
};

// Values, with states kept, and weighted gradients of one point or eight.
template <class E>
class Points : public Tape {
  public:
    Points(const SectorProgram& program, SectorSums sums, std::int64_t points, int threads)
        : program_(program), sums_(std::move(sums)), points_(points) {
        runs_.resize((points + kAtOnce<E> - 1) / kAtOnce<E>);
        for (Run<E>& run : runs_) {  // allocated here, where exceptions may leave
            run.psi.resize(program.planes() * program.basis.size());
            run.image.resize(run.psi.size());
        }
        threads_ = share(program, std::int64_t(runs_.size()), threads);
    }

    void forward(const double* angles, double* values) {
#pragma omp parallel for num_threads(threads_.outer) schedule(dynamic) if (threads_.outer > 1)
        for (std::size_t i = 0; i < runs_.size(); ++i) {
            Run<E>& run = runs_[i];
            const std::int64_t p = std::int64_t(i) * kAtOnce<E>;
            run.angles = angles_from<E>(angles, program_.num_slots, p, points_);
            hybrid::forward(program_, run.angles.data(), run.psi.data(), threads_.inner);
            for (std::size_t o = 0; o < sums_.size(); ++o) {
                const E value = sums_[o]->expectation(run.psi.data(), run.image.data(),
                                                      program_.planes(), threads_.inner);
                for (int l = 0; l < kAtOnce<E> && p + l < points_; ++l)
                    values[(p + l) * sums_.size() + o] = lane(value, l);
            }
        }
    }

    void pull_back(const double* weights, const std::vector<int>& apart, double* sum,
                   double* apart_out) override {
        const int slots = program_.num_slots;
        std::vector<double> by_run(runs_.size() * slots);
#pragma omp parallel for num_threads(threads_.outer) schedule(dynamic) if (threads_.outer > 1)
        for (std::size_t i = 0; i < runs_.size(); ++i) {
            Run<E>& run = runs_[i];
            const std::int64_t p = std::int64_t(i) * kAtOnce<E>;
            weigh(run, weights, p);
            std::vector<E> own(slots);
            backward(program_, run.angles.data(), run.psi.data(), run.image.data(), own.data(),
                     threads_.inner);
            for (int l = 0; l < kAtOnce<E> && p + l < points_; ++l) {
                for (int k = 0; k < slots; ++k) by_run[i * slots + k] += lane(own[k], l);
                for (std::size_t a = 0; a < apart.size(); ++a)
                    apart_out[(p + l) * apart.size() + a] = lane(own[apart[a]], l);
            }
        }
        for (int k = 0; k < slots; ++k)
            sum[k] = ordered_sum(by_run.data() + k, runs_.size(), slots);
    }

  private:
    // image := (sum of w_o H_o) psi; the last image is there already.
    void weigh(Run<E>& run, const double* weights, std::int64_t p) {
        const auto weight = [&](std::size_t o) {
            E out = {};
            for (int l = 0; l < kAtOnce<E> && p + l < points_; ++l) {
                const double w = weights[(p + l) * sums_.size() + o];
                if constexpr (std::is_same_v<E, double>)
                    out = w;
                else
                    out[l] = w;
            }
            return out;
        };
        const std::size_t last = sums_.size() - 1;
        const E of_last = weight(last);
        for (E& each : run.image) each *= of_last;
        for (std::size_t o = 0; o < last; ++o)
            sums_[o]->add_image(weight(o), run.psi.data(), run.image.data(), program_.planes(),
                                threads_.inner);
    }

    const SectorProgram& program_;
    SectorSums sums_;
    std::int64_t points_;
    Threads threads_;
    std::vector<Run<E>> runs_;
};

template <class E>
void evaluate_in(const SectorProgram& program, const SectorSums& sums, const double* angles,
                 std::int64_t points, double* values, double* gradients, int threads) {
    const int slots = program.num_slots, planes = program.planes();
    const std::size_t many = sums.size(), size = planes * program.basis.size();
    const std::int64_t items = (points + kAtOnce<E> - 1) / kAtOnce<E>;
    const Threads share_of = share(program, items, threads);
    std::vector<Run<E>> runs(share_of.outer);  // allocated here, where exceptions may leave
    std::vector<std::vector<E>> kept(gradients && many > 1 ? share_of.outer : 0);
    for (Run<E>& run : runs) {
        run.psi.resize(size);
        if (gradients) run.image.resize(size);
    }
    for (auto& each : kept) each.resize(size);
#pragma omp parallel for num_threads(share_of.outer) schedule(dynamic) if (share_of.outer > 1)
    for (std::int64_t i = 0; i < items; ++i) {
        const int t = share_of.outer > 1 ? omp_get_thread_num() : 0;
        const std::int64_t p = i * kAtOnce<E>;
        Run<E>& run = runs[t];
        run.angles = angles_from<E>(angles, slots, p, points);
        forward(program, run.angles.data(), run.psi.data(), share_of.inner);
        if (!kept.empty()) kept[t] = run.psi;
        for (std::size_t o = 0; o < many; ++o) {
            if (o > 0 && !kept.empty()) run.psi = kept[t];
            const E value = sums[o]->expectation(
                run.psi.data(), gradients ? run.image.data() : nullptr, planes, share_of.inner);
            std::vector<E> gradient(gradients ? slots : 0);
            if (gradients)
                backward(program, run.angles.data(), run.psi.data(), run.image.data(),
                         gradient.data(), share_of.inner);
            for (int l = 0; l < kAtOnce<E> && p + l < points; ++l) {
                const std::int64_t at = (p + l) * many + o;
                values[at] = lane(value, l);
                for (std::size_t k = 0; k < gradient.size(); ++k)
                    gradients[at * slots + k] = lane(gradient[k], l);
            }
        }
    }
}

template <class E>
std::unique_ptr<Tape> record_in(const SectorProgram& program, SectorSums sums, const double* angles,
                                std::int64_t points, double* values, int threads) {
    auto tape = std::make_unique<Points<E>>(program, std::move(sums), points, threads);
    tape->forward(angles, values);
    return tape;
}

// Re and Im of <other|psi>.
std::complex<double> product(const SectorProgram& program, const std::complex<double>* other,
                             const double* psi) {
    const std::uint64_t size = program.basis.size();
    double re[kStrips] = {}, im[kStrips] = {};
    for_strips(size, 1, [&](std::uint64_t strip, std::uint64_t begin, std::uint64_t end) {
        for (std::uint64_t k = begin; k < end; ++k) {
            const double a = psi[k], b = program.real ? 0.0 : psi[size + k];
            re[strip] += other[k].real() * a + other[k].imag() * b;
            im[strip] += other[k].real() * b - other[k].imag() * a;
        }
    });
    return {ordered_sum(re, kStrips), ordered_sum(im, kStrips)};
}

}  // namespace

bool is_batched(const SectorProgram& program, std::int64_t points) {
    return points > 1 && program.basis.size() <= kBatched;
}

std::uint64_t memory_bytes(const SectorProgram& program, bool gradient, bool several,
                           std::int64_t points) {
    const std::uint64_t state = 8 * program.planes() * program.basis.size();
    return state * (gradient ? (several ? 3 : 2) : 1) * (is_batched(program, points) ? kLanes : 1);
}

void evaluate(const SectorProgram& program, const SectorSums& sums, const double* angles,
              std::int64_t points, double* values, double* gradients, int threads) {
    (is_batched(program, points)
         ? evaluate_in<Lanes<double>>
         : evaluate_in<double>)(program, sums, angles, points, values, gradients, threads);
}

std::unique_ptr<Tape> record(const SectorProgram& program, SectorSums sums, const double* angles,
                             std::int64_t points, double* values, int threads) {
    return (is_batched(program, points)
                ? record_in<Lanes<double>>
                : record_in<double>)(program, std::move(sums), angles, points, values, threads);
}

void state(const SectorProgram& program, const double* angles, std::complex<double>* out,
           int threads) {
    const std::uint64_t size = program.basis.size();
    std::vector<double> psi(program.planes() * size);
    forward(program, angles, psi.data(), size > kOneThread ? threads : 1);
    for (std::uint64_t k = 0; k < size; ++k) out[k] = {psi[k], program.real ? 0.0 : psi[size + k]};
}

void metric(const SectorProgram& program, const double* angles, double* g, int threads) {
    const int slots = program.num_slots;
    const std::uint64_t size = program.basis.size();
    const Threads share_of = share(program, std::max(slots, 2), threads);
    std::vector<std::vector<double>> psi(share_of.outer), tangent(share_of.outer);
    for (auto& each : psi) each.resize(program.planes() * size);
    for (auto& each : tangent) each.resize(program.planes() * size);
    std::vector<double> phase(slots);
    if (!program.real) {  // phase[k] = -i <psi|d_k psi>, by lambda = i psi
        forward(program, angles, psi[0].data(), share_of.inner);
        for (std::uint64_t k = 0; k < size; ++k) {
            tangent[0][k] = -psi[0][size + k];
            tangent[0][size + k] = psi[0][k];
        }
        backward(program, angles, psi[0].data(), tangent[0].data(), phase.data(), share_of.inner);
        for (double& each : phase) each /= 2;
    }
#pragma omp parallel for num_threads(share_of.outer) schedule(dynamic) if (share_of.outer > 1)
    for (int j = 0; j < slots; ++j) {
        const int t = share_of.outer > 1 ? omp_get_thread_num() : 0;
        double* row = g + std::int64_t(j) * slots;
        std::fill_n(row, slots, 0.0);
        forward_with_tangent(program, angles, j, psi[t].data(), tangent[t].data(), share_of.inner);
        backward(program, angles, psi[t].data(), tangent[t].data(), row, share_of.inner);
        for (int k = 0; k < slots; ++k) row[k] /= 2;
    }
    metric_from(g, phase.data(), slots);
}

void overlaps(const SectorProgram& program, const std::complex<double>* states, std::int64_t count,
              const double* angles, std::int64_t points, double* values, double* gradients,
              int threads) {
    const int slots = program.num_slots;
    const std::uint64_t size = program.basis.size();
    const Threads share_of = share(program, points, threads);
    std::vector<std::vector<double>> prepared(share_of.outer);
    for (auto& each : prepared) each.resize(program.planes() * size);
    std::vector<std::vector<double>> psi(gradients ? share_of.outer : 0), lambda(psi.size());
    for (auto& each : lambda) each.resize(program.planes() * size);
    for (auto& each : psi) each.resize(program.planes() * size);
#pragma omp parallel for num_threads(share_of.outer) schedule(dynamic) if (share_of.outer > 1)
    for (std::int64_t p = 0; p < points; ++p) {
        const int t = share_of.outer > 1 ? omp_get_thread_num() : 0;
        const double* at = angles + p * slots;
        forward(program, at, prepared[t].data(), share_of.inner);
        for (std::int64_t o = 0; o < count; ++o) {
            const std::complex<double>* other = states + o * size;
            const std::complex<double> c = product(program, other, prepared[t].data());
            values[p * count + o] = std::norm(c);
            if (!gradients) continue;
            psi[t] = prepared[t];
            for (std::uint64_t k = 0; k < size; ++k) {  // c other
                lambda[t][k] = c.real() * other[k].real() - c.imag() * other[k].imag();
                if (!program.real)
                    lambda[t][size + k] = c.real() * other[k].imag() + c.imag() * other[k].real();
            }
            double* gradient = gradients + (p * count + o) * slots;
            std::fill_n(gradient, slots, 0.0);
            backward(program, at, psi[t].data(), lambda[t].data(), gradient, share_of.inner);
        }
    }
}

void variances(const SectorProgram& program, const SectorSums& sums, const double* angles,
               std::int64_t points, double* out, int threads) {
    const std::size_t size = program.planes() * program.basis.size(), many = sums.size();
    const Threads share_of = share(program, points, threads);
    std::vector<Run<double>> runs(share_of.outer);
    for (Run<double>& run : runs) {
        run.psi.resize(size);
        run.image.resize(size);
    }
#pragma omp parallel for num_threads(share_of.outer) schedule(dynamic) if (share_of.outer > 1)
    for (std::int64_t p = 0; p < points; ++p) {
        Run<double>& run = runs[share_of.outer > 1 ? omp_get_thread_num() : 0];
        const double *psi = run.psi.data(), *image = run.image.data();
        forward(program, angles + p * program.num_slots, run.psi.data(), share_of.inner);
        for (std::size_t o = 0; o < many; ++o) {
            const double value =
                sums[o]->expectation(psi, run.image.data(), program.planes(), share_of.inner);
            double by_strip[kStrips] = {};
            for_strips(size, 1, [&](std::uint64_t strip, std::uint64_t begin, std::uint64_t end) {
                for (std::uint64_t k = begin; k < end; ++k) {
                    const double away = image[k] - value * psi[k];
                    by_strip[strip] += away * away;
                }
            });
            out[p * many + o] = ordered_sum(by_strip, kStrips);
        }
    }
}

}  // namespace hybrid
