#include "report/row_formats.hpp"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "report/answers.hpp"
#include "report/json_literal.hpp"

namespace fanfold {
namespace {

using Kind = RowColumn::Kind;
using Buffer = fmt::memory_buffer;

void append(Buffer& out, std::string_view text) { out.append(text.data(), text.data() + text.size()); }
void append(Buffer& out, std::int64_t number) {
  const fmt::format_int text(number);
  out.append(text.data(), text.data() + text.size());
}

/// As to_text writes it: the fewest digits that read back the same; integral ones end with ".0".
void append(Buffer& out, double number) {
  if (std::isnan(number)) {
    append(out, "nan");
    return;
  }
  const std::size_t begin = out.size();
  fmt::format_to(std::back_inserter(out), FMT_COMPILE("{}"), number);
  const std::string_view text(out.data() + begin, out.size() - begin);
  if (text.find_first_not_of("-0123456789") == std::string_view::npos) append(out, ".0");
}

/// Seconds, to the microsecond.
void append_seconds(Buffer& out, double seconds) {
  if (seconds == 0) {
    append(out, "0.000000");
  } else {
    fmt::format_to(std::back_inserter(out), FMT_COMPILE("{:.6f}"), seconds);
  }
}

bool is_time(const RowColumn& column) { return column.kind == Kind::start || column.kind == Kind::duration; }

void hand_over(Buffer& buffer, const RowFormat::Write& write) {
  write({buffer.data(), buffer.size()});
  buffer.clear();
}

class CsvRows final : public RowFormat {
 public:
  CsvRows(const std::vector<RowColumn>& columns, Write write) : columns_(columns), write_(std::move(write)) {}

  void begin() override {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) append(buffer_, ",");
      cell(columns_[i].name);
    }
    append(buffer_, "\n");
    hand_over(buffer_, write_);
  }

  void write(const RowBatch& batch) override {
    for (const std::uint32_t row : batch.selected) {
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (i > 0) buffer_.push_back(',');
        if (columns_[i].kind != Kind::value || batch.has_values[row] != 0)
          cell(columns_[i], batch.columns[i], row);
      }
      buffer_.push_back('\n');
    }
    hand_over(buffer_, write_);
  }

 private:
  void cell(const RowColumn& column, const ConstColumn& values, std::size_t row) {
    switch (column.type) {
      case Type::integer:
        append(buffer_, values.integers()[row]);
        break;
      case Type::real:
        if (is_time(column)) {
          append_seconds(buffer_, values.reals()[row]);
        } else {
          append(buffer_, values.reals()[row]);
        }
        break;
      case Type::text:
        cell(values.texts()[row]);
        break;
    }
  }

  void cell(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
      append(buffer_, text);
      return;
    }
    buffer_.push_back('"');
    for (const char c : text) {
      if (c == '"') buffer_.push_back('"');
      buffer_.push_back(c);
    }
    buffer_.push_back('"');
  }

  const std::vector<RowColumn>& columns_;
  Write write_;
  Buffer buffer_;
};

class JsonRows final : public RowFormat {
 public:
  JsonRows(const std::vector<RowColumn>& columns, Write write) : columns_(columns), write_(std::move(write)) {
    for (const RowColumn& column : columns) keys_.push_back(json_literal(column.name) + ":");
  }

  void write(const RowBatch& batch) override {
    for (const std::uint32_t row : batch.selected) {
      char before = '{';
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (is_absent(i, batch, row)) continue;
        buffer_.push_back(before);
        before = ',';
        append(buffer_, keys_[i]);
        if (is_time(columns_[i])) {
          append_seconds(buffer_, batch.columns[i].reals()[row]);
        } else {
          member(batch.columns[i], row);
        }
      }
      append(buffer_, "}\n");
    }
    hand_over(buffer_, write_);
  }

 private:
  bool is_absent(std::size_t column, const RowBatch& batch, std::size_t row) const {
    if (columns_[column].kind == Kind::value) return batch.has_values[row] == 0;
    return columns_[column].kind == Kind::error && batch.columns[column].texts()[row].empty();
  }

  void member(const ConstColumn& values, std::size_t row) {
    switch (values.type()) {
      case Type::integer: {
        const std::int64_t number = values.integers()[row];
        const bool is_exact = number <= largest_json_integer && number >= -largest_json_integer;
        if (!is_exact) buffer_.push_back('"');
        append(buffer_, number);
        if (!is_exact) buffer_.push_back('"');
        break;
      }
      case Type::real: {
        const double number = values.reals()[row];
        if (!std::isfinite(number)) buffer_.push_back('"');
        append(buffer_, number);
        if (!std::isfinite(number)) buffer_.push_back('"');
        break;
      }
      case Type::text:
        append(buffer_, json_literal(values.texts()[row]));
        break;
    }
  }

  const std::vector<RowColumn>& columns_;
  Write write_;
  std::vector<std::string> keys_;
  Buffer buffer_;
};

class TextRows final : public RowFormat {
 public:
  TextRows(const Job& job, const std::vector<RowColumn>& columns, Write write)
      : job_(job), write_(std::move(write)) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].kind == Kind::status) status_ = i;
      if (columns[i].kind == Kind::error) error_ = i;
      if (columns[i].kind == Kind::attempts) attempts_ = i;
    }
  }

  void write(const RowBatch& batch) override {
    for (const std::uint32_t row : batch.selected) {
      const std::int64_t task = batch.columns.front().integers()[row];
      const std::string params = params_text(job_, TaskIndex(static_cast<std::uint64_t>(task)));
      const std::string_view error = batch.columns[error_].texts()[row];
      const std::int64_t attempts = batch.columns[attempts_].integers()[row];
      fmt::format_to(std::back_inserter(buffer_), "task {}{}: {}", task,
                     params.empty() ? "" : " (" + params + ")", batch.columns[status_].texts()[row]);
      if (!error.empty()) fmt::format_to(std::back_inserter(buffer_), ": {}", error);
      if (attempts > 1) fmt::format_to(std::back_inserter(buffer_), " (attempt {})", attempts);
      buffer_.push_back('\n');
    }
    hand_over(buffer_, write_);
  }

 private:
  const Job& job_;
  Write write_;
  std::size_t status_ = 0;
  std::size_t error_ = 0;
  std::size_t attempts_ = 0;
  Buffer buffer_;
};

}  // namespace

std::unique_ptr<RowFormat> make_csv_rows(const std::vector<RowColumn>& columns, RowFormat::Write write) {
  return std::make_unique<CsvRows>(columns, std::move(write));
}

std::unique_ptr<RowFormat> make_json_rows(const std::vector<RowColumn>& columns, RowFormat::Write write) {
  return std::make_unique<JsonRows>(columns, std::move(write));
}

std::unique_ptr<RowFormat> make_text_rows(const Job& job, const std::vector<RowColumn>& columns,
                                          RowFormat::Write write) {
  return std::make_unique<TextRows>(job, columns, std::move(write));
}

}  // namespace fanfold
