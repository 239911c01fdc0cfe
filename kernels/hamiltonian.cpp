#include "hamiltonian.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "coefficients.hpp"
#include "lanes.hpp"
#include "strips.hpp"

namespace hybrid {

namespace {

constexpr int kRowQubits = 3;  // of a tile: eight rows of eight lanes
constexpr int kTileQubits = kRowQubits + kLaneQubits;
constexpr int kRows = 1 << kRowQubits;
static_assert(kRows == kCoefficientRows);
constexpr int kMostBlockQubits = 13;  // two blocks of complex128 take a quarter of a usual L2 cache

// Masks pair a block with another one, the same for all masks that agree above the block.
int block_qubits(int num_qubits) {
    return std::clamp(num_qubits - 4, kTileQubits, kMostBlockQubits);
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

// A tile of 64 basis states that starts at `first`, which is row `row` of its block.
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

using Groups = std::vector<MaskGroup>;

// What one thread needs: the block of H psi and the block of psi that it takes from.
template <class T>
struct Scratch {
    std::vector<Split<T>> image, partner;
    explicit Scratch(Mask rows) : image(rows), partner(rows) {}
};

// One block of H psi.
template <class T>
void image_of_block(const PauliSum& h, const std::complex<T>* psi, Mask base, Mask block_mask,
                    Scratch<T>& scratch) {
    std::fill(scratch.image.begin(), scratch.image.end(), Split<T>{});
    const Mask rows = scratch.image.size();
    for (auto begin = h.groups.begin(); begin != h.groups.end();) {
        const Mask across = begin->x & ~block_mask;
        const auto end = std::find_if(begin, h.groups.end(), [&](const MaskGroup& g) {
            return (g.x & ~block_mask) != across;
        });
        const std::complex<T>* from = psi + (base ^ across);
        for (Mask v = 0; v < rows; ++v) scratch.partner[v] = load_split(from + v * kLanes);
        for (Mask row = 0; row < rows; row += kRows) {
            const Place at{base + row * kLanes, row, block_mask};
            for (auto group = begin; group != end; ++group)
                kAddGroup<T>[group->x & (kLanes - 1)](*group, at, scratch.partner.data(),
                                                      scratch.image.data() + row);
        }
        begin = end;
    }
}

// Calls use(strip, b, eight amplitudes of H psi from b on) for all basis states b, eight at a time.
template <class T, class Use>
void for_image(const PauliSum& h, const std::complex<T>* psi, int threads, Use use) {
    const int inside = block_qubits(h.num_qubits);
    const Mask rows = bit(inside - kLaneQubits), blocks = bit(h.num_qubits - inside);
    threads = int(std::min<Mask>(threads, num_strips(blocks)));
    std::vector<Scratch<T>> scratch(threads, Scratch<T>(rows));
    for_strips(blocks, threads, [&](Mask strip, Mask begin, Mask end) {
        Scratch<T>& mine = scratch[threads > 1 ? omp_get_thread_num() : 0];
        for (Mask block = begin; block < end; ++block) {
            const Mask base = block << inside;
            image_of_block(h, psi, base, low_bits(inside), mine);
            for (Mask v = 0; v < rows; ++v) use(strip, base + v * kLanes, mine.image[v]);
        }
    });
}

template <class T>
double expectation_in_blocks(const PauliSum& h, const std::complex<T>* psi, std::complex<T>* image,
                             int threads) {
    Lanes<double> sums[kStrips] = {};
    for_image(h, psi, threads, [&](Mask strip, Mask b, const Split<T>& c) {
        const Split<T> a = load_split(psi + b);
        sums[strip] += widen(a.re * c.re + a.im * c.im);
        if (image) store_split(image + b, c);
    });
    double strip_sums[kStrips];
    for (Mask s = 0; s < kStrips; ++s) strip_sums[s] = sum_of_lanes<double>(sums[s]);
    return ordered_sum(strip_sums, kStrips);
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
    if (h.num_qubits < kTileQubits) return expectation_by_amplitude(h, psi, image);
    return expectation_in_blocks(h, psi, image, threads);
}

template <class T>
void add_image(const PauliSum& h, double weight, const std::complex<T>* psi, std::complex<T>* image,
               int threads) {
    if (h.num_qubits < kTileQubits) {
        for_image_by_amplitude(h, psi, [&](Mask b, double re, double im) {
            image[b] += std::complex<T>(T(weight * re), T(weight * im));
        });
        return;
    }
    for_image(h, psi, threads, [&](Mask, Mask b, const Split<T>& c) {
        const Split<T> a = load_split(image + b);
        const T w = T(weight);
        store_split(image + b, Split<T>{a.re + w * c.re, a.im + w * c.im});
    });
}

template void add_image<double>(const PauliSum&, double, const std::complex<double>*,
                                std::complex<double>*, int);
template void add_image<float>(const PauliSum&, double, const std::complex<float>*,
                               std::complex<float>*, int);
template double expectation<double>(const PauliSum&, const std::complex<double>*,
                                    std::complex<double>*, int);
template double expectation<float>(const PauliSum&, const std::complex<float>*,
                                   std::complex<float>*, int);

}  // namespace hybrid
