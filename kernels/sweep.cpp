#include "sweep.hpp"

#include <algorithm>

#include "strips.hpp"

namespace hybrid {

namespace {

Sweep compile_sweep(const std::vector<const Operation*>& operations, Mask active, int num_qubits,
                    int rows) {
    const Mask lanes = lowest_of(low_bits(num_qubits) & ~active, kLaneQubits);
    const Mask others = low_bits(num_qubits) & ~active & ~lanes;
    const Mask inner = active | lowest_of(others, rows - popcount(active));
    const Layout layout = make_layout(num_qubits, lanes, qubits_in(inner));
    Sweep sweep;
    sweep.block = compile_block(operations, layout);
    for (Mask v = 0; v < layout.num_rows(); ++v)
        sweep.row_qubits.push_back(layout.qubits_of_row(v));
    for (int l = 0; l < kLanes; ++l) sweep.lane_qubits[l] = layout.qubits_of_lane(l);
    return sweep;
}

// How the rows of a block lie in memory: eight amplitudes of a row, or of each lane those of four
// rows, one after another; or neither.
enum class Memory { kRow, kFourRows, kScattered };

Memory memory_of(const Layout& layout) {
    if (layout.lanes == low_bits(kLaneQubits)) return Memory::kRow;
    const auto& inner = layout.inner;
    if (inner.size() >= 2 && inner[0] == 0 && inner[1] == 1) return Memory::kFourRows;
    return Memory::kScattered;
}

constexpr int kFour = kLanes / 2;  // amplitudes in a vector

// Block of the state <-> rows. Returns whether any amplitude is not zero.
template <class T>
bool load_block(const Sweep& sweep, const std::complex<T>* state, Split<T>* rows) {
    const Mask size = sweep.block.layout.num_rows();
    AnyBits<T> any;
    const Memory memory = memory_of(sweep.block.layout);
    if (memory == Memory::kRow) {
        for (Mask v = 0; v < size; ++v) {
            rows[v] = load_split(state + sweep.row_qubits[v]);
            any.add(rows[v]);
        }
    } else if (memory == Memory::kFourRows) {
        for (Mask v = 0; v < size; v += kFour) {
            Lanes<T> a[kLanes];
            for (int l = 0; l < kLanes; ++l)
                std::memcpy(&a[l], state + (sweep.row_qubits[v] | sweep.lane_qubits[l]),
                            sizeof a[l]);
            transpose<T>(a);
            for (int k = 0; k < kFour; ++k) {
                rows[v + k] = {a[2 * k], a[2 * k + 1]};
                any.add(rows[v + k]);
            }
        }
    } else {
        for (Mask v = 0; v < size; ++v) {
            for (int l = 0; l < kLanes; ++l) {
                const std::complex<T> a = state[sweep.row_qubits[v] | sweep.lane_qubits[l]];
                rows[v].re[l] = a.real();
                rows[v].im[l] = a.imag();
            }
            any.add(rows[v]);
        }
    }
    return bool(any);
}

template <class T>
void store_block(const Sweep& sweep, std::complex<T>* state, const Split<T>* rows) {
    const Mask size = sweep.block.layout.num_rows();
    const Memory memory = memory_of(sweep.block.layout);
    if (memory == Memory::kRow) {
        for (Mask v = 0; v < size; ++v) store_split(state + sweep.row_qubits[v], rows[v]);
    } else if (memory == Memory::kFourRows) {
        for (Mask v = 0; v < size; v += kFour) {
            Lanes<T> a[kLanes];
            for (int k = 0; k < kFour; ++k)
                a[2 * k] = rows[v + k].re, a[2 * k + 1] = rows[v + k].im;
            transpose<T>(a);
            for (int l = 0; l < kLanes; ++l)
                std::memcpy(
                    static_cast<void*>(state + (sweep.row_qubits[v] | sweep.lane_qubits[l])), &a[l],
                    sizeof a[l]);
        }
    } else {
        for (Mask v = 0; v < size; ++v)
            for (int l = 0; l < kLanes; ++l)
                state[sweep.row_qubits[v] | sweep.lane_qubits[l]] = {rows[v].re[l], rows[v].im[l]};
    }
}

template <class T>
std::vector<Scratch<T>> scratch_for(const Sweep& sweep, bool two, int threads) {
    std::vector<Scratch<T>> all;
    for (int t = 0; t < threads; ++t) all.emplace_back(sweep.block.layout.num_rows(), two);
    return all;
}

// Calls work(strip, scratch, base) for each block whose amplitudes need not be zero.
template <class T, class Work>
void for_blocks(const Sweep& sweep, bool two, int threads, Work work) {
    const Mask varying = sweep.block.layout.outer() & sweep.touched;
    const Mask blocks = Mask{1} << popcount(varying);
    threads = int(std::min<Mask>(threads, num_strips(blocks)));
    auto scratch = scratch_for<T>(sweep, two, threads);
    for_strips(blocks, threads, [&](Mask strip, Mask begin, Mask end) {
        Scratch<T>& mine = scratch[threads > 1 ? omp_get_thread_num() : 0];
        for (Mask k = begin; k < end; ++k) work(strip, mine, deposit(k, varying));
    });
}

// Calls work(strip, scratch, base) with each block of two states in `scratch`, and puts them back.
template <class T, class Work>
void for_block_pairs(const Sweep& sweep, std::complex<T>* psi, std::complex<T>* lambda, int threads,
                     Work work) {
    for_blocks<T>(sweep, true, threads, [&](Mask strip, Scratch<T>& scratch, Mask base) {
        const bool some = load_block(sweep, psi + base, scratch.psi());
        if (!(load_block(sweep, lambda + base, scratch.lambda()) || some)) return;
        work(strip, scratch, base);
        store_block(sweep, psi + base, scratch.psi());
        store_block(sweep, lambda + base, scratch.lambda());
    });
}

}  // namespace

int block_rows(int num_qubits) {
    // Measured: up to 18 qubits, where a state nearly fits a cache, two states of a small block
    // that stay in the nearest ones win; beyond, fewer sweeps do.
    return std::clamp(num_qubits - kLaneQubits, 1, num_qubits <= 18 ? 9 : 11);
}

std::vector<Sweep> compile_sweeps(const std::vector<Operation>& operations, int num_qubits,
                                  int rows) {
    std::vector<const Operation*> all;
    for (const auto& op : operations) all.push_back(&op);
    rows = std::min(rows, num_qubits - kLaneQubits);  // none on fewer than four qubits
    std::vector<Sweep> sweeps;
    Mask touched = 0;
    auto prints = footprints(all);
    if (rows < 1) std::fill(prints.begin(), prints.end(), kNoBlock);
    for (const Group& group : plan_groups(prints, rows)) {
        if (popcount(group.active) > rows) {
            sweeps.emplace_back();
            sweeps.back().whole_state = all[group.operations[0]];
            touched |= group.active & low_bits(num_qubits);
        } else {
            sweeps.push_back(
                compile_sweep(chosen(all, group.operations), group.active, num_qubits, rows));
            touched |= group.active;
        }
        sweeps.back().touched = touched;
    }
    return sweeps;
}

template <class T>
void sweep_forward(const Sweep& sweep, const BoundBlock<T>& bound, std::complex<T>* psi,
                   int threads) {
    for_blocks<T>(sweep, false, threads, [&](Mask, Scratch<T>& scratch, Mask base) {
        if (!load_block(sweep, psi + base, scratch.psi())) return;
        block_forward(sweep.block, bound, scratch, base);
        store_block(sweep, psi + base, scratch.psi());
    });
}

template <class T>
void sweep_tangent(const Sweep& sweep, const BoundBlock<T>& bound, int slot, std::complex<T>* psi,
                   std::complex<T>* tangent, int threads) {
    for_block_pairs(sweep, psi, tangent, threads, [&](Mask, Scratch<T>& scratch, Mask base) {
        block_tangent(sweep.block, bound, slot, scratch, base);
    });
}

template <class T>
void sweep_backward(const Sweep& sweep, const BoundBlock<T>& bound, std::complex<T>* psi,
                    std::complex<T>* lambda, double* gradient, int threads) {
    const auto& terms = sweep.block.terms;
    std::vector<Lanes<double>> sums(kStrips * terms.size());
    for_block_pairs(sweep, psi, lambda, threads, [&](Mask strip, Scratch<T>& scratch, Mask base) {
        block_backward(sweep.block, bound, scratch, base, sums.data() + strip * terms.size());
    });
    for (std::size_t t = 0; t < terms.size(); ++t) {
        double strip_sums[kStrips];
        for (Mask s = 0; s < kStrips; ++s)
            strip_sums[s] = sum_of_lanes<double>(sums[s * terms.size() + t]);
        gradient[terms[t].slot] += terms[t].weight * ordered_sum(strip_sums, kStrips);
    }
}

#define HYBRID_INSTANTIATE(T)                                                                  \
    template void sweep_forward<T>(const Sweep&, const BoundBlock<T>&, std::complex<T>*, int); \
    template void sweep_tangent<T>(const Sweep&, const BoundBlock<T>&, int, std::complex<T>*,  \
                                   std::complex<T>*, int);                                     \
    template void sweep_backward<T>(const Sweep&, const BoundBlock<T>&, std::complex<T>*,      \
                                    std::complex<T>*, double*, int);
HYBRID_INSTANTIATE(double)
HYBRID_INSTANTIATE(float)

}  // namespace hybrid
