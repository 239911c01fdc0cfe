// A program whose states stay in a sector, as rotations of pairs of the sector's basis states.
#pragma once

#include <complex>
#include <memory>
#include <utility>
#include <vector>

#include "program.hpp"
#include "sector_pairs.hpp"

namespace hybrid {

// Which planes of a pair of basis states a rotation turns; see sector_turns.hpp.
enum class Turn : std::uint8_t { kOdd, kEven, kDiagonal, kTable, kMatrix, kPhase };

// Pairs that a generator couples with one absolute value r of its coefficient.
struct Coupling {
    Pairs pairs;
    double r = 0;
};

struct SectorOperation {
    Turn turn = Turn::kPhase;
    int slot = -1;                     // of an evolution
    std::vector<Coupling> couplings;   // kOdd, kEven, kDiagonal; one for kMatrix and kPhase
    std::vector<double> values;        // kTable: the different r
    std::vector<std::uint32_t> table;  // kTable: which of them each basis state has
    std::complex<double> matrix[4];    // kMatrix: row major, on (first, second); kPhase: one number
};

struct SectorProgram {
    const SectorBasis& basis;
    int num_slots = 0;
    bool real = false;  // all amplitudes are real
    std::vector<SectorOperation> operations;
    std::vector<std::pair<std::uint64_t, std::complex<double>>> start;  // of the initial state
    PairLists lists;

    explicit SectorProgram(const SectorBasis& of) : basis(of), lists(of) {}
    SectorProgram(const SectorProgram&) = delete;

    int planes() const { return real ? 1 : 2; }
    std::uint64_t num_pairs() const;  // that all operations turn, once each
};

// Throws std::invalid_argument with the operation and its fault; `basis` must outlive the program.
std::unique_ptr<SectorProgram> make_sector_program(
    const SectorBasis& basis, const ProgramArrays& arrays,
    const std::vector<std::pair<Mask, std::complex<double>>>& start);

}  // namespace hybrid
