#include "sector_sum.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lanes.hpp"
#include "strips.hpp"

namespace hybrid {

namespace {

constexpr std::uint64_t kWorthThreads = 1 << 13;  // amplitudes

// Whether pairs have equal signs under all masks.
std::vector<bool> signs_of(Mask string, const std::vector<Mask>& z_masks) {
    std::vector<bool> signs;
    for (Mask z : z_masks) signs.push_back(parity(z & string));
    return signs;
}

// out += the coefficients times psi, in the segments of a list of pairs of columns.
template <class E>
void add_segments(const SumColumns& columns, const double* values, const E* psi, E* out,
                  double factor) {
    const std::uint32_t *from = columns.from.data(), *to = columns.to.data();
    const std::size_t segments = columns.segment.size() - 1;
    if (segments == columns.from.size()) {
        for (std::size_t k = 0; k < segments; ++k) out[to[k]] += factor * values[k] * psi[from[k]];
        return;
    }
    for (std::size_t g = 0; g < segments; ++g) {
        const double value = factor * values[g];
        for (std::size_t k = columns.segment[g]; k < columns.segment[g + 1]; ++k)
            out[to[k]] += value * psi[from[k]];
    }
}

}  // namespace

SectorSum::SectorSum(const SectorBasis& basis, const PauliSum& sum, bool real)
    : basis_(basis), sum_(sum), real_(real) {
    const Mask on_rows = basis.row_qubits(), on_columns = basis.column_qubits();
    const int classes = basis.num_classes();
    std::map<Mask, int> flips;
    for (const MaskGroup& all : sum.groups) {
        const auto [place, is_new] = flips.emplace(all.x & on_rows, int(partners_.size()));
        if (is_new) {
            std::vector<int>& partner = partners_.emplace_back();
            for (const SectorRow& row : basis.rows())
                partner.push_back(basis.find_row(row.string ^ (all.x & on_rows)));
        }
        for (const bool odd : {false, true}) {
            const std::vector<SignedString>& strings = odd ? all.odd : all.even;
            if (strings.empty() || (odd && real)) continue;
            std::map<Mask, std::vector<SumGroup::String>> by_mask;
            for (const SignedString& s : strings)
                by_mask[s.z & on_columns].push_back({s.z & on_rows, s.coefficient});
            SumGroup group{odd, place->second, {}, {}, {}};
            std::vector<Mask> z_masks;
            for (auto& [z, those] : by_mask) {
                z_masks.push_back(z);
                group.strings.push_back(std::move(those));
            }
            bool any = false;
            for (int from = 0; from < classes; ++from)
                for (int to = 0; to < classes; ++to) {
                    const SumColumns* columns = columns_of(all.x & on_columns, from, to, z_masks);
                    group.columns.push_back(columns);
                    any = any || columns;
                }
            if (any) groups_.push_back(std::move(group));
        }
    }
    for (const SumGroup& group : groups_)
        for (const SumColumns* columns : group.columns)
            if (columns) scratch_ = std::max(scratch_, columns->segment.size() - 1);
    if (basis.rows().size() > 1) return;
    std::vector<double> scratch(scratch_);
    for (SumGroup& group : groups_) {  // one row: the coefficients never change
        const SumColumns& columns = *group.columns[0];
        const std::size_t segments = columns.segment.size() - 1;
        group.fixed.assign(segments, 0.0);
        for (std::size_t m = 0; m < group.strings.size(); ++m)
            for (const SumGroup::String& s : group.strings[m])
                for (std::size_t g = 0; g < segments; ++g)
                    group.fixed[g] += (parity(s.on_rows & basis.rows()[0].string) ? -1 : 1) *
                                      s.coefficient * columns.signs[m * segments + g];
    }
}

const SumColumns* SectorSum::columns_of(Mask x, int from, int to,
                                        const std::vector<Mask>& z_masks) {
    auto& made = columns_[Key{x, from, to, z_masks}];
    if (made) return made->from.empty() ? nullptr : made.get();
    made = std::make_unique<SumColumns>();
    const std::vector<Mask>& strings = basis_.columns(from);
    std::map<std::vector<bool>, std::vector<std::uint32_t>> by_signs;
    for (std::size_t c = 0; c < strings.size(); ++c)
        if (basis_.find_column(strings[c] ^ x, to) >= 0)
            by_signs[signs_of(strings[c], z_masks)].push_back(std::uint32_t(c));
    for (const auto& [signs, members] : by_signs) {
        made->segment.push_back(made->from.size());
        for (std::uint32_t c : members) {
            made->from.push_back(c);
            made->to.push_back(std::uint32_t(basis_.find_column(strings[c] ^ x, to)));
        }
    }
    made->segment.push_back(made->from.size());
    for (std::size_t m = 0; m < z_masks.size(); ++m)
        for (const auto& entry : by_signs) made->signs.push_back(entry.first[m] ? -1.0 : 1.0);
    return made->from.empty() ? nullptr : made.get();
}

// Adds row `to_row` of H psi to `out` and its imaginary part.
template <class E>
void SectorSum::add_row(int to_row, const E* psi, E* out, E* out_imaginary, int planes,
                        std::vector<double>& values) const {
    const int classes = basis_.num_classes();
    const int to = basis_.rows()[to_row].of_class;
    for (const SumGroup& group : groups_) {
        const int from_row = partners_[group.flip][to_row];
        if (from_row < 0) continue;
        const SectorRow& row = basis_.rows()[from_row];
        const SumColumns* columns = group.columns[row.of_class * classes + to];
        if (!columns) continue;
        const double* value = group.fixed.data();
        if (group.fixed.empty()) {
            const std::size_t segments = columns->segment.size() - 1;
            std::fill_n(values.begin(), segments, 0.0);
            const double* signs = columns->signs.data();
            for (const auto& strings : group.strings) {
                double weight = 0;
                for (const SumGroup::String& s : strings)
                    weight += parity(s.on_rows & row.string) ? -s.coefficient : s.coefficient;
                for (std::size_t g = 0; g < segments; ++g) values[g] += weight * signs[g];
                signs += segments;
            }
            value = values.data();
        }
        const E *re = psi + row.start, *im = re + basis_.size();
        if (!group.odd) {
            add_segments(*columns, value, re, out, 1.0);
            if (planes == 2) add_segments(*columns, value, im, out_imaginary, 1.0);
        } else {
            add_segments(*columns, value, im, out, -1.0);
            add_segments(*columns, value, re, out_imaginary, 1.0);
        }
    }
}

std::uint64_t SectorSum::num_pairs() const {
    const int classes = basis_.num_classes();
    std::uint64_t count = 0;
    for (const SumGroup& group : groups_)
        for (std::size_t r = 0; r < basis_.rows().size(); ++r) {
            const int from = partners_[group.flip][r];
            if (from < 0) continue;
            const int of_class = basis_.rows()[from].of_class;
            const SumColumns* columns =
                group.columns[of_class * classes + basis_.rows()[r].of_class];
            if (columns) count += columns->from.size();
        }
    return count;
}

bool SectorSum::is_whole() const {
    double scale = 0;
    for (const MaskGroup& group : sum_.groups)
        for (const auto* strings : {&group.even, &group.odd})
            for (const SignedString& s : *strings) scale += std::abs(s.coefficient);
    const double zero = 4 * std::numeric_limits<double>::epsilon() * scale;
    for (const MaskGroup& group : sum_.groups)
        if (real_ && !group.odd.empty()) return false;
    for (const SectorRow& row : basis_.rows())
        for (Mask column : basis_.columns(row.of_class)) {
            const Mask b = row.string | column;
            for (const MaskGroup& group : sum_.groups)
                if (basis_.find(b ^ group.x) < 0 && (std::abs(sum_at(group.even, b)) > zero ||
                                                     std::abs(sum_at(group.odd, b)) > zero))
                    return false;
        }
    return true;
}

template <class E>
E SectorSum::expectation(const E* psi, E* image, int planes, int threads) const {
    const std::uint64_t size = basis_.size(), rows = basis_.rows().size();
    if (size < kWorthThreads) threads = 1;
    E sums[kStrips] = {};
    for_strips(rows, threads, [&](std::uint64_t strip, std::uint64_t begin, std::uint64_t end) {
        std::vector<double> values(scratch_);
        std::vector<E> own;
        E sum = {};
        for (std::uint64_t r = begin; r < end; ++r) {
            const SectorRow& row = basis_.rows()[r];
            const std::size_t width = basis_.columns(row.of_class).size();
            if (!image) own.resize(planes * width);
            E* out = image ? image + row.start : own.data();
            E* imaginary = image ? out + size : own.data() + width;
            std::fill_n(out, width, E{});
            if (planes == 2) std::fill_n(imaginary, width, E{});
            add_row(int(r), psi, out, imaginary, planes, values);
            const E *re = psi + row.start, *im = re + size;
            E parts[4] = {};
            for (std::size_t c = 0; c < width; ++c) parts[c % 4] += re[c] * out[c];
            if (planes == 2)
                for (std::size_t c = 0; c < width; ++c) parts[c % 4] += im[c] * imaginary[c];
            sum += (parts[0] + parts[1]) + (parts[2] + parts[3]);
        }
        sums[strip] = sum;
    });
    E total = {};
    for (const E& sum : sums) total += sum;
    return total;
}

template <class E>
void SectorSum::add_image(const E& weight, const E* psi, E* image, int planes, int threads) const {
    const std::uint64_t size = basis_.size(), rows = basis_.rows().size();
    if (size < kWorthThreads) threads = 1;
    for_strips(rows, threads, [&](std::uint64_t, std::uint64_t begin, std::uint64_t end) {
        std::vector<double> values(scratch_);
        std::vector<E> own;
        for (std::uint64_t r = begin; r < end; ++r) {
            const SectorRow& row = basis_.rows()[r];
            const std::size_t width = basis_.columns(row.of_class).size();
            own.assign(planes * width, E{});
            add_row(int(r), psi, own.data(), own.data() + width, planes, values);
            for (int plane = 0; plane < planes; ++plane)
                for (std::size_t c = 0; c < width; ++c)
                    image[plane * size + row.start + c] += weight * own[plane * width + c];
        }
    });
}

template double SectorSum::expectation(const double*, double*, int, int) const;
template Lanes<double> SectorSum::expectation(const Lanes<double>*, Lanes<double>*, int, int) const;
template void SectorSum::add_image(const double&, const double*, double*, int, int) const;
template void SectorSum::add_image(const Lanes<double>&, const Lanes<double>*, Lanes<double>*, int,
                                   int) const;

}  // namespace hybrid
