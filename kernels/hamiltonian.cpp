#include "hamiltonian.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include "coefficients.hpp"
#include "lanes.hpp"
#include "strips.hpp"

namespace hybrid {

namespace {

constexpr int kRowQubits = 3;  // of 64 consecutive basis states: eight rows of eight lanes
constexpr int kTermQubits = kRowQubits + kLaneQubits;
constexpr int kRows = 1 << kRowQubits;
static_assert(kRows == kCoefficientRows);
constexpr int kMostBlockQubits = 13;  // two complex128 blocks fill a quarter of a typical L2

// Qubits of a block: the lowest ones. A mask pairs each block with one other block, the same for
// all masks that agree above the block.
int block_qubits(int num_qubits) {
    return std::clamp(num_qubits - 4, kTermQubits, kMostBlockQubits);
}

// Lane l of the result is lane l ^ X.
template <class T, int X>
inline Split<T> exchange_lanes(const Split<T>& a) {
    auto move = [](Lanes<T> v) {
        return __builtin_shufflevector(v, v, 0 ^ X, 1 ^ X, 2 ^ X, 3 ^ X, 4 ^ X, 5 ^ X, 6 ^ X,
                                       7 ^ X);
    };
    return {move(a.re), move(a.im)};
}

// 64 basis states from `first`, which is row `row` of its block.
struct Place {
    Mask first, row;
    Mask block_mask;  // low bits of a basis state that are inside the block
};

// out += conj(c) psi(b ^ x), where psi(b ^ x) lies in the block `partner`; X are the bits of x
// among the lanes.
template <class T, int X>
void add_group(const MaskGroup& group, const Place& at, const Split<T>* partner, Split<T>* out) {
    const Mask x_row = (group.x & at.block_mask) >> kLaneQubits;
    Lanes<T> c[kRows];
    if (!group.even.empty()) {
        coefficients<T>(group.even, at.first, c);
        for (int k = 0; k < kRows; ++k) {
            const Split<T> a = exchange_lanes<T, X>(partner[(at.row + k) ^ x_row]);
            out[k].re += c[k] * a.re;
            out[k].im += c[k] * a.im;
        }
    }
    if (!group.odd.empty()) {
        coefficients<T>(group.odd, at.first, c);
        for (int k = 0; k < kRows; ++k) {
            const Split<T> a = exchange_lanes<T, X>(partner[(at.row + k) ^ x_row]);
            out[k].re += c[k] * a.im;
            out[k].im -= c[k] * a.re;
        }
    }
}

template <class T>
using AddGroup = void (*)(const MaskGroup&, const Place&, const Split<T>*, Split<T>*);

template <class T>
constexpr AddGroup<T> kAddGroup[kLanes] = {add_group<T, 0>, add_group<T, 1>, add_group<T, 2>,
                                           add_group<T, 3>, add_group<T, 4>, add_group<T, 5>,
                                           add_group<T, 6>, add_group<T, 7>};

// Masks that agree above a block.
struct Across {
    Mask x;                                             // their bits there
    std::vector<MaskGroup>::const_iterator begin, end;  // by ascending mask
};

std::vector<Across> by_bits_above(const PauliSum& h, Mask block_mask) {
    std::vector<Across> out;
    for (auto begin = h.groups.begin(); begin != h.groups.end();) {
        const Mask x = begin->x & ~block_mask;
        const auto end = std::find_if(begin, h.groups.end(),
                                      [&](const MaskGroup& g) { return (g.x & ~block_mask) != x; });
        out.push_back({x, begin, end});
        begin = end;
    }
    return out;
}

// Where the rows of a block lie in memory, relative to its first amplitude.
class Rows {
  public:
    Rows(int num_qubits, const Placement& at) {
        const Mask block = low_bits(block_qubits(num_qubits));
        if (at.fixed() & block)
            throw std::invalid_argument("a shard is smaller than a block of the observable");
        for (Mask l = 0; l < kLanes; ++l)
            if (at.offset(l) != l) throw std::invalid_argument("lanes are not neighbours");
        for (Mask first = 0; first <= block; first += kLanes) starts_.push_back(at.offset(first));
    }
    Mask size() const { return starts_.size(); }
    Mask operator[](Mask row) const { return starts_[row]; }

  private:
    std::vector<Mask> starts_;
};

// Memory of one thread: a block of H psi, its current source block of psi, and the list of source
// blocks by ascending basis state.
template <class T>
struct Scratch {
    std::vector<Split<T>> image, partner;
    std::vector<std::pair<Mask, const Across*>> order;
    explicit Scratch(Mask rows) : image(rows), partner(rows) {}
};

template <class T>
class Imaging {
  public:
    Imaging(const PauliSum& h, const Placement& source_at, const std::complex<T>* source)
        : block_mask_(low_bits(block_qubits(h.num_qubits))),
          across_(by_bits_above(h, block_mask_)),
          at_(source_at),
          rows_(h.num_qubits, source_at),
          source_(source) {}

