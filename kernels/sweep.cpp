#include "sweep.hpp"

#include <algorithm>

#include "fallback.hpp"
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
    sweep.terms = sweep.block.terms;
    return sweep;
}

// Memory order of a block: the eight amplitudes of a row are adjacent, or four rows of each lane
// are; or neither.
enum class Memory { kRow, kFourRows, kScattered };

constexpr int kFour = kLanes / 2;  // amplitudes in a vector

// Offsets of the rows and lanes of a block from its first amplitude.
class Places {
  public:
    Places(const Sweep& sweep, const Placement& at) : rows_(&sweep.row_qubits) {
        if (!at.is_natural()) {
            for (Mask row : sweep.row_qubits) placed_.push_back(at.offset(row));
            rows_ = &placed_;
        }
        bool lanes_adjacent = true, rows_adjacent = size() >= kFour;
        for (int l = 0; l < kLanes; ++l) {
            lanes_[l] = at.offset(sweep.lane_qubits[l]);
            lanes_adjacent = lanes_adjacent && lanes_[l] == Mask(l);
        }
        for (Mask v = 0; v < kFour && rows_adjacent; ++v) rows_adjacent = row(v) == v;
        if (lanes_adjacent)
            memory_ = Memory::kRow;
        else if (rows_adjacent)
            memory_ = Memory::kFourRows;
    }
    Places(const Places&) = delete;
    Mask size() const { return rows_->size(); }
    Mask row(Mask v) const { return (*rows_)[v]; }
    Mask at(Mask v, int lane) const { return (*rows_)[v] | lanes_[lane]; }
    Memory memory() const { return memory_; }

  private:
    std::vector<Mask> placed_;
    const std::vector<Mask>* rows_;
    Mask lanes_[kLanes];
    Memory memory_ = Memory::kScattered;
};

// Block of the state <-> rows. Returns whether any amplitude is not zero.
template <class T>
bool load_block(const Places& places, const std::complex<T>* state, Split<T>* rows) {
    const Mask size = places.size();
    AnyBits<T> any;
    if (places.memory() == Memory::kRow) {
        for (Mask v = 0; v < size; ++v) {
            rows[v] = load_split(state + places.row(v));
            any.add(rows[v]);
        }
    } else if (places.memory() == Memory::kFourRows) {
        for (Mask v = 0; v < size; v += kFour) {
            Lanes<T> a[kLanes];
            for (int l = 0; l < kLanes; ++l)
                std::memcpy(&a[l], state + places.at(v, l), sizeof a[l]);
            transpose<T>(a);
            for (int k = 0; k < kFour; ++k) {
                rows[v + k] = {a[2 * k], a[2 * k + 1]};
                any.add(rows[v + k]);
            }
        }
    } else {
        for (Mask v = 0; v < size; ++v) {
            for (int l = 0; l < kLanes; ++l) {
                const std::complex<T> a = state[places.at(v, l)];
                rows[v].re[l] = a.real();
                rows[v].im[l] = a.imag();
            }
            any.add(rows[v]);
        }
    }
    return bool(any);
}

template <class T>
void store_block(const Places& places, std::complex<T>* state, const Split<T>* rows) {
    const Mask size = places.size();
    if (places.memory() == Memory::kRow) {
        for (Mask v = 0; v < size; ++v) store_split(state + places.row(v), rows[v]);
    } else if (places.memory() == Memory::kFourRows) {
        for (Mask v = 0; v < size; v += kFour) {
            Lanes<T> a[kLanes];
            for (int k = 0; k < kFour; ++k)
                a[2 * k] = rows[v + k].re, a[2 * k + 1] = rows[v + k].im;
            transpose<T>(a);
            for (int l = 0; l < kLanes; ++l)
                std::memcpy(static_cast<void*>(state + places.at(v, l)), &a[l], sizeof a[l]);
        }
    } else {
        for (Mask v = 0; v < size; ++v)
            for (int l = 0; l < kLanes; ++l)
                state[places.at(v, l)] = {rows[v].re[l], rows[v].im[l]};
    }
}

template <class T>
std::vector<Scratch<T>> scratch_for(const Sweep& sweep, bool two, int threads) {
    std::vector<Scratch<T>> all;
    for (int t = 0; t < threads; ++t) all.emplace_back(sweep.block.layout.num_rows(), two);
    return all;
}

// Calls work(strip, scratch, base) for each block held at `at` that may have non-zero amplitudes.
template <class T, class Work>
void for_blocks(const Sweep& sweep, const Placement& at, bool two, int threads, Work work) {
    if (at.value() & ~sweep.touched) return;
    const Mask varying = sweep.block.layout.outer() & sweep.touched;
    threads = std::min(threads, 1 << popcount(strip_qubits(varying, at.num_qubits())));
    auto scratch = scratch_for<T>(sweep, two, threads);
    for_strips_at(at, varying, threads, [&](Mask strip, Mask first, Mask inside) {
        Scratch<T>& mine = scratch[threads > 1 ? omp_get_thread_num() : 0];
        Mask base = 0;
        do {
            work(strip, mine, first | base);
            base = next_free(base, ~inside);
        } while (base != 0);
    });
}

