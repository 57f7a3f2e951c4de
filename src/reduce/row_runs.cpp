#include "reduce/row_runs.hpp"

#include <bit>
#include <cstring>

namespace fanfold::reduce {
namespace {

template <typename T, typename Differ>
void mark(std::span<const T> values, std::uint8_t* changed, Differ&& differ) {
  for (std::size_t i = 1; i < values.size(); ++i) {
    changed[i] =
        static_cast<std::uint8_t>(changed[i] | static_cast<std::uint8_t>(differ(values[i - 1], values[i])));
  }
}

/// The first row of [begin, end) whose byte is `wanted`, or `end`.
std::size_t find_byte(std::span<const std::uint8_t> bytes, std::size_t begin, std::size_t end,
                      std::uint8_t wanted) {
  if (begin == end) return end;
  const void* found = std::memchr(bytes.data() + begin, wanted, end - begin);
  return found == nullptr ? end
                          : static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - bytes.data());
}

RowRange range(std::size_t first, std::size_t end) {
  return {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(end - first)};
}

}  // namespace

void select_rows(std::span<const std::uint8_t> mask, std::uint8_t wanted, std::vector<RowRange>& ranges) {
  ranges.clear();
  const auto other = static_cast<std::uint8_t>(1 - wanted);
  for (std::size_t end = 0; end < mask.size();) {
    const std::size_t first = find_byte(mask, end, mask.size(), wanted);
    if (first == mask.size()) return;
    end = find_byte(mask, first, mask.size(), other);
    ranges.push_back(range(first, end));
  }
}

void RunFinder::find(std::span<const ConstColumn> keys, std::size_t rows, std::span<const RowRange> ranges,
                     GroupKeys& groups, std::vector<Run>& runs) {
  runs.clear();
  if (keys.empty()) {
    for (const RowRange& part : ranges) runs.push_back({groups.find_or_add({}), part.first, part.count});
    return;
  }
  mark_changes(keys, rows);
  for (const RowRange& part : ranges) {
    const std::size_t part_end = part.first + part.count;
    for (std::size_t first = part.first; first < part_end;) {
      const std::size_t end = find_byte(changed_, first + 1, part_end, 1);
      key_.clear();
      for (const ConstColumn& column : keys) append_key(key_, column, first);
      const RowRange run = range(first, end);
      runs.push_back({groups.find_or_add(key_), run.first, run.count});
      first = end;
    }
  }
}

// Reals are told apart by their bits: rows of -0 and +0 become two runs, of one group.
void RunFinder::mark_changes(std::span<const ConstColumn> keys, std::size_t rows) {
  changed_.assign(rows, 0);
  for (const ConstColumn& column : keys) {
    switch (column.type()) {
      case Type::integer:
        mark(column.integers(), changed_.data(), [](std::int64_t a, std::int64_t b) { return a != b; });
        break;
      case Type::real:
        mark(column.reals(), changed_.data(), [](double a, double b) {
          return std::bit_cast<std::int64_t>(a) != std::bit_cast<std::int64_t>(b);
        });
        break;
      case Type::text:
        mark(column.texts(), changed_.data(), [](std::string_view a, std::string_view b) {
          return (a.data() != b.data() || a.size() != b.size()) && a != b;
        });
        break;
    }
  }
}

std::vector<Run> without(std::span<const Run> runs, std::span<const std::uint8_t> mask) {
  std::vector<Run> kept;
  for (const Run& run : runs) {
    const std::size_t run_end = run.first + run.count;
    for (std::size_t end = run.first; end < run_end;) {
      const std::size_t first = find_byte(mask, end, run_end, 0);
      end = find_byte(mask, first, run_end, 1);
      if (first < end) kept.push_back({run.group, range(first, end).first, range(first, end).count});
    }
  }
  return kept;
}

}  // namespace fanfold::reduce
