#include "outcomes.hpp"

#include <algorithm>
#include <random>
#include <vector>

#include "strips.hpp"

namespace hybrid {

namespace {

constexpr int kFewQubits = 6;  // fewer outcomes than strips: the sums over the rest are cut

// The pairwise sum of |psi|^2 over the indices k in [begin, end) of the bits in `rest`.
double sum_over(const std::complex<double>* psi, Mask fixed, Mask rest, Mask begin, Mask end) {
    if (end - begin > 32) {
        const Mask middle = begin + (end - begin) / 2;
        return sum_over(psi, fixed, rest, begin, middle) + sum_over(psi, fixed, rest, middle, end);
    }
    double sum = 0;
    Mask b = deposit(begin, rest);
    for (Mask k = begin; k < end; ++k, b = next_free(b, ~rest)) sum += std::norm(psi[fixed | b]);
    return sum;
}

}  // namespace

void sample(const std::complex<double>* psi, int num_qubits, std::int64_t shots, std::uint64_t seed,
            std::uint64_t* out, int threads) {
    const std::uint64_t size = std::uint64_t{1} << num_qubits;
    const std::uint64_t block = std::uint64_t{1} << std::min(num_qubits, 10);
    std::vector<double> upto(size / block + 1, 0.0);  // probability before each block
    for_strips(size / block, threads, [&](std::uint64_t, std::uint64_t begin, std::uint64_t end) {
        for (std::uint64_t k = begin; k < end; ++k) {
            double sum = 0;
            for (std::uint64_t b = k * block; b < (k + 1) * block; ++b) sum += std::norm(psi[b]);
            upto[k + 1] = sum;
        }
    });
    for (std::uint64_t k = 1; k < upto.size(); ++k) upto[k] += upto[k - 1];
    std::mt19937_64 random(seed);
    std::vector<double> uniform(shots);
    for (auto& u : uniform) u = double(random() >> 11) * 0x1p-53 * upto.back();
    for_strips(shots, threads, [&](std::uint64_t, std::uint64_t begin, std::uint64_t end) {
        for (std::uint64_t s = begin; s < end; ++s) {
            const auto after = std::upper_bound(upto.begin() + 1, upto.end() - 1, uniform[s]);
            const std::uint64_t k = after - upto.begin() - 1;
            double left = uniform[s] - upto[k];
            std::uint64_t chosen = k * block;  // the last state with any probability, by rounding
            for (std::uint64_t b = k * block; b < (k + 1) * block; ++b) {
                const double p = std::norm(psi[b]);
                if (p == 0) continue;
                chosen = b;
                if (left < p) break;
                left -= p;
            }
            out[s] = chosen;
        }
    });
}

void probabilities(const std::complex<double>* psi, int num_qubits, Mask qubits, double* out,
                   int threads) {
    const Mask rest = low_bits(num_qubits) & ~qubits;
    const Mask outcomes = Mask{1} << popcount(qubits), others = Mask{1} << popcount(rest);
    if (popcount(qubits) > kFewQubits) {
        for_strips(outcomes, threads, [&](Mask, Mask begin, Mask end) {
            for (Mask v = begin; v < end; ++v)
                out[v] = sum_over(psi, deposit(v, qubits), rest, 0, others);
        });
        return;
    }
    double sums[kStrips];
    for (Mask v = 0; v < outcomes; ++v) {
        for_strips(others, threads, [&](Mask strip, Mask begin, Mask end) {
            sums[strip] = sum_over(psi, deposit(v, qubits), rest, begin, end);
        });
        out[v] = ordered_sum(sums, num_strips(others));
    }
}

}  // namespace hybrid
