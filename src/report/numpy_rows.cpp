#include "report/numpy_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <optional>

#include "core/error.hpp"
#include "core/utf8.hpp"

namespace fanfold {
namespace {

constexpr std::size_t header_alignment = 64;
constexpr std::size_t buffer_bytes = 1 << 20;
/// NumPy's item sizes are ints.
constexpr std::size_t most_row_bytes = std::numeric_limits<std::int32_t>::max();

/// None if it is not UTF-8.
std::optional<std::size_t> count_characters(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) {
    if (!next_character(text, at)) return std::nullopt;
  }
  return count;
}

std::string python_literal(const std::string& name) {
  std::string text = "'";
  for (const char c : name) {
    if (c == '\'' || c == '\\') text += '\\';
    text += c;
  }
  return text + "'";
}

}  // namespace

NumpyRows::NumpyRows(const std::vector<RowColumn>& columns, RowFormat::Write write)
    : columns_(columns), write_(std::move(write)), fields_(columns.size()) {
  static_assert(std::endian::native == std::endian::little);
}

void NumpyRows::measure(const RowBatch& batch) {
  rows_ += batch.selected.size();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].type != Type::text) continue;
    Field& field = fields_[i];
    const std::span<const std::string_view> texts = batch.columns[i].texts();
    for (const std::uint32_t row : batch.selected) {
      field.bytes = std::max(field.bytes, texts[row].size());
      if (!field.is_unicode) continue;
      const std::optional<std::size_t> characters = count_characters(texts[row]);
      field.is_unicode = characters.has_value();
      field.characters = std::max(field.characters, characters.value_or(0));
    }
  }
}

void NumpyRows::begin() {
  lay_out();
  std::string header = "{'descr': [";
  for (std::size_t i = 0; i < columns_.size(); ++i)
    header += fmt::format("({}, '{}'), ", python_literal(columns_[i].name), fields_[i].type);
  header += fmt::format("], 'fortran_order': False, 'shape': ({},), }}", rows_);

  // Magic, version, length of the header; then the header, filled up so that the data are aligned.
  const bool is_short = header.size() + 2 * header_alignment <= std::numeric_limits<std::uint16_t>::max();
  const std::size_t before = 8 + (is_short ? 2 : 4);
  const std::size_t end =
      (before + header.size() + 1 + header_alignment - 1) / header_alignment * header_alignment;
  header.append(end - before - header.size() - 1, ' ');
  header += '\n';
  std::string start = std::string("\x93NUMPY") + (is_short ? '\1' : '\2') + '\0';
  for (std::size_t shift = 0; shift < (is_short ? 16 : 32); shift += 8)
    start += static_cast<char>(header.size() >> shift & 0xFF);
  write_(start + header);
}

void NumpyRows::lay_out() {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    Field& field = fields_[i];
    switch (columns_[i].type) {
      case Type::integer:
        field.type = "<i8";
        break;
      case Type::real:
        field.type = "<f8";
        break;
      case Type::text:
        field.type =
            field.is_unicode ? fmt::format("<U{}", field.characters) : fmt::format("|S{}", field.bytes);
        field.size = field.is_unicode ? 4 * field.characters : field.bytes;
        break;
    }
    field.offset = row_size_;
    row_size_ += field.size;
    if (row_size_ > most_row_bytes) {
      throw UsageError(
          fmt::format("a row of {} bytes is too large for NumPy: the texts of '{}' have up to {} bytes",
                      row_size_, columns_[i].name, field.bytes));
    }
  }
}

void NumpyRows::write(const RowBatch& batch) {
  buffer_.clear();
  for (const std::uint32_t row : batch.selected) {
    const std::size_t begin = buffer_.size();
    buffer_.resize(begin + row_size_);
    for (std::size_t i = 0; i < columns_.size(); ++i)
      put(batch, row, i, buffer_.data() + begin + fields_[i].offset);
    if (buffer_.size() >= buffer_bytes) {
      write_(buffer_);
      buffer_.clear();
    }
  }
  write_(buffer_);
}

void NumpyRows::put(const RowBatch& batch, std::size_t row, std::size_t column, char* out) const {
  const bool is_missing = columns_[column].kind == RowColumn::Kind::value && batch.has_values[row] == 0;
  switch (columns_[column].type) {
    case Type::integer: {
      const std::int64_t number = is_missing ? 0 : batch.columns[column].integers()[row];
      std::memcpy(out, &number, sizeof number);
      break;
    }
    case Type::real: {
      const double number =
          is_missing ? std::numeric_limits<double>::quiet_NaN() : batch.columns[column].reals()[row];
      std::memcpy(out, &number, sizeof number);
      break;
    }
    case Type::text: {
      const std::string_view text = is_missing ? std::string_view() : batch.columns[column].texts()[row];
      if (!fields_[column].is_unicode) {
        std::copy(text.begin(), text.end(), out);
        break;
      }
      for (std::size_t at = 0; at < text.size(); out += sizeof(char32_t)) {
        const char32_t character = *next_character(text, at);
        std::memcpy(out, &character, sizeof character);
      }
      break;
    }
  }
}

}  // namespace fanfold
