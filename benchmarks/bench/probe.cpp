// What the machine can do at best: vector arithmetic, and memory traffic, on all OpenMP threads.
// Prints one line: GFLOP/s in double, GFLOP/s in float, GB/s of copying, GB/s of updating in place.
// A multiply-add is two operations; bytes read and bytes written both count.

#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <omp.h>

namespace {

double seconds() {
    using namespace std::chrono;
    return duration<double>(steady_clock::now().time_since_epoch()).count();
}

template <class Work>
double best_of(int runs, Work work) {
    double best = 1e300;
    for (int run = 0; run < runs; ++run) {
        const double start = seconds();
        work();
        const double taken = seconds() - start;
        best = taken < best ? taken : best;
    }
    return best;
}

// Enough independent chains to hide the latency of a multiply-add on two units.
constexpr int chains = 12;
constexpr long steps = 20'000'000;

template <class Real>
double gigaflops() {
    typedef Real Lanes __attribute__((vector_size(64)));
    constexpr int width = 64 / sizeof(Real);
    volatile Real start = 1, sink = 0;  // volatile: neither chains nor results can be left out
    const double taken = best_of(3, [&] {
#pragma omp parallel
        {
            Lanes sums[chains];
            for (int k = 0; k < chains; ++k) sums[k] = Lanes{} + start + Real(k);
            const Lanes factor = Lanes{} + Real(0.999999), addend = Lanes{} + Real(1e-7);
            for (long step = 0; step < steps; ++step)
#pragma GCC unroll 12
                for (int k = 0; k < chains; ++k) sums[k] = sums[k] * factor + addend;
            Lanes total = {};
            for (const Lanes& sum : sums) total += sum;
#pragma omp critical
            sink = sink + total[0];
        }
    });
    return 2.0 * width * chains * steps * omp_get_max_threads() / taken * 1e-9;
}

struct Traffic {
    double copy, update;
};

Traffic gigabytes() {
    constexpr long length = 32L << 20;  // 256 MiB of doubles: far beyond the caches
    const std::unique_ptr<double[]> from(new double[length]), to(new double[length]);
#pragma omp parallel for schedule(static)
    for (long i = 0; i < length; ++i) from[i] = 1.0, to[i] = 0.0;
    const double copied = best_of(5, [&] {
#pragma omp parallel
        {
            const long share = length / omp_get_num_threads(), start = share * omp_get_thread_num();
            std::memcpy(&to[start], &from[start], share * sizeof(double));
        }
    });
    const double updated = best_of(5, [&] {
#pragma omp parallel for simd schedule(static)
        for (long i = 0; i < length; ++i) to[i] *= 1.0000001;
    });
    const double bytes = 2.0 * length * sizeof(double) * 1e-9;
    return {bytes / copied, bytes / updated};
}

}  // namespace

int main() {
    const Traffic traffic = gigabytes();
    std::printf("%.1f %.1f %.1f %.1f\n", gigaflops<double>(), gigaflops<float>(), traffic.copy,
                traffic.update);
}