// Calls work(strip, scratch, base) with each block of two states in `scratch`, and stores it.
template <class T, class Work>
void for_block_pairs(const Sweep& sweep, const Placement& at, std::complex<T>* psi,
                     std::complex<T>* lambda, int threads, Work work) {
    const Places places(sweep, at);
    for_blocks<T>(sweep, at, true, threads, [&](Mask strip, Scratch<T>& scratch, Mask base) {
        const Mask start = at.offset(base);
        const bool some = load_block(places, psi + start, scratch.psi());
        if (!(load_block(places, lambda + start, scratch.lambda()) || some)) return;
        work(strip, scratch, base);
        store_block(places, psi + start, scratch.psi());
        store_block(places, lambda + start, scratch.lambda());
    });
}

Sweep alone(const Operation& op, int num_qubits) {
    Sweep sweep;
    sweep.whole_state = &op;
    if (op.slot >= 0) sweep.terms = {{op.slot, 2.0}};
    sweep.strips = strip_qubits(apart(op, num_qubits), num_qubits);
    sweep.distributable = sweep.strips & ~op.generator.x & ~low_bits(kLaneQubits);  // lanes stay
    return sweep;
}

}  // namespace

int block_rows(int num_qubits) {
    // Measured: up to 18 qubits, where a state nearly fits a cache, small blocks that stay in the
    // nearest caches are faster; above, fewer sweeps are.
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
            sweeps.push_back(alone(*all[group.operations[0]], num_qubits));
            touched |= group.active & low_bits(num_qubits);
            sweeps.back().touched = touched;
        } else {
            sweeps.push_back(
                compile_sweep(chosen(all, group.operations), group.active, num_qubits, rows));
            touched |= group.active;
            const Mask outer = sweeps.back().block.layout.outer();
            sweeps.back().touched = touched;
            sweeps.back().strips = strip_qubits(outer & touched, num_qubits);
            sweeps.back().distributable = sweeps.back().strips | (outer & ~touched);
        }
    }
    return sweeps;
}

template <class T>
void sweep_forward(const Sweep& sweep, const BoundBlock<T>& bound, const Placement& at,
                   std::complex<T>* psi, int threads) {
    const Places places(sweep, at);
    for_blocks<T>(sweep, at, false, threads, [&](Mask, Scratch<T>& scratch, Mask base) {
        const Mask start = at.offset(base);
        if (!load_block(places, psi + start, scratch.psi())) return;
        block_forward(sweep.block, bound, scratch, base);
        store_block(places, psi + start, scratch.psi());
    });
}

template <class T>
void sweep_tangent(const Sweep& sweep, const BoundBlock<T>& bound, int slot, const Placement& at,
                   std::complex<T>* psi, std::complex<T>* tangent, int threads) {
    for_block_pairs(sweep, at, psi, tangent, threads, [&](Mask, Scratch<T>& scratch, Mask base) {
        block_tangent(sweep.block, bound, slot, scratch, base);
    });
}

template <class T>
void sweep_backward(const Sweep& sweep, const BoundBlock<T>& bound, const Placement& at,
                    std::complex<T>* psi, std::complex<T>* lambda, double* sums, int threads) {
    if (at.value() & ~sweep.touched) return;
    const std::size_t terms = sweep.terms.size();
    std::vector<Lanes<double>> in_lanes(terms << popcount(sweep.strips));
    for_block_pairs(
        sweep, at, psi, lambda, threads, [&](Mask strip, Scratch<T>& scratch, Mask base) {
            block_backward(sweep.block, bound, scratch, base, in_lanes.data() + strip * terms);
        });
    for (Mask s = 0; s < bit(popcount(sweep.strips)); ++s)
        if (at.holds(deposit(s, sweep.strips) | (at.value() & ~sweep.strips)))
            for (std::size_t t = 0; t < terms; ++t)
                sums[s * terms + t] = sum_of_lanes<double>(in_lanes[s * terms + t]);
}

void add_to_gradient(const Sweep& sweep, const double* sums, double* gradient) {
    const std::size_t terms = sweep.terms.size();
    for (std::size_t t = 0; t < terms; ++t)
        gradient[sweep.terms[t].slot] +=
            sweep.terms[t].weight * ordered_sum(sums + t, bit(popcount(sweep.strips)), terms);
}

#define HYBRID_INSTANTIATE(T)                                                                 \
    template void sweep_forward<T>(const Sweep&, const BoundBlock<T>&, const Placement&,      \
                                   std::complex<T>*, int);                                    \
    template void sweep_tangent<T>(const Sweep&, const BoundBlock<T>&, int, const Placement&, \
                                   std::complex<T>*, std::complex<T>*, int);                  \
    template void sweep_backward<T>(const Sweep&, const BoundBlock<T>&, const Placement&,     \
                                    std::complex<T>*, std::complex<T>*, double*, int);
HYBRID_INSTANTIATE(double)
HYBRID_INSTANTIATE(float)

}  // namespace hybrid
