#include "reduce/group_keys.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>
#include <utility>

#include "core/bytes.hpp"
#include "reduce/number_order.hpp"

namespace fanfold::reduce {
namespace {

void append_word(std::string& bytes, std::uint64_t word) {
  char raw[sizeof(word)];
  std::memcpy(raw, &word, sizeof(word));
  bytes.append(raw, sizeof(raw));
}

std::uint64_t word_at(const char* bytes, std::size_t size) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, size);
  return word;
}

/// Eight bytes a step, each multiplied into all bits. It decides where a group is found, never what an answer
/// is.
std::uint32_t hash_of(std::string_view key) {
  constexpr std::uint64_t odd = 0x9E3779B97F4A7C15U;
  std::uint64_t hash = key.size() * odd;
  while (!key.empty()) {
    const std::size_t step = std::min(key.size(), sizeof(std::uint64_t));
    hash = (hash ^ word_at(key.data(), step)) * odd;
    hash ^= hash >> 32;
    key.remove_prefix(step);
  }
  return static_cast<std::uint32_t>((hash * odd) >> 32);
}

}  // namespace

void append_key(std::string& bytes, const ConstColumn& column, std::size_t row) {
  switch (column.type()) {
    case Type::integer:
      return append_word(bytes, static_cast<std::uint64_t>(column.integers()[row]));
    case Type::real:
      return append_word(bytes, std::bit_cast<std::uint64_t>(canonical(column.reals()[row])));
    case Type::text: {
      const std::string_view text = column.texts()[row];
      append_word(bytes, text.size());
      bytes.append(text);
      return;
    }
  }
}

std::vector<Value> read_keys(std::string_view bytes, std::span<const Type> types) {
  ByteReader in(std::as_bytes(std::span(bytes)));
  std::vector<Value> keys;
  for (const Type type : types) {
    switch (type) {
      case Type::integer:
        keys.emplace_back(static_cast<std::int64_t>(in.u64()));
        break;
      case Type::real: {
        const double value = in.f64();
        if (std::bit_cast<std::uint64_t>(value) != std::bit_cast<std::uint64_t>(canonical(value))) {
          throw DecodeError("a key is not a canonical real");
        }
        keys.emplace_back(value);
        break;
      }
      case Type::text: {
        const std::span<const std::byte> text = in.raw(in.u64());
        keys.emplace_back(std::string(reinterpret_cast<const char*>(text.data()), text.size()));
        break;
      }
    }
  }
  in.expect_end();
  return keys;
}

bool keys_before(const std::vector<Value>& left, const std::vector<Value>& right) {
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (const double* real = std::get_if<double>(&left[i])) {
      const std::int64_t mine = order_of(*real);
      const std::int64_t theirs = order_of(std::get<double>(right[i]));
      if (mine != theirs) return mine < theirs;
    } else if (left[i] != right[i]) {
      return left[i] < right[i];
    }
  }
  return false;
}

std::uint32_t GroupKeys::find_or_add(std::string_view wanted) {
  if (2 * (size() + 1) > slots_.size()) grow();
  const std::size_t mask = slots_.size() - 1;
  const std::uint32_t hash = hash_of(wanted);
  for (std::size_t place = hash & mask;; place = (place + 1) & mask) {
    Slot& slot = slots_[place];
    if (slot.group == unused) {
      slot = {hash, static_cast<std::uint32_t>(size())};
      bytes_.append(wanted);
      ends_.push_back(bytes_.size());
      return slot.group;
    }
    if (slot.hash == hash && key(slot.group) == wanted) return slot.group;
  }
}

std::string_view GroupKeys::key(std::size_t group) const {
  const std::size_t begin = group == 0 ? 0 : ends_[group - 1];
  return std::string_view(bytes_).substr(begin, ends_[group] - begin);
}

std::vector<std::uint32_t> GroupKeys::sorted() const {
  std::vector<std::uint32_t> groups(size());
  std::iota(groups.begin(), groups.end(), 0U);
  std::sort(groups.begin(), groups.end(),
            [&](std::uint32_t left, std::uint32_t right) { return key(left) < key(right); });
  return groups;
}

void GroupKeys::clear() {
  bytes_.clear();
  ends_.clear();
  std::fill(slots_.begin(), slots_.end(), Slot());
}

std::size_t GroupKeys::memory() const {
  return bytes_.capacity() + ends_.capacity() * sizeof(std::size_t) + slots_.capacity() * sizeof(Slot);
}

void GroupKeys::grow() {
  const std::vector<Slot> before =
      std::exchange(slots_, std::vector<Slot>(std::max<std::size_t>(8, 2 * slots_.size())));
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : before) {
    if (slot.group == unused) continue;
    std::size_t place = slot.hash & mask;
    while (slots_[place].group != unused) place = (place + 1) & mask;
    slots_[place] = slot;
  }
}

}  // namespace fanfold::reduce
