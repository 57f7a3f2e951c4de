// Uniform random doubles of a task, many at once.
#pragma once

#include <fanfold/random.hpp>

#include <cstdint>
#include <span>

namespace fanfold {

/// Fills `numbers` with numbers 2·first_block, 2·first_block + 1 … of a stream. Numbers 2p and 2p + 1 are
/// made of words 0 and 1, and 2 and 3, of block p of the stream, the lower word first: the upper 53 of the 64
/// bits, a multiple of 2^-53 in [0, 1). The same bits on every SIMD target. Precondition: the blocks have the
/// same upper half of their position.
void fill_uniform(const RandomStream& stream, std::uint64_t first_block, std::span<double> numbers);

}  // namespace fanfold
