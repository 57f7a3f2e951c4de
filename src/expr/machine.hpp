// Executes instructions, on the SIMD target that the process has chosen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "expr/instruction.hpp"

namespace fanfold::expr {

/// Whole blocks of rows, one after the other.
struct Blocks {
  std::byte** places;                  ///< of the block at hand
  std::span<const std::size_t> steps;  ///< of the first places: bytes from one block to the next
  std::uint32_t output = 0;            ///< the place of the value
  std::byte* streamed =
      nullptr;  ///< where to copy the value past the caches, aligned to 64 bytes; null: nowhere
};

/// The functions of one SIMD target. They may be called by many threads at once, with frames of their own.
struct Machine {
  /// Executes the instructions in order. Returns true if a row may have failed, false if none did:
  /// failing_rows() tells which. The value in a failed row is unspecified.
  bool (*execute)(std::span<const Instruction> instructions, const Frame& frame);

  /// Executes them for up to so many blocks. Returns how many it has done and left; the one at hand is then
  /// one in which a row may have failed, executed and not left, or the end.
  std::size_t (*execute_blocks)(std::span<const Instruction> instructions, Blocks& blocks, std::size_t count);

  /// Copies the value and goes to the next block. After the last, finish_stream() makes copies visible to
  /// other threads.
  void (*leave_block)(Blocks& blocks);
};

/// The machine of the target in use (core/simd_target.hpp).
Machine machine();

void finish_stream();

}  // namespace fanfold::expr
