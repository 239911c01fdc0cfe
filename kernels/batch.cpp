#include "batch.hpp"

#include <omp.h>

#include <algorithm>

#include "coefficients.hpp"

namespace hybrid {

namespace {

// Measured: up to this width eight states in a block beat one state after another; there they fill
// half of a usual L2 cache.
constexpr int kMostQubits = 11;

// out += conj(c) psi(v ^ x) for the coefficients of eight lanes of basis states from `first`; here
// each basis state is a row, and its coefficient the same for all points.
template <class T>
void add_rows(const MaskGroup& group, Mask first, Mask count, const Split<T>* psi, Split<T>* out) {
    Lanes<T> even[kCoefficientRows], odd[kCoefficientRows];
    if (!group.even.empty()) coefficients<T>(group.even, first, even);
    if (!group.odd.empty()) coefficients<T>(group.odd, first, odd);
    for (Mask k = 0; k < count; ++k) {
        const Split<T>& a = psi[(first + k) ^ group.x];
        Split<T>& sum = out[first + k];
        if (!group.even.empty()) {
            const T c = even[k / kLanes][k % kLanes];
            sum.re += c * a.re;
            sum.im += c * a.im;
        }
        if (!group.odd.empty()) {
            const T c = odd[k / kLanes][k % kLanes];
            sum.re += c * a.im;
            sum.im -= c * a.re;
        }
    }
}

// image := H psi; returns <psi|H|psi> of each point.
template <class T>
Lanes<double> expectations(const PauliSum& h, const Split<T>* psi, Split<T>* image) {
    const Mask rows = bit(h.num_qubits), each = std::min<Mask>(rows, kCoefficientRows * kLanes);
    std::fill_n(image, rows, Split<T>{});
    Lanes<double> sum = {};
    for (Mask first = 0; first < rows; first += each) {
        for (const MaskGroup& group : h.groups) add_rows(group, first, each, psi, image);
        for (Mask v = first; v < first + each; ++v)
            sum += widen(psi[v].re * image[v].re + psi[v].im * image[v].im);
    }
    return sum;
}

// Points p, p + 1, ...; the last one again where fewer than eight are left.
LaneAngles lanes_of(const double* angles, std::int64_t p, std::int64_t points, int num_slots) {
    const double* of[kLanes];
    for (int l = 0; l < kLanes; ++l) of[l] = angles + std::min(p + l, points - 1) * num_slots;
    return LaneAngles(of);
}

template <class T>
void evaluate_lanes(const Batch& batch, const PauliSum& h, const LaneAngles& angles,
                    Scratch<T>& scratch, double* values, double* gradients, int count) {
    const Block& block = batch.block;
    const auto bound = bind_block<T>(block, angles);
    std::fill_n(scratch.psi(), bit(batch.num_qubits), Split<T>{});
    scratch.psi()[0].re = Lanes<T>{} + 1;
    block_forward(block, bound, scratch, 0);
    const Lanes<double> value = expectations(h, scratch.psi(), scratch.lambda());
    for (int l = 0; l < count; ++l) values[l] = value[l];
    if (!gradients) return;
    std::vector<Lanes<double>> sums(block.terms.size());
    block_backward(block, bound, scratch, 0, sums.data());
    std::fill_n(gradients, std::int64_t(count) * batch.num_slots, 0.0);
    for (std::size_t t = 0; t < sums.size(); ++t)
        for (int l = 0; l < count; ++l)
            gradients[std::int64_t(l) * batch.num_slots + block.terms[t].slot] +=
                block.terms[t].weight * sums[t][l];
}

}  // namespace

std::optional<Batch> compile_batch(const std::vector<Operation>& operations, int num_qubits,
                                   int num_slots) {
    if (num_qubits > kMostQubits) return {};
    std::vector<const Operation*> all;
    for (const auto& op : operations) {
        if (popcount(footprint(op).active) > num_qubits) return {};
        all.push_back(&op);
    }
    const Layout layout = make_layout(num_qubits, 0, qubits_in(low_bits(num_qubits)));
    return Batch{num_qubits, num_slots, compile_block(all, layout)};
}

template <class T>
void evaluate_batch(const Batch& batch, const PauliSum& h, const double* angles,
                    std::int64_t points, double* values, double* gradients, int threads) {
    const std::int64_t batches = (points + kLanes - 1) / kLanes;
    threads = int(std::min<std::int64_t>(threads, batches));
    std::vector<Scratch<T>> scratch;  // allocated here, where running out may be thrown
    for (int t = 0; t < threads; ++t) scratch.emplace_back(bit(batch.num_qubits), true);
#pragma omp parallel for num_threads(threads) schedule(dynamic) if (threads > 1)
    for (std::int64_t b = 0; b < batches; ++b) {
        const std::int64_t p = b * kLanes;
        evaluate_lanes(batch, h, lanes_of(angles, p, points, batch.num_slots),
                       scratch[threads > 1 ? omp_get_thread_num() : 0], values + p,
                       gradients ? gradients + p * batch.num_slots : nullptr,
                       int(std::min<std::int64_t>(kLanes, points - p)));
    }
}

template void evaluate_batch<double>(const Batch&, const PauliSum&, const double*, std::int64_t,
                                     double*, double*, int);
template void evaluate_batch<float>(const Batch&, const PauliSum&, const double*, std::int64_t,
                                    double*, double*, int);

}  // namespace hybrid
