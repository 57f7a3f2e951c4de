// Executes instructions, on the SIMD target that the process has chosen.
#pragma once

#include <span>

#include "expr/instruction.hpp"

namespace fanfold::expr {

/// The functions of one SIMD target. They may be called by many threads at once, with frames of their own.
struct Machine {
  /// Executes the instructions in order. Returns true if a row may have failed, false if none did:
  /// failing_rows() tells which. The value in a failed row is unspecified.
  bool (*execute)(std::span<const Instruction> instructions, const Frame& frame);

  /// Copies 64 words past the caches. `to` is aligned to 64 bytes. After the last copy, finish_stream() makes
  /// them visible to other threads.
  void (*stream_block)(const std::byte* from, std::byte* to);
};

/// The machine of the target in use (core/simd_target.hpp).
Machine machine();

void finish_stream();

}  // namespace fanfold::expr
