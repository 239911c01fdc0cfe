// A Pauli sum on a sector: H psi and expectation values. What leads out of the sector is left out,
// since it has no part in an expectation value or its derivatives.
#pragma once

#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "pauli_sum.hpp"
#include "sector_basis.hpp"

namespace hybrid {

// Columns that one X mask pairs, and their signs under the Z masks of its strings. Pairs with equal
// signs are one segment, with one coefficient.
struct SumColumns {
    std::vector<std::uint32_t> from, to;
    std::vector<std::size_t> segment;  // where each begins, and the end
    std::vector<double> signs;         // (masks, segments)
};

// The strings of one X mask, all with an even or all with an odd number of Y.
struct SumGroup {
    struct String {
        Mask on_rows;
        double coefficient;
    };
    bool odd;
    int flip;                                  // which list of partners
    std::vector<std::vector<String>> strings;  // by their Z mask on the columns
    std::vector<const SumColumns*> columns;    // (from class, to class), or null
    std::vector<double> fixed;                 // with one row: the coefficients of the segments
};

class SectorSum {
  public:
    // `basis` and `sum` must outlive this one. Parts that are imaginary have no effect on real
    // states and are left out for them.
    SectorSum(const SectorBasis& basis, const PauliSum& sum, bool real);
    SectorSum(const SectorSum&) = delete;

    // <psi|H|psi>; if `image` is not null also image := H psi. States have one plane or two.
    template <class E>
    E expectation(const E* psi, E* image, int planes, int threads) const;

    // image += weight H psi.
    template <class E>
    void add_image(const E& weight, const E* psi, E* image, int planes, int threads) const;

    // Whether the image is all of H psi, with nothing left out.
    bool is_whole() const;

    const SectorBasis& basis() const { return basis_; }
    bool real() const { return real_; }
    std::uint64_t num_pairs() const;  // of coupled basis states, each way

  private:
    template <class E>
    void add_row(int to_row, const E* psi, E* out, E* out_imaginary, int planes,
                 std::vector<double>& scratch) const;
    const SumColumns* columns_of(Mask x, int from, int to, const std::vector<Mask>& z_masks);

    using Key = std::tuple<Mask, int, int, std::vector<Mask>>;
    const SectorBasis& basis_;
    const PauliSum& sum_;
    bool real_;
    std::vector<SumGroup> groups_;
    std::vector<std::vector<int>> partners_;  // of each row, or -1
    std::map<Key, std::unique_ptr<SumColumns>> columns_;
    std::size_t scratch_ = 0;
};

}  // namespace hybrid
