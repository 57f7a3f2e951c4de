// From the syntax tree to instructions: names, types, registers, constants.
#pragma once

#include <memory>
#include <string_view>

#include "expr/ast.hpp"
#include "expr/code.hpp"
#include "expr/program.hpp"

namespace fanfold::expr {

/// Whether an expression may name columns.
enum class Names { all, constants_only };

/// Checks and compiles a tree over a text. Throws ExpressionError.
std::unique_ptr<const Code> compile_tree(const Node& root, std::string_view text, const Scope& scope,
                                         Names names);

}  // namespace fanfold::expr
