// A compiled expression.
#pragma once

#include <fanfold/column.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "core/column_buffer.hpp"
#include "expr/instruction.hpp"

namespace fanfold::expr {

/// Places are numbered in this order: columns, the output, word registers, text registers, constants.
struct Code {
  /// The part of the text that an instruction computes; what failures quote.
  struct Origin {
    std::size_t offset;
    std::size_t length;
  };

  Type type = Type::integer;
  std::string text;
  std::vector<Instruction> instructions;
  std::vector<Origin> origins;     ///< of each instruction
  std::vector<std::size_t> slots;  ///< of the columns, sorted
  std::vector<Type> column_types;  ///< of the columns
  std::uint32_t word_registers = 0;
  std::uint32_t text_registers = 0;
  std::vector<std::byte*> constants;          ///< their blocks: 64 times the same value, never written
  std::deque<ColumnBuffer> constant_storage;  ///< a deque, since texts may view into it

  std::uint32_t output() const { return static_cast<std::uint32_t>(slots.size()); }
  std::size_t place_count() const {
    return slots.size() + 1 + word_registers + text_registers + constants.size();
  }
};

/// The bytes of a column. They are writable for the machine's frames, which write to registers and the output
/// only.
inline std::byte* bytes_of(const ConstColumn& column) {
  const void* values = nullptr;
  switch (column.type()) {
    case Type::integer:
      values = column.integers().data();
      break;
    case Type::real:
      values = column.reals().data();
      break;
    case Type::text:
      values = column.texts().data();
      break;
  }
  return static_cast<std::byte*>(const_cast<void*>(values));
}

/// The bytes of one value in a column of this type.
inline std::size_t value_size(Type type) {
  return type == Type::text ? sizeof(std::string_view) : sizeof(std::int64_t);
}

}  // namespace fanfold::expr
