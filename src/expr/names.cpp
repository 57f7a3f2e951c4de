#include "expr/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numbers>

#include "core/nearest.hpp"
#include "expr/functions.hpp"

namespace fanfold::expr {
namespace {

/// Names with a value where the scope has no such name.
struct NamedReal {
  std::string_view name;
  double value;
};
constexpr NamedReal named_reals[] = {{"pi", std::numbers::pi},
                                     {"inf", std::numeric_limits<double>::infinity()},
                                     {"nan", std::numeric_limits<double>::quiet_NaN()}};

std::vector<std::string> known_names(const Scope& scope) {
  std::vector<std::string> names;
  for (const Scope::Entry& entry : scope.entries()) names.push_back(entry.name);
  for (const NamedReal& named : named_reals) names.emplace_back(named.name);
  return names;
}

void refuse_aggregate(const Node& node) {
  if (!is_aggregate(node.name)) return;
  throw ExpressionError(node.offset,
                        fmt::format("'{}' is an aggregate; it can be used in [reduce] only", node.name));
}

void collect_wrong_names(const Node& node, const Scope& scope, const Excuse& is_excused,
                         std::vector<ExpressionError>& wrong) {
  try {
    if (node.kind == Node::Kind::name && !is_excused(node.name)) check_name(node, scope);
    if (node.kind == Node::Kind::call) check_function(node);
  } catch (const ExpressionError& error) {
    wrong.push_back(error);
  }
  for (const auto& child : node.children) collect_wrong_names(*child, scope, is_excused, wrong);
}

}  // namespace

std::optional<double> named_real(std::string_view name) {
  for (const NamedReal& named : named_reals) {
    if (named.name == name) return named.value;
  }
  return std::nullopt;
}

void check_name(const Node& node, const Scope& scope) {
  if (scope.find(node.name) != nullptr || named_real(node.name)) return;
  if (find_function(node.name) != nullptr) {
    throw ExpressionError(node.offset, fmt::format("'{0}' is a function; write {0}(…)", node.name));
  }
  refuse_aggregate(node);
  throw ExpressionError(node.offset, fmt::format("unknown name '{}'{}", node.name,
                                                 did_you_mean(node.name, known_names(scope))));
}

void check_function(const Node& node) {
  if (find_function(node.name) != nullptr) return;
  refuse_aggregate(node);
  throw ExpressionError(node.offset, fmt::format("unknown function '{}'{}", node.name,
                                                 did_you_mean(node.name, function_names())));
}

std::vector<ExpressionError> wrong_names(const Node& root, const Scope& scope, const Excuse& is_excused) {
  std::vector<ExpressionError> wrong;
  collect_wrong_names(root, scope, is_excused, wrong);
  return wrong;
}

}  // namespace fanfold::expr
