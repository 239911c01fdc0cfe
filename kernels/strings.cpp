#include "strings.hpp"

#include <cmath>
#include <limits>
#include <map>
#include <stdexcept>

namespace hybrid {

namespace {
constexpr int kMaxVaryingBits = 12;

void tabulate(Generator& g) {
    const Mask half = highest(g.x);  // one of each pair: the one without x's highest bit
    const Mask bits = g.varying & ~half;
    double scale = 0;
    for (const auto& s : g.strings) scale += std::abs(s.coefficient);
    const double zero = 4 * std::numeric_limits<double>::epsilon() * scale;  // rounding of the sum
    Mask b = 0;
    do {
        double value = 0;
        for (const auto& s : g.strings)
            value += parity(s.z & g.varying & b) ? -s.coefficient : s.coefficient;
        if (std::abs(value) > zero) g.patterns.push_back({b, value});
        b = next_free(b, ~bits);
    } while (b != 0);
    g.tabulated = true;
}
}  // namespace

Generator make_generator(Mask x, const Mask* z, const double* coefficients, int count) {
    Generator g;
    g.x = x;
    std::map<Mask, double> merged;
    for (int j = 0; j < count; ++j) {
        const int y = popcount(x & z[j]);
        if (j == 0) g.odd = y & 1;
        if (g.odd != bool(y & 1))
            throw std::invalid_argument(
                "the strings of an evolution do not commute: some have an even and some an odd "
                "number of Y; split them into two evolutions");
        merged[z[j]] += (y & 2) ? -coefficients[j] : coefficients[j];
    }
    for (auto [mask, c] : merged)
        if (c != 0) g.strings.push_back({mask, c});
    g.varying = x;
    for (const auto& s : g.strings) g.varying |= s.z ^ g.strings.front().z;
    if (!g.strings.empty()) g.sign = g.strings.front().z & ~g.varying;
    if (popcount(g.varying) <= kMaxVaryingBits) tabulate(g);
    return g;
}

}  // namespace hybrid
