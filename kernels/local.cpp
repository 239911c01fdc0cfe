#include "local.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "diagonal.hpp"
#include "fuse.hpp"

namespace hybrid {

namespace {

constexpr int kMostControls = 8;  // of a diagonal operation expanded into 2^k strings

bool is_diagonal_matrix(const Operation& op) {
    const auto& m = op.matrix;
    return op.kind == Kind::kMatrix1 && m[1] == 0.0 && m[2] == 0.0 &&
           std::abs(std::abs(m[0]) - 1) < 1e-14 && std::abs(std::abs(m[3]) - 1) < 1e-14;
}

bool is_diagonal(const Operation& op) {
    return popcount(op.control_mask) <= kMostControls &&
           ((op.kind == Kind::kEvolution && op.generator.x == 0) || is_diagonal_matrix(op));
}

bool is_x(const Operation& op) {
    const auto& m = op.matrix;
    return op.kind == Kind::kMatrix1 && m[0] == 0.0 && m[1] == 1.0 && m[2] == 1.0 && m[3] == 0.0;
}

bool is_swap(const Operation& op) {
    if (op.kind != Kind::kMatrix2) return false;
    constexpr int image[4] = {0, 2, 1, 3};
    for (int e = 0; e < 16; ++e)
        if (op.matrix[e] != (image[e / 4] == e % 4 ? 1.0 : 0.0)) return false;
    return true;
}

Mask moved(const Operation& op) {
    if (op.kind == Kind::kEvolution) return op.generator.x;
    return is_diagonal(op) ? 0 : op.target_mask();
}

// The strings of a diagonal operation; a control is (1 +- Z) / 2.
std::vector<SignedString> strings_of(const Operation& op) {
    std::vector<SignedString> bare = op.generator.strings, strings;
    if (op.kind == Kind::kMatrix1) {
        const double phase0 = -std::arg(op.matrix[0]), phase1 = -std::arg(op.matrix[3]);
        bare = {{0, (phase0 + phase1) / 2}, {bit(op.target[0]), (phase0 - phase1) / 2}};
    }
    const double share = std::ldexp(1.0, -popcount(op.control_mask));
    Mask subset = 0;
    do {
        for (const auto& s : bare) {
            const double c = parity(subset & op.control_value) ? -s.coefficient : s.coefficient;
            strings.push_back({s.z ^ subset, c * share});
        }
        subset = (subset - op.control_mask) & op.control_mask;  // the next subset of the controls
    } while (subset != 0);
    return strings;
}

class Compiler {
  public:
    Compiler(const Layout& layout, std::vector<Term>& terms) : terms_(terms) {
        out_.layout = layout;
        auto first = layout.inner;
        if (int(first.size()) > kTileQubits) first.resize(kTileQubits);
        out_.diagonal_layout = make_layout(layout.num_qubits, layout.lanes, first);
    }

    void add(const Operation& op) {
        if (is_diagonal(op))
            add_diagonal(op);
        else if (op.kind == Kind::kEvolution)
            add_rotation(op);
        else
            add_matrix(op);
    }

    LocalProgram take() { return std::move(out_); }

  private:
    // One case per combination of row and outer bits that matches `bits` on the fixed qubits; lanes
    // that do not match get 0.
    static Case case_of(const Layout& at, Mask fixed, Mask bits) {
        Case found{bits & at.outer(), at.rows_of(bits), {}};
        const Mask in_lanes = fixed & at.lanes;
        for (int l = 0; l < kLanes; ++l)
            found.r[l] = (at.qubits_of_lane(l) & in_lanes) == (bits & in_lanes);
        return found;
    }

    LocalOperation shell(LocalKind kind, const Operation& op, Mask fixed) const {
        LocalOperation local;
        local.kind = kind;
        local.source = &op;
        local.fixed = out_.layout.rows_of(fixed);
        local.outer_fixed = fixed & out_.layout.outer();
        return local;
    }

    void push(LocalOperation local, int values) {
        local.bound = out_.num_values;
        out_.num_values += values;
        out_.operations.push_back(std::move(local));
    }

