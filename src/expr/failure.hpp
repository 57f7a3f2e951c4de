// Which rows of a block failed, and why.
//
// Both branches of ?: and both sides of `and` and `or` are computed for all rows, but a failure counts only
// where the language would have computed it. So a block in which an instruction reports a failure is executed
// again, one instruction at a time, and failures are carried along from operands to values.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/row_failures.hpp"
#include "expr/code.hpp"
#include "expr/machine.hpp"

namespace fanfold::expr {

/// The rows of one place whose value failed, and for each the instruction that failed first.
struct FailedRows {
  enum class Cause : std::uint8_t { overflow, zero_divisor, negative_exponent, no_integer };
  struct Reason {
    std::uint32_t instruction;
    Cause cause;
    bool operator==(const Reason&) const = default;
  };
  std::uint64_t rows = 0;  ///< bit r: row r
  std::array<Reason, block_rows> reasons;
};

/// Executes a block again and reports each row whose output failed, as row `first_row` + its row in the
/// block. `memory` is reused from call to call.
void report_failures(const Code& code, const Machine& machine, const Frame& frame, std::size_t first_row,
                     std::vector<FailedRows>& memory, RowFailures& failures);

/// What report_failures says of such a row: "integer overflow in 'i * j'".
std::string describe(const Code& code, FailedRows::Reason reason);

/// Text in quotes for a message, cut if it is long.
std::string quoted(std::string_view text);

}  // namespace fanfold::expr
