// The final values of [reduce]: what a user asked for.
#pragma once

#include <fanfold/column.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/big_integer.hpp"
#include "core/ids.hpp"

namespace fanfold::reduce {

/// No value: the mean of nothing, say; or none that could be kept, then `why` is not empty.
struct Nothing {
  std::string_view why = {};  ///< of static storage duration
  bool operator==(const Nothing&) const = default;
};
/// The task that an argmin or argmax found.
struct Winner {
  TaskIndex task;
  bool operator==(const Winner&) const = default;
};
/// What a top or bottom found, the best first.
struct Ranking {
  struct Place {
    TaskIndex task;
    Value value;
    bool operator==(const Place&) const = default;
  };
  std::vector<Place> places;
  bool operator==(const Ranking&) const = default;
};
/// Bin i has the values from edges[i] to below edges[i + 1]; the last bin its upper edge too.
struct Histogram {
  std::vector<double> edges;          ///< ascending; one more than there are bins
  std::vector<std::uint64_t> counts;  ///< of each bin
  std::uint64_t below = 0;
  std::uint64_t above = 0;
  bool operator==(const Histogram&) const = default;
};
/// Values in the order of their tasks.
struct Collection {
  std::vector<Value> values;
  bool operator==(const Collection&) const = default;
};
/// What tiles were assembled to (core/tile.hpp): a shade for each pixel, row by row from the upper left on, 0
/// where no tile is.
struct Picture {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::vector<std::uint8_t> shades;
  bool operator==(const Picture&) const = default;
};
/// A final value: an integer of any size, a double, a text, a truth value, or one of the above.
using AnswerValue = std::variant<Nothing, BigInteger, double, std::string, bool, Winner, Ranking, Histogram,
                                 Collection, Picture>;

/// One line of an answer: a value for one combination of the keys.
struct AnswerRow {
  std::vector<Value> keys;  ///< as many as Answer::key_names; none without `by`
  AnswerValue value;
  std::uint64_t tasks = 0;    ///< how many tasks contributed
  std::uint64_t skipped = 0;  ///< NaN that order statistics (min, argmax, quantile …) left out
  /// Of the least exact aggregate in it; 0 if all are exact. An answer that is an aggregate is within this.
  double relative_error = 0;
};

/// The final value of one entry of [reduce].
struct Answer {
  std::string name;
  std::vector<std::string> key_names;
  std::vector<AnswerRow> rows;  ///< one without `by`; else sorted by keys: numbers by value, texts by bytes
};

}  // namespace fanfold::reduce
