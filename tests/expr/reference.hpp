// What the language reference (src/expr/README.md) says, evaluated for one row in the plainest way.
#pragma once

#include <map>
#include <string>

#include "expr/ast.hpp"
#include "table.hpp"

namespace fanfold::expr {

/// The values of the names in one row.
using Row = std::map<std::string, Value, std::less<>>;

/// The type of an expression that compiles. It has the operators and the functions whose results are exact.
Type reference_type(const Node& node, const Row& row);

Cell reference_value(const Node& node, std::string_view text, const Row& row);

}  // namespace fanfold::expr
