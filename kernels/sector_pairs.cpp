#include "sector_pairs.hpp"

#include <stdexcept>

namespace hybrid {

namespace {
constexpr int kNone = -1, kOutside = -2;
}

const PairLists::Rows& PairLists::rows(const Condition& condition) {
    auto& made = rows_[condition];
    if (made) return *made;
    made = std::make_unique<Rows>();
    for (const SectorRow& row : basis_.rows()) {
        if (!condition.holds(row.string)) continue;
        const int other = basis_.find_row(row.string ^ condition.x);
        const SectorRow& second = basis_.rows()[other < 0 ? 0 : other];
        made->pairs.push_back({row.start, second.start, row.of_class,
                               parity(condition.sign & row.string) ? -1. : 1.});
        made->to_class.push_back(other < 0 ? kNone : second.of_class);
    }
    return *made;
}

const PairLists::Columns& PairLists::columns(const Condition& condition) {
    auto& made = columns_[condition];
    if (made) return *made;
    made = std::make_unique<Columns>();
    for (int k = 0; k < basis_.num_classes(); ++k) {
        const std::vector<Mask>& strings = basis_.columns(k);
        ColumnPairs list;
        std::vector<ColumnPair> minus;
        int to_class = kNone;
        for (std::size_t c = 0; c < strings.size(); ++c) {
            if (!condition.holds(strings[c])) continue;
            const Mask partner = strings[c] ^ condition.x;
            const int reached = basis_.class_of_column(partner);
            if (to_class == kNone) to_class = reached < 0 ? kOutside : reached;
            if (reached < 0 || reached != to_class) to_class = kOutside;
            if (to_class == kOutside) break;
            const ColumnPair pair{std::uint32_t(c),
                                  std::uint32_t(basis_.find_column(partner, reached))};
            (parity(condition.sign & strings[c]) ? minus : list.pairs).push_back(pair);
        }
        list.plus = list.pairs.size();
        list.pairs.insert(list.pairs.end(), minus.begin(), minus.end());
        list.whole = condition.x == 0 && list.pairs.size() == strings.size() &&
                     (list.plus == 0 || minus.empty());
        made->of_class.push_back(std::move(list));
        made->to_class.push_back(to_class);
    }
    return *made;
}

Pairs PairLists::pairs(const Condition& condition) {
    const Rows& in_rows = rows(condition.on(basis_.row_qubits()));
    const Columns& in_columns = columns(condition.on(basis_.column_qubits()));
    Pairs found{&in_rows.pairs, &in_columns.of_class, 0};
    for (std::size_t r = 0; r < in_rows.pairs.size(); ++r) {
        const int of_class = in_rows.pairs[r].of_class;
        const int to_class = in_columns.to_class[of_class];
        if (to_class == kNone) continue;
        if (to_class != in_rows.to_class[r])
            throw std::invalid_argument("an operation leaves the sector");
        found.count += in_columns.of_class[of_class].pairs.size();
    }
    return found;
}

}  // namespace hybrid
