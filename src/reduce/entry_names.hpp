// The names in an entry of [reduce]: of aggregates, of functions, and of what tasks have.
#pragma once

#include <string_view>
#include <vector>

#include "expr/ast.hpp"
#include "expr/names.hpp"
#include "reduce/aggregate.hpp"

namespace fanfold::reduce {

/// How a task ended, as entries call it: `status`, or `task_status` where the job has a `status` of its own.
/// The scope is the job's.
std::string_view status_name_beside(const expr::Scope& scope);

/// The aggregate that a node calls, or null. The aggregates min and max have one argument, the functions of
/// that name have more.
const AggregateKind* aggregate_of(const expr::Node& node);

/// Checks one node, `outer` being the aggregate around it, if there is one. Throws ExpressionError if a name
/// is not in the scope, if a call is of nothing that can be called there, or of an aggregate inside another.
void check_names_of(const expr::Node& node, const AggregateKind* outer, const expr::Scope& scope);

/// The same for a name after `by`.
void check_key(const expr::GroupedAst::Key& key, const expr::Scope& scope);

/// All that is wrong with the names of an entry. The scope is that of tasks that succeeded.
std::vector<expr::ExpressionError> wrong_names(const expr::GroupedAst& entry, const expr::Scope& scope,
                                               const expr::Excuse& is_excused);

}  // namespace fanfold::reduce
