// Columns: how fanfold hands the values of many tasks to a kernel or to an expression at once.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace fanfold {

/// The three types of values. A truth value is the integer 0 or 1.
enum class Type : std::uint8_t { integer, real, text };

/// One value: a 64-bit signed integer, an IEEE double or UTF-8 text. In the order of Type.
using Value = std::variant<std::int64_t, double, std::string>;

inline Type type_of(const Value& value) { return static_cast<Type>(value.index()); }

/// "integer", "real" or "text".
inline std::string_view name_of(Type type) {
  constexpr std::string_view names[] = {"integer", "real", "text"};
  return names[static_cast<std::size_t>(type)];
}

/// One column of `size()` values of one type, one for each task of a batch, in task order; not their owner.
class ConstColumn {
 public:
  ConstColumn() = default;
  explicit ConstColumn(std::span<const std::int64_t> values)
      : data_(values.data()), size_(values.size()), type_(Type::integer) {}
  explicit ConstColumn(std::span<const double> values)
      : data_(values.data()), size_(values.size()), type_(Type::real) {}
  explicit ConstColumn(std::span<const std::string_view> values)
      : data_(values.data()), size_(values.size()), type_(Type::text) {}

  Type type() const { return type_; }
  std::size_t size() const { return size_; }

  /// The values. Precondition: the column has this type.
  std::span<const std::int64_t> integers() const { return as<std::int64_t>(Type::integer); }
  std::span<const double> reals() const { return as<double>(Type::real); }
  std::span<const std::string_view> texts() const { return as<std::string_view>(Type::text); }

  /// Rows [first, first + count) of this column.
  ConstColumn rows(std::size_t first, std::size_t count) const {
    switch (type_) {
      case Type::integer:
        return ConstColumn(integers().subspan(first, count));
      case Type::real:
        return ConstColumn(reals().subspan(first, count));
      case Type::text:
        return ConstColumn(texts().subspan(first, count));
    }
    return {};
  }

  /// A copy of the value in one row.
  Value value(std::size_t row) const {
    switch (type_) {
      case Type::integer:
        return integers()[row];
      case Type::real:
        return reals()[row];
      case Type::text:
        return std::string(texts()[row]);
    }
    return {};
  }

 private:
  template <typename T>
  std::span<const T> as([[maybe_unused]] Type type) const {
    assert(type_ == type);
    return {static_cast<const T*>(data_), size_};
  }

  const void* data_ = nullptr;
  std::size_t size_ = 0;
  Type type_ = Type::integer;
};

}  // namespace fanfold
