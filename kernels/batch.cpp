#include "batch.hpp"

#include <omp.h>

#include <algorithm>

#include "coefficients.hpp"

namespace hybrid {

namespace {

// out[k] += conj(c(v)) psi(v ^ x) for v = first + k; each basis state is a row, and its coefficient
// is the same for all points.
template <class T>
void add_rows(const MaskGroup& group, Mask first, Mask count, const Split<T>* psi, Split<T>* out) {
    Lanes<T> even[kCoefficientRows], odd[kCoefficientRows];
    if (!group.even.empty()) coefficients<T>(group.even, first, even);
    if (!group.odd.empty()) coefficients<T>(group.odd, first, odd);
    for (Mask k = 0; k < count; ++k) {
        const Split<T>& a = psi[(first + k) ^ group.x];
        Split<T>& sum = out[k];
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

constexpr Mask kImageRows = kCoefficientRows * kLanes;

// Calls use(v, (H psi)_v) for each row, several rows at a time.
template <class T, class Use>
void for_image(const PauliSum& h, const Split<T>* psi, Use use) {
    const Mask rows = bit(h.num_qubits), each = std::min(rows, kImageRows);
    for (Mask first = 0; first < rows; first += each) {
        Split<T> image[kImageRows] = {};
        for (const MaskGroup& group : h.groups) add_rows(group, first, each, psi, image);
        for (Mask k = 0; k < each; ++k) use(first + k, image[k]);
    }
}

// Values and gradients of up to eight points.
template <class T>
void evaluate_lanes(const Batch& batch, const Observables& observables, const LaneAngles& angles,
                    BatchRun<T>& run, double* values, double* gradients, int count) {
    const std::int64_t many = observables.size(), slots = batch.num_slots;
    run.forward(angles);
    if (gradients && many > 1) run.keep();
    if (gradients) std::fill_n(gradients, count * many * slots, 0.0);
    for (std::int64_t o = 0; o < many; ++o) {
        if (gradients && o > 0) run.restore();
        const Lanes<double> value = run.image(*observables[o]);
        for (int l = 0; l < count; ++l) values[l * many + o] = value[l];
        if (!gradients) continue;
        const auto sums = run.backward();
        for (std::size_t t = 0; t < sums.size(); ++t) {
            const Term& term = batch.block.terms[t];
            for (int l = 0; l < count; ++l)
                gradients[(l * many + o) * slots + term.slot] += term.weight * sums[t][l];
        }
    }
}

}  // namespace

LaneAngles lanes_of(const Batch& batch, const double* angles, std::int64_t p, std::int64_t points) {
    const double* of[kLanes];
    for (int l = 0; l < kLanes; ++l) of[l] = angles + std::min(p + l, points - 1) * batch.num_slots;
    return LaneAngles(of);
}

template <class T>
void BatchRun<T>::forward(const LaneAngles& angles) {
    bound_ = bind_block<T>(batch_.block, angles);
    std::fill_n(scratch_.psi(), bit(batch_.num_qubits), Split<T>{});
    scratch_.psi()[0].re = Lanes<T>{} + 1;
    block_forward(batch_.block, bound_, scratch_, 0);
}

template <class T>
Lanes<double> BatchRun<T>::image(const PauliSum& h) {
    const Split<T>* psi = scratch_.psi();
    Split<T>* lambda = scratch_.lambda();
    Lanes<double> sum = {};
    for_image(h, psi, [&](Mask v, const Split<T>& a) {
        lambda[v] = a;
        sum += widen(psi[v].re * a.re + psi[v].im * a.im);
    });
    return sum;
}

template <class T>
void BatchRun<T>::scale_image(Lanes<T> weight) {
    Split<T>* lambda = scratch_.lambda();
    for (Mask v = 0; v < bit(batch_.num_qubits); ++v)
        lambda[v] = {weight * lambda[v].re, weight * lambda[v].im};
}

template <class T>
void BatchRun<T>::add_image(const PauliSum& h, Lanes<T> weight) {
    Split<T>* lambda = scratch_.lambda();
    for_image(h, scratch_.psi(), [&](Mask v, const Split<T>& a) {
        lambda[v].re += weight * a.re;
        lambda[v].im += weight * a.im;
    });
}

template <class T>
void BatchRun<T>::keep() {
    kept_.assign(scratch_.psi(), scratch_.psi() + bit(batch_.num_qubits));
}

template <class T>
void BatchRun<T>::restore() {
    std::copy(kept_.begin(), kept_.end(), scratch_.psi());
}

template <class T>
std::vector<Lanes<double>> BatchRun<T>::backward() {
    std::vector<Lanes<double>> sums(batch_.block.terms.size());
    block_backward(batch_.block, bound_, scratch_, 0, sums.data());
    return sums;
}

std::optional<Batch> compile_batch(const std::vector<Operation>& operations, int num_qubits,
                                   int num_slots) {
    if (num_qubits > kMostBatchedQubits) return {};
    std::vector<const Operation*> all;
    for (const auto& op : operations) {
        if (popcount(footprint(op).active) > num_qubits) return {};
        all.push_back(&op);
    }
    const Layout layout = make_layout(num_qubits, 0, qubits_in(low_bits(num_qubits)));
    return Batch{num_qubits, num_slots, compile_block(all, layout)};
}

template <class T>
void evaluate_batch(const Batch& batch, const Observables& observables, const double* angles,
                    std::int64_t points, double* values, double* gradients, int threads) {
    const std::int64_t many = observables.size();
    const std::int64_t batches = (points + kLanes - 1) / kLanes;
    threads = int(std::min<std::int64_t>(threads, batches));
    std::vector<BatchRun<T>> runs;  // allocated here, where exceptions may leave
    for (int t = 0; t < threads; ++t) runs.emplace_back(batch);
#pragma omp parallel for num_threads(threads) schedule(dynamic) if (threads > 1)
    for (std::int64_t b = 0; b < batches; ++b) {
        const std::int64_t p = b * kLanes;
        evaluate_lanes(batch, observables, lanes_of(batch, angles, p, points),
                       runs[threads > 1 ? omp_get_thread_num() : 0], values + p * many,
                       gradients ? gradients + p * many * batch.num_slots : nullptr,
                       int(std::min<std::int64_t>(kLanes, points - p)));
    }
}

template class BatchRun<double>;
template class BatchRun<float>;
template void evaluate_batch<double>(const Batch&, const Observables&, const double*, std::int64_t,
                                     double*, double*, int);
template void evaluate_batch<float>(const Batch&, const Observables&, const double*, std::int64_t,
                                    double*, double*, int);

}  // namespace hybrid
