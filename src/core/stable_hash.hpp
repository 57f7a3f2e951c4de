// A hash that is the same in every build, for fingerprints.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace fanfold {

/// 128 bits.
struct StableHash {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  auto operator<=>(const StableHash&) const = default;
};

/// A 128-bit FNV-1a hash: stable, for fingerprints; no protection against intent.
StableHash stable_hash_bits(std::string_view data);

/// The same as 32 hexadecimal digits.
std::string stable_hash(std::string_view data);

}  // namespace fanfold
