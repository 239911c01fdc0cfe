#include "sector_program.hpp"

#include <cmath>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>

namespace hybrid {

namespace {

[[noreturn]] void refuse(std::size_t op, const std::string& why) {
    throw std::invalid_argument("operation " + std::to_string(op) + ": " + why);
}

constexpr std::size_t kMostPatterns = 4;  // of a diagonal sum that is not a table

// A diagonal sum that has many values.
SectorOperation table_of(const Operation& op, const SectorBasis& basis) {
    SectorOperation out;
    out.turn = Turn::kTable;
    out.slot = op.slot;
    out.table.reserve(basis.size());
    std::map<double, std::uint32_t> place;
    for (const SectorRow& row : basis.rows())
        for (Mask column : basis.columns(row.of_class)) {
            const Mask b = row.string | column;
            const bool acts = (b & op.control_mask) == op.control_value;
            const double r = acts ? sum_at(op.generator.strings, b) : 0.0;
            const auto [found, is_new] = place.emplace(r, std::uint32_t(out.values.size()));
            if (is_new) out.values.push_back(r);
            out.table.push_back(found->second);
        }
    return out;
}

SectorOperation evolution(const Operation& op, PairLists& lists, const SectorBasis& basis) {
    const Generator& g = op.generator;
    if (g.x == 0 && (!g.tabulated || g.patterns.size() > kMostPatterns)) return table_of(op, basis);
    if (!g.tabulated) throw std::invalid_argument("its coefficient depends on too many qubits");
    SectorOperation out;
    out.turn = g.x == 0 ? Turn::kDiagonal : g.odd ? Turn::kOdd : Turn::kEven;
    out.slot = op.slot;
    for (const Pattern& p : g.patterns) {
        const Mask shared = op.control_mask & g.varying;
        if ((p.bits & shared) != (op.control_value & shared)) continue;
        const Condition condition{op.control_mask | g.varying, op.control_value | p.bits, g.x,
                                  g.sign};
        const Coupling coupling{lists.pairs(condition), p.value};
        if (coupling.pairs.count) out.couplings.push_back(coupling);
    }
    return out;
}

bool is_zero(std::complex<double> entry) {
    return std::abs(entry) <= 4 * std::numeric_limits<double>::epsilon();
}

// A fixed matrix as factors: phases of single basis states and matrices on pairs.
void matrix(const Operation& op, PairLists& lists, std::vector<SectorOperation>& out) {
    const int size = op.kind == Kind::kMatrix2 ? 4 : 2;
    const auto bits = [&](int k) {
        return (k & 1 ? bit(op.target[0]) : 0) | (k & 2 ? bit(op.target[1]) : 0);
    };
    for (int i = 0; i < size; ++i) {
        int partner = -1;
        for (int j = 0; j < size; ++j) {
            if (j == i || (is_zero(op.matrix[size * i + j]) && is_zero(op.matrix[size * j + i])))
                continue;
            if (partner >= 0) throw std::invalid_argument("it mixes more than two basis states");
            partner = j;
        }
        if (partner >= 0 && partner < i) continue;
        const Condition condition{op.control_mask | op.target_mask(), op.control_value | bits(i),
                                  partner < 0 ? 0 : bits(i) ^ bits(partner), 0};
        const Pairs pairs = lists.pairs(condition);
        if (pairs.count == 0) continue;
        SectorOperation factor;
        factor.turn = partner < 0 ? Turn::kPhase : Turn::kMatrix;
        factor.couplings = {{pairs, 1.0}};
        factor.matrix[0] = op.matrix[size * i + i];
        if (partner < 0 && factor.matrix[0] == 1.0) continue;
        if (partner >= 0) {
            factor.matrix[1] = op.matrix[size * i + partner];
            factor.matrix[2] = op.matrix[size * partner + i];
            factor.matrix[3] = op.matrix[size * partner + partner];
        }
        out.push_back(std::move(factor));
    }
}

bool is_real(const SectorProgram& program) {
    for (const auto& [index, amplitude] : program.start)
        if (amplitude.imag() != 0) return false;
    for (const SectorOperation& op : program.operations) {
        if (op.turn == Turn::kEven || op.turn == Turn::kDiagonal || op.turn == Turn::kTable)
            return false;
        for (std::complex<double> entry : op.matrix)
            if (entry.imag() != 0) return false;
    }
    return true;
}

}  // namespace

std::uint64_t SectorProgram::num_pairs() const {
    std::uint64_t sum = 0;
    for (const SectorOperation& op : operations) {
        sum += op.table.size();
        for (const Coupling& coupling : op.couplings) sum += coupling.pairs.count;
    }
    return sum;
}

std::unique_ptr<SectorProgram> make_sector_program(
    const SectorBasis& basis, const ProgramArrays& arrays,
    const std::vector<std::pair<Mask, std::complex<double>>>& start) {
    auto program = std::make_unique<SectorProgram>(basis);
    program->num_slots = arrays.num_slots;
    if (arrays.num_qubits != basis.num_qubits())
        throw std::invalid_argument("the program and its sector have different numbers of qubits");
    if (start.empty()) throw std::invalid_argument("the start is empty");
    for (const auto& [state, amplitude] : start) {
        const std::int64_t index = basis.find(state);
        if (index < 0) throw std::invalid_argument("the start is not in the sector");
        program->start.emplace_back(std::uint64_t(index), amplitude);
    }
    const std::vector<Operation> operations = read_operations(arrays);
    for (std::size_t k = 0; k < operations.size(); ++k) try {
            const Operation& op = operations[k];
            if (op.kind == Kind::kEvolution)
                program->operations.push_back(evolution(op, program->lists, basis));
            else
                matrix(op, program->lists, program->operations);
        } catch (const std::invalid_argument& why) {
            refuse(k, why.what());
        }
    program->real = is_real(*program);
    return program;
}

}  // namespace hybrid