    // Lists the source blocks of the block at `base`.
    void choose(Mask base, Scratch<T>& scratch) const {
        scratch.order.clear();
        for (const Across& across : across_)
            if (at_.holds(base ^ across.x)) scratch.order.push_back({base ^ across.x, &across});
        std::sort(scratch.order.begin(), scratch.order.end());
    }

    // Adds their contributions to scratch.image.
    void add(Mask base, Scratch<T>& scratch) const {
        const Mask rows = rows_.size();
        for (const auto& [from, across] : scratch.order) {
            const std::complex<T>* block = source_ + at_.offset(from);
            for (Mask v = 0; v < rows; ++v) scratch.partner[v] = load_split(block + rows_[v]);
            for (Mask row = 0; row < rows; row += kRows) {
                const Place at{base + row * kLanes, row, block_mask_};
                for (auto group = across->begin; group != across->end; ++group)
                    kAddGroup<T>[group->x & (kLanes - 1)](*group, at, scratch.partner.data(),
                                                          scratch.image.data() + row);
            }
        }
    }

  private:
    Mask block_mask_;
    std::vector<Across> across_;
    const Placement& at_;
    Rows rows_;
    const std::complex<T>* source_;
};

// Not inlined, so that every caller gets the same rounding.
template <class T>
__attribute__((noinline)) void add_product(const std::complex<T>* psi, const Rows& rows,
                                           const Split<T>* image, Lanes<double>& sum) {
    for (Mask v = 0; v < rows.size(); ++v) {
        const Split<T> a = load_split(psi + rows[v]), &b = image[v];
        sum += widen(a.re * b.re + a.im * b.im);
    }
}

Mask above_block(int num_qubits) {
    return low_bits(num_qubits) & ~low_bits(block_qubits(num_qubits));
}

// Calls work(strip, scratch, base) for each block held at `at`.
template <class T, class Work>
void for_blocks(const Placement& at, int threads, Work work) {
    const int n = at.num_qubits();
    const Mask rows = bit(block_qubits(n) - kLaneQubits);
    threads = std::min(threads, 1 << popcount(expectation_strips(n)));
    std::vector<Scratch<T>> scratch(threads, Scratch<T>(rows));
    for_strips_at(at, above_block(n), threads, [&](Mask strip, Mask first, Mask inside) {
        Scratch<T>& mine = scratch[threads > 1 ? omp_get_thread_num() : 0];
        Mask base = 0;
        do {
            work(strip, mine, first | base);
            base = next_free(base, ~inside);
        } while (base != 0);
    });
}

// Calls use(strip, b, eight amplitudes of H psi from b on) for all basis states b, eight at a time.
template <class T, class Use>
void for_image(const PauliSum& h, const std::complex<T>* psi, int threads, Use use) {
    const Placement whole(h.num_qubits);
    const Imaging<T> imaging(h, whole, psi);
    for_blocks<T>(whole, threads, [&](Mask, Scratch<T>& scratch, Mask base) {
        std::fill(scratch.image.begin(), scratch.image.end(), Split<T>{});
        imaging.choose(base, scratch);
        imaging.add(base, scratch);
        for (Mask v = 0; v < scratch.image.size(); ++v) use(base + v * kLanes, scratch.image[v]);
    });
}

template <class T>
double expectation_in_blocks(const PauliSum& h, const std::complex<T>* psi, std::complex<T>* image,
                             int threads) {
    const Placement whole(h.num_qubits);
    const Imaging<T> imaging(h, whole, psi);
    const Rows rows(h.num_qubits, whole);
    std::vector<Lanes<double>> sums(bit(popcount(expectation_strips(h.num_qubits))));
    for_blocks<T>(whole, threads, [&](Mask strip, Scratch<T>& scratch, Mask base) {
        std::fill(scratch.image.begin(), scratch.image.end(), Split<T>{});
        imaging.choose(base, scratch);
        imaging.add(base, scratch);
        add_product(psi + base, rows, scratch.image.data(), sums[strip]);
        if (image)
            for (Mask v = 0; v < rows.size(); ++v)
                store_split(image + base + rows[v], scratch.image[v]);
    });
    std::vector<double> strip_sums;
    for (const auto& sum : sums) strip_sums.push_back(sum_of_lanes<double>(sum));
    return ordered_sum(strip_sums.data(), strip_sums.size());
}

// (H psi)_b = sum over masks of conj(c(b)) psi_{b ^ x}, in states of fewer than 64 amplitudes.
template <class T, class Use>
void for_image_by_amplitude(const PauliSum& h, const std::complex<T>* psi, Use use) {
    for (Mask b = 0; b < bit(h.num_qubits); ++b) {
        double re = 0, im = 0;
        for (const auto& group : h.groups) {
            const double even = sum_at(group.even, b), odd = sum_at(group.odd, b);
            const std::complex<T> a = psi[b ^ group.x];
            re += even * a.real() + odd * a.imag();
            im += even * a.imag() - odd * a.real();
        }
        use(b, re, im);
    }
}

template <class T>
double expectation_by_amplitude(const PauliSum& h, const std::complex<T>* psi,
                                std::complex<T>* image) {
    double sum = 0;
    for_image_by_amplitude(h, psi, [&](Mask b, double re, double im) {
        if (image) image[b] = {T(re), T(im)};
        sum += double(psi[b].real()) * re + double(psi[b].imag()) * im;
    });
    return sum;
}

}  // namespace

template <class T>
double expectation(const PauliSum& h, const std::complex<T>* psi, std::complex<T>* image,
                   int threads) {
    if (h.num_qubits < kTermQubits) return expectation_by_amplitude(h, psi, image);
    return expectation_in_blocks(h, psi, image, threads);
}

Mask expectation_strips(int num_qubits) {
    return strip_qubits(above_block(num_qubits), num_qubits);
}

Mask expectation_block(int num_qubits) {
    return low_bits(block_qubits(num_qubits));
}

template <class T>
void image_from(const PauliSum& h, const Placement& source_at, const std::complex<T>* source,
                const Placement& image_at, std::complex<T>* image, bool fresh, int threads) {
    const Imaging<T> imaging(h, source_at, source);
    const Rows rows(h.num_qubits, image_at);
    for_blocks<T>(image_at, threads, [&](Mask, Scratch<T>& scratch, Mask base) {
        imaging.choose(base, scratch);
        if (scratch.order.empty() && !fresh) return;
        std::complex<T>* block = image + image_at.offset(base);
        for (Mask v = 0; v < rows.size(); ++v)
            scratch.image[v] = fresh ? Split<T>{} : load_split(block + rows[v]);
        imaging.add(base, scratch);
        for (Mask v = 0; v < rows.size(); ++v) store_split(block + rows[v], scratch.image[v]);
    });
}

template <class T>
void image_product(const Placement& at, const std::complex<T>* psi, const std::complex<T>* image,
                   double* sums, int threads) {
    const Rows rows(at.num_qubits(), at);
    std::vector<Lanes<double>> in_lanes(bit(popcount(expectation_strips(at.num_qubits()))));
    for_blocks<T>(at, threads, [&](Mask strip, Scratch<T>& scratch, Mask base) {
        const Mask start = at.offset(base);
        for (Mask v = 0; v < rows.size(); ++v)
            scratch.image[v] = load_split(image + start + rows[v]);
        add_product(psi + start, rows, scratch.image.data(), in_lanes[strip]);
    });
    for (Mask s = 0; s < in_lanes.size(); ++s) sums[s] += sum_of_lanes<double>(in_lanes[s]);
}

template <class T>
void add_image(const PauliSum& h, double weight, const std::complex<T>* psi, std::complex<T>* image,
               int threads) {
    if (h.num_qubits < kTermQubits) {
        for_image_by_amplitude(h, psi, [&](Mask b, double re, double im) {
            image[b] += std::complex<T>(T(weight * re), T(weight * im));
        });
        return;
    }
    for_image(h, psi, threads, [&](Mask b, const Split<T>& c) {
        const Split<T> a = load_split(image + b);
        const T w = T(weight);
        store_split(image + b, Split<T>{a.re + w * c.re, a.im + w * c.im});
    });
}

#define HYBRID_INSTANTIATE(T)                                                                     \
    template double expectation<T>(const PauliSum&, const std::complex<T>*, std::complex<T>*,     \
                                   int);                                                          \
    template void image_from<T>(const PauliSum&, const Placement&, const std::complex<T>*,        \
                                const Placement&, std::complex<T>*, bool, int);                   \
    template void add_image<T>(const PauliSum&, double, const std::complex<T>*, std::complex<T>*, \
                               int);                                                              \
    template void image_product<T>(const Placement&, const std::complex<T>*,                      \
                                   const std::complex<T>*, double*, int);
HYBRID_INSTANTIATE(double)
HYBRID_INSTANTIATE(float)

}  // namespace hybrid