    void add_rotation(const Operation& op) {
        const Layout& at = out_.layout;
        const Generator& g = op.generator;
        const Mask fixed = op.control_mask | g.varying;
        LocalOperation local = shell(LocalKind::kRotate, op, fixed);
        local.x = at.rows_of(g.x);
        local.odd = g.odd;
        local.sign = at.rows_of(g.sign);
        local.outer_sign = g.sign & at.outer();
        const Mask shared = op.control_mask & g.varying;
        for (const Pattern& p : g.patterns) {
            if ((p.bits ^ op.control_value) & shared) continue;
            Case found = case_of(at, fixed, p.bits | op.control_value);
            for (int l = 0; l < kLanes; ++l)
                found.r[l] *= parity(g.sign & at.qubits_of_lane(l)) ? -p.value : p.value;
            merge(local.cases, found);
        }
        if (local.cases.empty()) return;  // a sum of strings that cancel
        local.term = int(terms_.size());
        terms_.push_back({op.slot, 2.0});
        push(local, kRotationValues * int(local.cases.size()));
    }

    // Cases that differ only in lanes are merged.
    static void merge(std::vector<Case>& cases, const Case& found) {
        for (Case& c : cases)
            if (c.outer_bits == found.outer_bits && c.row_bits == found.row_bits) {
                for (int l = 0; l < kLanes; ++l) c.r[l] += found.r[l];
                return;
            }
        cases.push_back(found);
    }

    void add_matrix(const Operation& op) {
        const Layout& at = out_.layout;
        const bool whole_lanes = (op.control_mask & at.lanes) == 0;
        const bool exchange = whole_lanes && (is_x(op) || is_swap(op));
        const Mask targets = op.target_mask();
        LocalOperation local = shell(exchange                    ? LocalKind::kExchange
                                     : op.kind == Kind::kMatrix1 ? LocalKind::kMatrix1
                                                                 : LocalKind::kMatrix2,
                                     op, op.control_mask | targets);
        local.x = at.rows_of(targets);
        for (int t = 0; t < 2; ++t)
            if (op.target[t] >= 0) local.target[t] = at.rows_of(bit(op.target[t]));
        Mask bits = op.control_value;
        if (exchange && op.kind == Kind::kMatrix2) bits |= bit(op.target[0]);
        local.cases = {case_of(at, op.control_mask | targets, bits)};
        // Only controls lie in lanes, targets never do.
        const int size = op.kind == Kind::kMatrix1 ? 8 : 32;
        push(local, exchange ? 0 : size);
    }

    void add_diagonal(const Operation& op) {
        const auto strings = strings_of(op);
        if (strings.empty()) return;
        if (out_.operations.empty() || out_.operations.back().kind != LocalKind::kDiagonal) {
            LocalOperation local;
            local.kind = LocalKind::kDiagonal;
            local.run = int(out_.runs.size());
            out_.runs.emplace_back();
            out_.operations.push_back(local);
        }
        DiagonalRun& run = out_.runs.back();
        const Layout& at = out_.diagonal_layout;
        for (const auto& s : strings) {
            DiagonalString string;
            string.rows = at.rows_of(s.z);
            string.lanes = int(extract(s.z, at.lanes));
            string.outer = s.z & at.outer();
            string.coefficient = s.coefficient;
            string.slot = op.slot;
            if (op.slot >= 0 && s.z != 0) {  // a global phase has no derivative
                string.term = int(terms_.size());
                terms_.push_back({op.slot, 2 * s.coefficient});
                run.wants_gradient = true;
                run.is_wide |= popcount(string.rows) > 1;
            }
            run.strings.push_back(string);
        }
    }

