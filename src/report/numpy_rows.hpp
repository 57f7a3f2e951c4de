// Rows as one NumPy structured array.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "report/row_formats.hpp"

namespace fanfold {

/// Writes an array of the format NPY 1.0 (numpy.lib.format; 2.0 if the names of the columns need more than 64
/// KiB), a field for each column: integers are '<i8', reals '<f8', texts '<U' of as many characters as the
/// longest has, or 'S' of as many bytes where one is not UTF-8. A field that has no value is 0, NaN or the
/// empty text. Two passes over the same rows: first `measure` takes all batches, then `write`. Memory does
/// not grow with rows.
class NumpyRows {
 public:
  /// The columns must outlive this.
  NumpyRows(const std::vector<RowColumn>& columns, RowFormat::Write write);

  void measure(const RowBatch& batch);
  /// The header. Throws UsageError if a row is too large for NumPy.
  void begin();
  void write(const RowBatch& batch);

 private:
  struct Field {
    std::size_t characters = 1;  // of texts
    std::size_t bytes = 1;
    bool is_unicode = true;
    std::string type;  // as NumPy writes it
    std::size_t size = 8;
    std::size_t offset = 0;
  };
  void lay_out();
  void put(const RowBatch& batch, std::size_t row, std::size_t column, char* out) const;

  const std::vector<RowColumn>& columns_;
  RowFormat::Write write_;
  std::vector<Field> fields_;
  std::uint64_t rows_ = 0;
  std::size_t row_size_ = 0;
  std::string buffer_;
};

}  // namespace fanfold
