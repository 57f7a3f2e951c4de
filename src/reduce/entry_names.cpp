#include "reduce/entry_names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/nearest.hpp"

namespace fanfold::reduce {
namespace {

using expr::ExpressionError;
using expr::Node;

bool is_function(const std::string& name) {
  const auto& functions = expr::function_names();
  return std::find(functions.begin(), functions.end(), name) != functions.end();
}

/// A call outside of aggregates: of one, or of a function of them.
void check_call(const Node& node) {
  if (is_function(node.name)) return;
  std::vector<std::string> candidates;
  for (const AggregateKind* kind : aggregate_kinds()) candidates.emplace_back(kind->name);
  std::string hint = did_you_mean(node.name, candidates);
  if (hint.empty()) hint = fmt::format("; there are {}", fmt::join(candidates, ", "));
  throw ExpressionError(node.offset, fmt::format("unknown aggregate '{}'{}", node.name, hint));
}

/// Walks an entry and notes what the checks throw.
struct WrongNames {
  const expr::Scope& scope;
  const expr::Excuse& is_excused;
  const std::string_view status = status_name_beside(scope);
  std::vector<ExpressionError> found = {};

  void look_at(const Node& node, const AggregateKind* outer) {
    const bool excused = node.kind == Node::Kind::name && (node.name == status || is_excused(node.name));
    if (!excused) note([&] { check_names_of(node, outer, scope); });
    const AggregateKind* const inner = aggregate_of(node);
    for (const auto& child : node.children) look_at(*child, inner != nullptr ? inner : outer);
  }

  void look_at(const expr::GroupedAst::Key& key) {
    if (key.name != status && !is_excused(key.name)) note([&] { check_key(key, scope); });
  }

  template <typename Check>
  void note(Check&& check) {
    try {
      check();
    } catch (const ExpressionError& error) {
      found.push_back(error);
    }
  }
};

}  // namespace

std::string_view status_name_beside(const expr::Scope& scope) {
  return scope.find("status") == nullptr ? "status" : "task_status";
}

const AggregateKind* aggregate_of(const Node& node) {
  if (node.kind != Node::Kind::call) return nullptr;
  const AggregateKind* kind = find_aggregate(node.name);
  if (kind != nullptr && is_function(node.name) && node.children.size() > kind->most_arguments)
    return nullptr;
  return kind;
}

void check_names_of(const Node& node, const AggregateKind* outer, const expr::Scope& scope) {
  if (node.kind == Node::Kind::name) {
    if (scope.find(node.name) == nullptr && find_aggregate(node.name) != nullptr) {
      throw ExpressionError(node.offset, fmt::format("'{0}' is an aggregate; write {0}(…)", node.name));
    }
    return check_name(node, scope);
  }
  if (node.kind != Node::Kind::call) return;
  const AggregateKind* const inner = aggregate_of(node);
  if (inner != nullptr && outer != nullptr) {
    throw ExpressionError(
        node.offset,
        fmt::format("{} inside of {}: an aggregate cannot be inside of another", inner->name, outer->name));
  }
  if (inner != nullptr) return;
  outer != nullptr ? check_function(node) : check_call(node);
}

void check_key(const expr::GroupedAst::Key& key, const expr::Scope& scope) {
  if (scope.find(key.name) != nullptr) return;
  std::vector<std::string> known;
  for (const auto& entry : scope.entries()) known.push_back(entry.name);
  throw ExpressionError(key.offset,
                        fmt::format("unknown name '{}'{}", key.name, did_you_mean(key.name, known)));
}

std::vector<ExpressionError> wrong_names(const expr::GroupedAst& entry, const expr::Scope& scope,
                                         const expr::Excuse& is_excused) {
  WrongNames names{scope, is_excused};
  names.look_at(*entry.ast.root, nullptr);
  for (const auto& key : entry.keys) names.look_at(key);
  return std::move(names.found);
}

}  // namespace fanfold::reduce
