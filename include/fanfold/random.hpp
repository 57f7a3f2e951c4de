// Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy
// as 1, 2, 3. SC11, 2011). A number is a function of the job's seed, the task's stream and its position.
#pragma once

#include <array>
#include <cstdint>

namespace fanfold {

/// A Philox key. Made from the job's seed and what the numbers are for, so that no two uses share any.
using RandomKey = std::array<std::uint32_t, 2>;

/// Four 32-bit words: one block of the generator.
using RandomBlock = std::array<std::uint32_t, 4>;

/// One block of Philox4x32-10. Counter and key in the word order of the paper.
constexpr RandomBlock philox4x32(RandomBlock counter, RandomKey key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = std::uint64_t{0xD2511F53U} * counter[0];
    const std::uint64_t product1 = std::uint64_t{0xCD9E8D57U} * counter[2];
    counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
               static_cast<std::uint32_t>(product1),
               static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
               static_cast<std::uint32_t>(product0)};
    key[0] += 0x9E3779B9U;  // the golden ratio
    key[1] += 0xBB67AE85U;  // the square root of 3, less 1
  }
  return counter;
}

/// The random numbers of one task, in blocks that are addressed by position: block p of stream s under key k
/// is philox4x32({p low, p high, s low, s high}, k).
class RandomStream {
 public:
  RandomStream(RandomKey key, std::uint64_t stream) : key_(key), stream_(stream) {}

  RandomKey key() const { return key_; }
  std::uint64_t stream() const { return stream_; }

  /// Block `position` of the stream.
  RandomBlock block(std::uint64_t position) const {
    return philox4x32({static_cast<std::uint32_t>(position), static_cast<std::uint32_t>(position >> 32),
                       static_cast<std::uint32_t>(stream_), static_cast<std::uint32_t>(stream_ >> 32)},
                      key_);
  }

  /// A double in [0, 1), a multiple of 2^-53, from the first two words of block `position`.
  double uniform(std::uint64_t position) const {
    const RandomBlock words = block(position);
    const std::uint64_t bits = (std::uint64_t{words[1]} << 32) | words[0];
    return static_cast<double>(bits >> 11) * 0x1p-53;
  }

 private:
  RandomKey key_;
  std::uint64_t stream_;
};

}  // namespace fanfold
