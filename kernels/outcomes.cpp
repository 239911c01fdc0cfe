#include "outcomes.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "strips.hpp"

namespace hybrid {

namespace {

constexpr int kBlockQubits = 10;  // of the blocks whose sums are kept for drawing shots

using State = const std::complex<double>*;

Mask inside_block(int num_qubits) {
    return low_bits(std::min(num_qubits, kBlockQubits));
}

double weight_of_block(const Placement& at, State psi, Mask base, Mask block) {
    double sum = 0;
    for (Mask b = 0; b <= block; ++b) sum += std::norm(psi[at.offset(base | b)]);
    return sum;
}

// Cumulative probability before each block of a strip, and the total.
std::vector<double> running_weights(const Placement& at, State psi, Mask first, Mask inside) {
    const Mask block = inside_block(at.num_qubits());
    std::vector<double> upto = {0.0};
    Mask base = 0;
    do {
        upto.push_back(upto.back() + weight_of_block(at, psi, first | base, block));
        base = next_free(base, ~inside);
    } while (base != 0);
    return upto;
}

// The first k with upto[k + 1] > u or, if rounding leaves none, the last k with non-zero weight.
Mask interval_of(const std::vector<double>& upto, double& u) {
    if (u >= upto.back()) u = std::nextafter(upto.back(), 0.0);
    const auto after = std::upper_bound(upto.begin() + 1, upto.end() - 1, u);
    const Mask k = after - upto.begin() - 1;
    u -= upto[k];
    return k;
}

Mask state_of_block(const Placement& at, State psi, Mask base, Mask block, double left) {
    Mask chosen =
        base;  // fallback if rounding leaves none: the last state with non-zero probability
    for (Mask b = base; b <= (base | block); ++b) {
        const double p = std::norm(psi[at.offset(b)]);
        if (p == 0) continue;
        chosen = b;
        if (left < p) break;
        left -= p;
    }
    return chosen;
}

// The pairwise sum of |psi|^2 over the indices k in [begin, end) of the bits in `rest`.
double sum_over(const Placement& at, State psi, Mask fixed, Mask rest, Mask begin, Mask end) {
    if (end - begin > 32) {
        const Mask middle = begin + (end - begin) / 2;
        return sum_over(at, psi, fixed, rest, begin, middle) +
               sum_over(at, psi, fixed, rest, middle, end);
    }
    double sum = 0;
    Mask b = deposit(begin, rest);
    for (Mask k = begin; k < end; ++k, b = next_free(b, ~rest))
        sum += std::norm(psi[at.offset(fixed | b)]);
    return sum;
}

}  // namespace

Mask outcome_strips(int num_qubits) {
    return strip_qubits(low_bits(num_qubits) & ~inside_block(num_qubits), num_qubits);
}

void strip_weights(const Placement& at, State psi, double* weights, int threads) {
    const Mask blocks = low_bits(at.num_qubits()) & ~inside_block(at.num_qubits());
    for_strips_at(at, blocks, threads, [&](Mask strip, Mask first, Mask inside) {
        weights[strip] = running_weights(at, psi, first, inside).back();
    });
}

void draw(const Placement& at, State psi, const double* weights, std::int64_t shots,
          std::uint64_t seed, std::uint64_t* out, int threads) {
    const int n = at.num_qubits();
    const Mask block = inside_block(n), blocks = low_bits(n) & ~block;
    std::vector<double> upto = {0.0};  // cumulative probability before each strip, and the total
    for (Mask s = 0; s < bit(popcount(outcome_strips(n))); ++s)
        upto.push_back(upto.back() + weights[s]);
    std::mt19937_64 random(seed);
    std::vector<double> left(shots);  // remainder of each shot within its strip
    std::vector<std::vector<std::int64_t>> shots_of(upto.size() - 1);
    for (std::int64_t s = 0; s < shots; ++s) {
        left[s] = double(random() >> 11) * 0x1p-53 * upto.back();
        shots_of[interval_of(upto, left[s])].push_back(s);
    }
    std::fill_n(out, shots, kElsewhere);
    for_strips_at(at, blocks, threads, [&](Mask strip, Mask first, Mask inside) {
        if (shots_of[strip].empty()) return;
        const auto weight = running_weights(at, psi, first, inside);
        for (std::int64_t s : shots_of[strip]) {
            const Mask k = interval_of(weight, left[s]);
            out[s] = state_of_block(at, psi, first | deposit(k, inside), block, left[s]);
        }
    });
}

void probabilities(const Placement& at, State psi, Mask qubits, double* out, int threads) {
    const Mask all = low_bits(at.num_qubits()) & ~at.fixed();
    const Mask own = qubits & all, rest = all & ~qubits;
    const Mask outer = rest & strip_qubits(low_bits(at.num_qubits()), at.num_qubits());
    const Mask inner = rest & ~outer;
    const Mask outcomes = bit(popcount(own)), parts = bit(popcount(outer));
    const auto part = [&](Mask v, Mask t) {
        const Mask fixed = deposit(v, own) | deposit(t, outer) | at.value();
        return sum_over(at, psi, fixed, inner, 0, bit(popcount(inner)));
    };
    if (outcomes > kStrips) {  // threads take outcomes
        for_strips(outcomes, threads, [&](Mask, Mask begin, Mask end) {
            std::vector<double> sums(parts);
            for (Mask v = begin; v < end; ++v) {
                for (Mask t = 0; t < parts; ++t) sums[t] = part(v, t);
                out[v] = ordered_sum(sums.data(), parts);
            }
        });
        return;
    }
    std::vector<double> sums(outcomes * parts);  // threads take parts of outcomes
    for_strips(sums.size(), threads, [&](Mask, Mask begin, Mask end) {
        for (Mask k = begin; k < end; ++k) sums[k] = part(k / parts, k % parts);
    });
    for (Mask v = 0; v < outcomes; ++v) out[v] = ordered_sum(sums.data() + v * parts, parts);
}

}  // namespace hybrid
