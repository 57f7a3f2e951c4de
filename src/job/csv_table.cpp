#include "job/csv_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <optional>

#include "core/utf8.hpp"
#include "expr/failure.hpp"

namespace fanfold {
namespace {

/// A cell as it stands in the text: without the quotes around it.
struct Cell {
  std::string_view text;
  bool has_doubled_quotes = false;
};

/// Cuts a text into cells, line by line.
class Cutter {
 public:
  explicit Cutter(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {
    if (text.starts_with(byte_order_mark)) at_ += byte_order_mark.size();
  }

  /// Skips blank lines. True if there is another row: then its cells are to be taken, up to the one for which
  /// `ends_row` is true.
  bool next_row() {
    while (at_ < end_ && (*at_ == '\n' || *at_ == '\r')) {
      if (*at_ == '\n') ++line_;
      ++at_;
    }
    ends_row_ = false;
    return at_ < end_;
  }

  Cell next_cell() { return at_ < end_ && *at_ == '"' ? quoted_cell() : plain_cell(); }
  bool ends_row() const { return ends_row_; }
  /// The line of the row, from 1.
  std::uint64_t line() const { return row_line_; }

 private:
  Cell plain_cell() {
    row_line_ = line_;
    const char* const begin = at_;
    while (at_ < end_ && *at_ != ',' && *at_ != '\n') ++at_;
    const char* last = at_;
    ends_row_ = at_ == end_ || *at_ == '\n';
    if (ends_row_ && last > begin && last[-1] == '\r') --last;
    if (at_ < end_) {
      if (*at_ == '\n') ++line_;
      ++at_;
    }
    return {{begin, static_cast<std::size_t>(last - begin)}, false};
  }

  Cell quoted_cell() {
    row_line_ = line_;
    const char* const begin = ++at_;
    Cell cell;
    for (;;) {
      const auto* const quote =
          static_cast<const char*>(std::memchr(at_, '"', static_cast<std::size_t>(end_ - at_)));
      if (quote == nullptr) throw UsageError(fmt::format("line {}: a quoted cell does not end", row_line_));
      line_ += static_cast<std::uint64_t>(std::count(at_, quote, '\n'));
      at_ = quote + 1;
      if (at_ == end_ || *at_ != '"') {
        cell.text = {begin, static_cast<std::size_t>(quote - begin)};
        break;
      }
      cell.has_doubled_quotes = true;
      ++at_;
    }
    if (at_ < end_ && *at_ == '\r') ++at_;
    ends_row_ = at_ == end_ || *at_ == '\n';
    if (!ends_row_ && *at_ != ',')
      throw UsageError(fmt::format("line {}: there is text after the end of a quoted cell", line_));
    if (at_ < end_) {
      if (*at_ == '\n') ++line_;
      ++at_;
    }
    return cell;
  }

  const char* at_;
  const char* end_;
  std::uint64_t line_ = 1;
  std::uint64_t row_line_ = 1;
  bool ends_row_ = false;
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

constexpr double powers_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/// Digits with a point in them or not, as most numbers are: at most 18, so that they are exact as an integer.
/// Of two exact numbers the quotient is rounded once (Clinger: How to read floating point numbers accurately.
/// PLDI 1990).
struct Decimal {
  bool is_decimal = false;
  bool is_integer = false;
  std::int64_t digits = 0;  // with the sign
  std::size_t fraction = 0;
};

Decimal read_decimal(std::string_view text) {
  Decimal decimal;
  std::size_t at = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  const std::size_t begin = at;
  bool has_point = false;
  std::uint64_t digits = 0;  // of more than 18 it is not used
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c >= '0' && c <= '9') {
      digits = 10 * digits + static_cast<std::uint64_t>(c - '0');
      decimal.fraction += has_point ? 1 : 0;
    } else if (c == '.' && !has_point) {
      has_point = true;
    } else {
      return decimal;
    }
  }
  const std::size_t count = text.size() - begin - (has_point ? 1 : 0);
  if (count == 0 || count > 18) return decimal;
  decimal.is_decimal = true;
  decimal.is_integer = !has_point;
  decimal.digits = static_cast<std::int64_t>(digits);
  if (text[0] == '-') decimal.digits = -decimal.digits;
  return decimal;
}

/// The nearest double; none if the cell is no number.
std::optional<double> read_real(std::string_view text) {
  const Decimal decimal = read_decimal(text);
  constexpr std::int64_t exact = std::int64_t{1} << 53;
  if (decimal.is_decimal && decimal.digits != 0 && decimal.digits <= exact && decimal.digits >= -exact) {
    return static_cast<double>(decimal.digits) / powers_of_ten[decimal.fraction];
  }
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range)
    return std::strtod(std::string(text).c_str(), nullptr);  // 0 or infinity
  return value;
}

std::optional<std::int64_t> read_integer(std::string_view text) {
  const Decimal decimal = read_decimal(text);
  if (decimal.is_integer && decimal.digits == 0 && text[0] == '-') return std::nullopt;  // −0 is a real
  if (decimal.is_integer) return decimal.digits;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "01001" names something: as a number it would lose its zeros.
bool has_leading_zeros(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9';
}

/// A cell for a message: its first line, if that is not too long.
std::string shown_cell(std::string_view cell) { return expr::quoted(cell.substr(0, cell.find('\n'))); }

/// The cells of a column as numbers, until one is none.
class NumberColumn {
 public:
  bool are_numbers() const { return kind_ != Kind::text; }

  void add(const Cell& cell, std::uint64_t line) {
    const std::string_view text = trimmed(cell.text);
    if (has_leading_zeros(text))
      return become_text(fmt::format("the leading zeros of {} in line {}", shown_cell(text), line));
    if (kind_ == Kind::integer) {
      if (const auto integer = read_integer(text)) return integers_.push_back(*integer);
      become_real();
    }
    if (text.empty()) return reals_.push_back(std::numeric_limits<double>::quiet_NaN());
    if (const auto real = read_real(text)) return reals_.push_back(*real);
    become_text(fmt::format("{} in line {}", shown_cell(text), line));
  }

  void give_to(CsvColumn& column) {
    if (kind_ == Kind::integer) column.cells = std::move(integers_);
    if (kind_ == Kind::real) column.cells = std::move(reals_);
    if (kind_ == Kind::text) column.cells = std::vector<std::string_view>();
    column.text_cause = std::move(text_cause_);
  }

 private:
  enum class Kind { integer, real, text };

  void become_text(std::string cause) {
    kind_ = Kind::text;
    text_cause_ = std::move(cause);
    integers_ = {};
    reals_ = {};
  }

  void become_real() {
    kind_ = Kind::real;
    for (const std::int64_t integer : integers_) reals_.push_back(static_cast<double>(integer));
    integers_ = {};
  }

  Kind kind_ = Kind::integer;
  std::vector<std::int64_t> integers_;
  std::vector<double> reals_;
  std::string text_cause_;
};

std::string without_doubled_quotes(const Cell& cell) {
  std::string text;
  for (std::size_t at = 0; at < cell.text.size(); ++at) {
    text += cell.text[at];
    if (cell.has_doubled_quotes && cell.text[at] == '"') ++at;
  }
  return text;
}

class TableReader {
 public:
  explicit TableReader(std::shared_ptr<const std::string> text) { table_.text = std::move(text); }

  CsvTable read() {
    read_header();
    read_numbers();
    read_texts();
    return std::move(table_);
  }

 private:
  void read_header() {
    Cutter cutter(*table_.text);
    if (!cutter.next_row()) throw UsageError("line 1: there is no header");
    do {
      const std::string name(trimmed(without_doubled_quotes(cutter.next_cell())));
      const auto same = [&name](const CsvColumn& column) { return column.name == name; };
      if (std::any_of(table_.columns.begin(), table_.columns.end(), same))
        throw UsageError(fmt::format("line {}: two columns have the name '{}'", cutter.line(), name));
      table_.columns.push_back({name, {}});
    } while (!cutter.ends_row());
  }

  /// Calls `take(column, cell, line)` for each cell below the header.
  template <typename Take>
  void for_each_cell(const Take& take) {
    Cutter cutter(*table_.text);
    cutter.next_row();
    while (!cutter.ends_row()) cutter.next_cell();
    table_.rows = 0;
    while (cutter.next_row()) {
      std::size_t column = 0;
      do {
        const Cell cell = cutter.next_cell();
        if (column < table_.columns.size()) take(column, cell, cutter.line());
        ++column;
      } while (!cutter.ends_row());
      if (column != table_.columns.size()) {
        throw UsageError(fmt::format("line {}: the row has {} cell{}, but the header has {}", cutter.line(),
                                     column, column == 1 ? "" : "s", table_.columns.size()));
      }
      ++table_.rows;
    }
  }

  void read_numbers() {
    std::vector<NumberColumn> numbers(table_.columns.size());
    for_each_cell([&numbers](std::size_t column, const Cell& cell, std::uint64_t line) {
      if (numbers[column].are_numbers()) numbers[column].add(cell, line);
    });
    for (std::size_t column = 0; column < numbers.size(); ++column)
      numbers[column].give_to(table_.columns[column]);
  }

  void read_texts() {
    struct Quoted {
      std::size_t column;
      std::size_t row;
      std::size_t begin;
      std::size_t size;
    };
    std::vector<Quoted> found;
    std::string quoted;
    for_each_cell([&](std::size_t column, const Cell& cell, std::uint64_t) {
      auto* const texts = std::get_if<std::vector<std::string_view>>(&table_.columns[column].cells);
      if (texts == nullptr) return;
      if (cell.has_doubled_quotes) {
        const std::string text = without_doubled_quotes(cell);
        found.push_back({column, texts->size(), quoted.size(), text.size()});
        quoted += text;
      }
      texts->push_back(cell.text);
    });
    table_.quoted = std::make_shared<const std::string>(std::move(quoted));
    for (const Quoted& each : found) {
      std::get<std::vector<std::string_view>>(table_.columns[each.column].cells)[each.row] =
          std::string_view(*table_.quoted).substr(each.begin, each.size);
    }
  }

  CsvTable table_;
};

}  // namespace

CsvTable read_csv(std::shared_ptr<const std::string> text) { return TableReader(std::move(text)).read(); }

}  // namespace fanfold
