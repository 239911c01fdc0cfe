#include "fuse.hpp"

#include <algorithm>
#include <cmath>

namespace hybrid {

namespace {

// The qubit of a one-qubit operation without controls, or -1.
int only_qubit(const Operation& op) {
    Mask support = op.control_mask | op.target_mask() | op.generator.x;
    for (const auto& s : op.generator.strings) support |= s.z;
    return op.control_mask == 0 && popcount(support) == 1 ? std::countr_zero(support) : -1;
}

// Arithmetic in units of one rotation: a full matrix takes two, a diagonal hardly any.
int weight(const Operation& op) {
    if (op.kind == Kind::kEvolution) return op.generator.x != 0;
    const bool diagonal = op.matrix[1] == 0.0 && op.matrix[2] == 0.0;
    const bool antidiagonal = op.matrix[0] == 0.0 && op.matrix[3] == 0.0;
    return diagonal ? 0 : antidiagonal ? 1 : 2;
}

// Measured: a merged matrix is no slower if it replaces another matrix, a third rotation, or a
// diagonal.
bool pays(const std::vector<Operation>& run) {
    int sum = 0, most = 0;
    for (const Operation& op : run) {
        sum += weight(op);
        most = std::max(most, weight(op));
    }
    return run.size() > 1 && (sum > 2 || most == 2);
}

Operation merged(std::vector<Operation> run, int qubit) {
    Operation out;
    out.kind = Kind::kMatrix1;
    out.target[0] = qubit;
    out.parts = std::move(run);
    const bool fixed = std::all_of(out.parts.begin(), out.parts.end(),
                                   [](const Operation& part) { return part.slot < 0; });
    if (!fixed) return out;
    const Matrix2 matrix = product_of_parts(out, [](int) { return 0.0; });
    std::copy(matrix.begin(), matrix.end(), out.matrix);
    out.parts.clear();
    return out;
}

class Fuser {
  public:
    explicit Fuser(Fuse which) : which_(which) {}

    void add(const Operation& op) {
        const int qubit = only_qubit(op);
        if (qubit >= 0 && (which_ == Fuse::kAll || op.slot < 0)) {
            runs_[qubit].push_back(op);
            return;
        }
        Mask touched = op.control_mask | op.target_mask() | op.generator.x;
        for (const auto& s : op.generator.strings) touched |= s.z;
        for (int q = 0; q < 64; ++q)
            if (touched & bit(q)) flush(q);
        out_.push_back(op);
    }

    std::vector<Operation> take() {
        for (int q = 0; q < 64; ++q) flush(q);
        return std::move(out_);
    }

  private:
    void flush(int qubit) {
        std::vector<Operation>& run = runs_[qubit];
        if (pays(run))
            out_.push_back(merged(std::move(run), qubit));
        else
            out_.insert(out_.end(), run.begin(), run.end());
        run.clear();
    }

    Fuse which_;
    std::vector<Operation> runs_[64];  // waiting operations, by qubit
    std::vector<Operation> out_;
};

}  // namespace

Matrix2 times(const Matrix2& a, const Matrix2& b) {
    return {a[0] * b[0] + a[1] * b[2], a[0] * b[1] + a[1] * b[3], a[2] * b[0] + a[3] * b[2],
            a[2] * b[1] + a[3] * b[3]};
}

Matrix2 matrix_of(const Operation& op, double angle) {
    if (op.kind == Kind::kMatrix1) return {op.matrix[0], op.matrix[1], op.matrix[2], op.matrix[3]};
    const Generator& g = op.generator;
    const double zero = angle * sum_at(g.strings, 0), one = angle * sum_at(g.strings, ~Mask{0});
    if (g.x == 0) return {std::polar(1.0, -zero), 0.0, 0.0, std::polar(1.0, -one)};
    const double c = std::cos(zero), s = std::sin(zero);
    if (g.odd) return {c, -s, s, c};
    return {c, {0, -s}, {0, -s}, c};
}

std::vector<Operation> fuse(const std::vector<Operation>& operations, Fuse which) {
    Fuser fuser(which);
    for (const Operation& op : operations) fuser.add(op);
    return fuser.take();
}

}  // namespace hybrid
