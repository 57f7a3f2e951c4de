// From the text of an entry of [reduce] to aggregates and a formula.
#pragma once

#include <cstddef>
#include <string>

#include "expr/ast.hpp"
#include "expr/program.hpp"
#include "reduce/plan_impl.hpp"

namespace fanfold::reduce {

/// Compiles one entry; adds the groupings, aggregates and arguments that it needs to the plan, unless they
/// are there. Throws expr::ExpressionError; the plan may then keep aggregates that no entry uses, and can
/// take other entries.
Entry compile_entry(Plan::Impl& plan, std::string name, const expr::GroupedAst& parsed,
                    const expr::Scope& scope, std::size_t param_slots, const expr::Scope& constants);

}  // namespace fanfold::reduce
