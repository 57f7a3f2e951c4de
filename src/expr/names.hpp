// The names in an expression: what they can be, and which of them are wrong whatever the types are.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expr/ast.hpp"
#include "expr/program.hpp"

namespace fanfold::expr {

/// The value of a name that needs no scope: pi, inf, nan.
std::optional<double> named_real(std::string_view name);

/// Throws ExpressionError if a node of kind `name` is neither in the scope nor a named real.
void check_name(const Node& node, const Scope& scope);

/// Throws ExpressionError if a node of kind `call` is of no function.
void check_function(const Node& node);

/// A name that is not to be complained of.
using Excuse = std::function<bool(const std::string& name)>;

/// All names of a tree that check_name and check_function refuse, in the order of the text.
std::vector<ExpressionError> wrong_names(const Node& root, const Scope& scope, const Excuse& is_excused);

}  // namespace fanfold::expr
