// Lays instructions out: registers, constants and their folding, the numbers of places.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <vector>

#include "expr/ast.hpp"
#include "expr/code.hpp"
#include "expr/machine.hpp"

namespace fanfold::expr {

/// A value while its expression is being compiled: where its block is.
struct Operand {
  enum class Place : std::uint8_t { column, word_register, text_register, constant };
  Place place;
  std::uint32_t number;  ///< column: slot
  Type type;
  bool operator==(const Operand&) const = default;
};

class Emitter {
 public:
  Emitter();

  static Operand column(std::size_t slot, Type type);
  Operand constant(const Value& value);
  /// The value of a constant operand.
  Value value_of(const Operand& constant) const;

  /// Appends an instruction, whose operands are not used again, and returns its value. With constant operands
  /// it is executed at once and its value is a constant, unless it fails: then it fails for every row that
  /// needs it.
  Operand emit(Opcode opcode, Type type, std::initializer_list<Operand> operands, const Node& origin);

  /// The finished code, with the value of the expression in the output place. Ends the emitter.
  std::unique_ptr<const Code> finish(Operand root, std::string_view text, const Node& origin);

 private:
  struct Draft {
    Opcode opcode;
    Operand out;
    std::array<Operand, 3> operands;
  };
  struct Registers {
    std::uint32_t count = 0;
    std::vector<std::uint32_t> free;
  };

  void chain_to_last(Opcode& opcode, std::array<Operand, 3>& operands);
  bool fold(Opcode opcode, Type type, const std::array<Operand, 3>& operands);
  Operand allocate(Type type);
  void release(std::initializer_list<Operand> operands);
  Registers& registers(Operand::Place place);
  void number_columns();
  void number_constants();
  std::uint32_t place(const Operand& operand) const;

  std::unique_ptr<Code> code_;
  std::vector<Draft> drafts_;
  Registers words_;
  Registers texts_;
  std::vector<std::uint32_t> constant_places_;  ///< by number: which of the constants that are used it is
  Machine machine_;
};

}  // namespace fanfold::expr
