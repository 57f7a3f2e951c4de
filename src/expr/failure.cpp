#include "expr/failure.hpp"

#include <fmt/format.h>

#include <bit>
#include <optional>

#include "expr/scalar_operations.hpp"

namespace fanfold::expr {
namespace {

using Cause = FailedRows::Cause;
using Reason = FailedRows::Reason;

std::uint64_t bit(std::size_t row) { return std::uint64_t{1} << row; }

/// Why this instruction fails for this row, whose operands are in the frame; nothing if it does not.
std::optional<Cause> cause_of(const Instruction& at, const Frame& frame, std::size_t row) {
  const auto a = [&] { return frame.integers(at.a)[row]; };
  const auto b = [&] { return frame.integers(at.b)[row]; };
  const auto overflow_if = [](bool overflow) {
    return overflow ? std::optional(Cause::overflow) : std::nullopt;
  };
  std::int64_t ignored = 0;
  switch (at.opcode) {
    case Opcode::add_integer:
      return overflow_if(__builtin_add_overflow(a(), b(), &ignored));
    case Opcode::subtract_integer:
      return overflow_if(__builtin_sub_overflow(a(), b(), &ignored));
    case Opcode::multiply_integer:
      return overflow_if(__builtin_mul_overflow(a(), b(), &ignored));
    case Opcode::negate_integer:
    case Opcode::abs_integer:
      return overflow_if(a() == std::numeric_limits<std::int64_t>::min());
    case Opcode::modulo_integer:
      return b() == 0 ? std::optional(Cause::zero_divisor) : std::nullopt;
    case Opcode::power_integer:
      if (b() < 0) return Cause::negative_exponent;
      return overflow_if(power_overflows(a(), b(), ignored));
    case Opcode::to_integer:
      return truncates_to_integer(frame.reals(at.a)[row]) ? std::nullopt : std::optional(Cause::no_integer);
    default:
      return std::nullopt;
  }
}

/// The rows for which the integer at this place is true.
std::uint64_t true_rows(std::uint32_t place, const Frame& frame) {
  std::uint64_t rows = 0;
  for (std::size_t row = 0; row < frame.rows; ++row) {
    if (frame.integers(place)[row] != 0) rows |= bit(row);
  }
  return rows;
}

/// Adds the failures of `from` among `rows`. Where both failed, the instruction that comes first stands:
/// operands are compiled from left to right.
void merge(FailedRows& into, const FailedRows& from, std::uint64_t rows) {
  for (std::uint64_t left = from.rows & rows; left != 0; left &= left - 1) {
    const auto row = static_cast<std::size_t>(std::countr_zero(left));
    const bool known = (into.rows & bit(row)) != 0;
    if (known && into.reasons[row].instruction <= from.reasons[row].instruction) continue;
    into.reasons[row] = from.reasons[row];
    into.rows |= bit(row);
  }
}

/// The failures of the value of one instruction, from those of its operands. The frame is as before its
/// execution.
FailedRows failed_rows(const Code& code, std::uint32_t number, const Frame& frame,
                       const std::vector<FailedRows>& of) {
  const Instruction& at = code.instructions[number];
  std::uint64_t b_counts = ~std::uint64_t{0};
  std::uint64_t c_counts = b_counts;
  switch (at.opcode) {
    case Opcode::logical_and:
      b_counts = true_rows(at.a, frame);
      break;
    case Opcode::logical_or:
      b_counts = ~true_rows(at.a, frame);
      break;
    case Opcode::select_word:
    case Opcode::select_text:
      b_counts = true_rows(at.a, frame);
      c_counts = ~b_counts;
      break;
    default:
      break;
  }
  FailedRows result = of[at.a];
  merge(result, of[at.b], b_counts);
  merge(result, of[at.c], c_counts);
  for (std::size_t row = 0; row < frame.rows; ++row) {
    if ((result.rows & bit(row)) != 0) continue;
    if (const std::optional<Cause> cause = cause_of(at, frame, row)) {
      result.rows |= bit(row);
      result.reasons[row] = {number, *cause};
    }
  }
  return result;
}

}  // namespace

void report_failures(const Code& code, const Machine& machine, const Frame& frame, std::size_t first_row,
                     std::vector<FailedRows>& memory, RowFailures& failures) {
  if (memory.size() < code.place_count()) memory.resize(code.place_count());
  for (FailedRows& place : memory) place.rows = 0;
  for (std::uint32_t number = 0; number < code.instructions.size(); ++number) {
    const Instruction& instruction = code.instructions[number];
    memory[instruction.out] = failed_rows(code, number, frame, memory);
    machine.execute({&instruction, 1}, frame);
  }

  const FailedRows& output = memory[code.output()];
  std::optional<Reason> described;
  std::string description;
  for (std::uint64_t left = output.rows; left != 0; left &= left - 1) {
    const auto row = static_cast<std::size_t>(std::countr_zero(left));
    if (described != output.reasons[row]) {
      described = output.reasons[row];
      description = describe(code, *described);
    }
    failures.fail(first_row + row, description);
  }
}

std::string describe(const Code& code, FailedRows::Reason reason) {
  const Code::Origin& origin = code.origins[reason.instruction];
  const std::string where = quoted(std::string_view(code.text).substr(origin.offset, origin.length));
  switch (reason.cause) {
    case Cause::overflow:
      return fmt::format("integer overflow in {}", where);
    case Cause::zero_divisor:
      return fmt::format("division by zero in {}", where);
    case Cause::negative_exponent:
      return fmt::format("negative exponent of an integer in {}; write a real base, as in 2.0 ^ i", where);
    case Cause::no_integer:
      return fmt::format("no integer in {}: NaN or beyond 64 bits", where);
  }
  return {};
}

std::string quoted(std::string_view text) {
  constexpr std::size_t most_bytes = 80;
  if (text.size() <= most_bytes) return fmt::format("'{}'", text);
  std::size_t end = most_bytes;
  while (end > 0 && (text[end] & 0xC0) == 0x80) --end;  // not inside of a UTF-8 character
  return fmt::format("'{}…'", text.substr(0, end));
}

}  // namespace fanfold::expr