    std::vector<Term>& terms_;
    LocalProgram out_;
};

// Whether a rotation acts equally on all pairs of rows that differ in one bit.
bool is_plain(const LocalOperation& op) {
    return op.kind == LocalKind::kRotate && op.cases.size() == 1 && popcount(op.x) == 1 &&
           op.fixed == op.x && op.cases[0].row_bits == 0 && op.outer_fixed == 0 && op.sign == 0 &&
           op.outer_sign == 0;
}

// Pairs consecutive plain rotations of two row bits.
void pair_rotations(std::vector<LocalOperation>& operations) {
    for (std::size_t k = 0; k + 1 < operations.size(); ++k) {
        LocalOperation &op = operations[k], &next = operations[k + 1];
        op.with_next = is_plain(op) && is_plain(next) && op.x != next.x;
        if (op.with_next) ++k;
    }
}

// Allocates tables and phases, once the runs are complete.
void lay_out_runs(LocalProgram& local) {
    for (DiagonalRun& run : local.runs) {
        for (const auto& s : run.strings) (s.outer == 0 ? run.has_table : run.has_outer) = true;
        run.table = local.num_tables;
        if (run.has_table) local.num_tables += int(local.diagonal_layout.num_rows());
        run.phases = local.num_phases;
        local.num_phases += int(run.strings.size());
    }
}

// cos(angle) and sin(angle) in each lane; most lanes share one angle up to its sign.
template <class T, class AngleOfLane>
Split<T> rotation(AngleOfLane angle) {
    Split<T> out;
    double last = std::numeric_limits<double>::quiet_NaN(), cosine = 1, sine = 0;
    for (int l = 0; l < kLanes; ++l) {
        const double phi = angle(l);
        if (std::abs(phi) != last) {
            last = std::abs(phi);
            cosine = std::cos(last);
            sine = std::sin(last);
        }
        out.re[l] = T(cosine);
        out.im[l] = T(std::signbit(phi) ? -sine : sine);
    }
    return out;
}

template <class T>
void bind_rotation(const LocalOperation& op, const LaneAngles& angles, Lanes<T>* out) {
    for (const Case& c : op.cases) {
        const auto turn = rotation<T>([&](int l) { return angles(op.source->slot, l) * c.r[l]; });
        out[0] = turn.re;
        out[1] = turn.im;
        for (int l = 0; l < kLanes; ++l) out[2][l] = T(c.r[l]);
        out[3] = turn.im / turn.re;
        out += kRotationValues;
    }
}

// A matrix without controls that is a product of others.
template <class T>
void bind_product(const LocalOperation& op, const LaneAngles& angles, Lanes<T>* out) {
    Matrix2 matrix;
    for (int l = 0; l < kLanes; ++l) {
        if (l == 0 || !angles.same(l, l - 1))
            matrix = product_of_parts(*op.source, [&](int slot) { return angles(slot, l); });
        for (int e = 0; e < 4; ++e) {
            out[2 * e][l] = T(matrix[e].real());
            out[2 * e + 1][l] = T(matrix[e].imag());
        }
    }
}

template <class T>
void bind_matrix(const LocalOperation& op, const LaneAngles& angles, Lanes<T>* out) {
    if (!op.source->parts.empty()) return bind_product<T>(op, angles, out);
    const int size = op.kind == LocalKind::kMatrix1 ? 2 : 4;
    for (int e = 0; e < size * size; ++e)
        for (int l = 0; l < kLanes; ++l) {
            const bool acts = op.cases[0].r[l] != 0;
            const double identity = e / size == e % size;
            out[2 * e][l] = T(acts ? op.source->matrix[e].real() : identity);
            out[2 * e + 1][l] = T(acts ? op.source->matrix[e].imag() : 0);
        }
}

}  // namespace

Footprint footprint(const Operation& op) {
    const bool rotation = op.kind == Kind::kEvolution && op.generator.x != 0;
    const bool suits_blocks =
        op.kind != Kind::kEvolution || (rotation ? op.generator.tabulated : is_diagonal(op));
    if (!suits_blocks) return kNoBlock;
    const Mask active = moved(op);
    Mask touched = op.control_mask | op.target_mask() | op.generator.varying | op.generator.sign;
    for (const auto& s : op.generator.strings) touched |= s.z;
    return {active, touched & ~active};
}

LocalProgram compile_local(const std::vector<const Operation*>& operations, const Layout& layout,
                           std::vector<Term>& terms) {
    Compiler compiler(layout, terms);
    for (const Operation* op : operations) compiler.add(*op);
    LocalProgram local = compiler.take();
    pair_rotations(local.operations);
    lay_out_runs(local);
    return local;
}

template <class T>
void bind(const LocalProgram& local, const LaneAngles& angles, Bound<T>& bound) {
    bound.values.resize(local.num_values);
    bound.phases.resize(local.num_phases);
    bound.tables.resize(local.num_tables);
    for (const auto& op : local.operations) {
        if (op.kind == LocalKind::kRotate)
            bind_rotation<T>(op, angles, bound.values.data() + op.bound);
        else if (op.kind == LocalKind::kMatrix1 || op.kind == LocalKind::kMatrix2)
            bind_matrix<T>(op, angles, bound.values.data() + op.bound);
    }
    for (const auto& run : local.runs) {
        for (std::size_t k = 0; k < run.strings.size(); ++k) {
            const DiagonalString& s = run.strings[k];
            const auto turn =
                rotation<T>([&](int l) { return -s.coefficient * angles(s.slot, l); });
            bound.phases[run.phases + k] = turn;
        }
        if (run.has_table) bind_table(local, run, bound);
    }
}

template void bind<double>(const LocalProgram&, const LaneAngles&, Bound<double>&);
template void bind<float>(const LocalProgram&, const LaneAngles&, Bound<float>&);

}  // namespace hybrid
