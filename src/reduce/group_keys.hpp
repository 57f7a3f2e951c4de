// The groups of `by`: combinations of keys, numbered 0, 1, 2 … in the order in which they came.
#pragma once

#include <fanfold/column.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fanfold::reduce {

/// Keys as bytes: equal keys have equal bytes (one zero, one NaN), and no keys have none.
void append_key(std::string& bytes, const ConstColumn& column, std::size_t row);
/// The keys of these types that the bytes are of. Throws DecodeError unless append_key could have written
/// them.
std::vector<Value> read_keys(std::string_view bytes, std::span<const Type> types);
/// Orders keys of the same types: numbers by value, texts by bytes, the first key first.
bool keys_before(const std::vector<Value>& left, const std::vector<Value>& right);

/// A hash map from the bytes of keys to the number of the group: open addressing, all bytes in one place.
class GroupKeys {
 public:
  std::size_t size() const { return ends_.size(); }
  /// The group of these keys; a new one if there is none yet.
  std::uint32_t find_or_add(std::string_view key);
  std::string_view key(std::size_t group) const;
  /// All groups, in the order of the bytes of their keys.
  std::vector<std::uint32_t> sorted() const;
  void clear();
  std::size_t memory() const;

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t group = unused;
  };
  static constexpr std::uint32_t unused = 0xFFFFFFFF;
  void grow();

  std::string bytes_;              ///< the keys, one after the other
  std::vector<std::size_t> ends_;  ///< where the key of a group ends in bytes_
  std::vector<Slot> slots_;        ///< a power of two of them, at most half in use
};

}  // namespace fanfold::reduce
