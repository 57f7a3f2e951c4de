#include "core/stable_hash.hpp"

#include <fmt/format.h>

namespace fanfold {

StableHash stable_hash_bits(std::string_view data) {
  // Fowler, Noll, Vo: the FNV non-cryptographic hash algorithm, 128 bits, variant 1a. GCC and Clang have the
  // type.
  __extension__ using Word = unsigned __int128;
  const auto word = [](std::uint64_t high, std::uint64_t low) {
    return (static_cast<Word>(high) << 64) | low;
  };
  const Word prime = word(0x0000000001000000, 0x000000000000013B);
  Word hash = word(0x6C62272E07BB0142, 0x62B821756295C58D);
  for (const char c : data) {
    hash ^= static_cast<unsigned char>(c);
    hash *= prime;
  }
  return {static_cast<std::uint64_t>(hash >> 64), static_cast<std::uint64_t>(hash)};
}

std::string stable_hash(std::string_view data) {
  const StableHash hash = stable_hash_bits(data);
  return fmt::format("{:016x}{:016x}", hash.high, hash.low);
}

}  // namespace fanfold
