#include "expr/functions.hpp"

#include <algorithm>
#include <array>

#include "expr/ast.hpp"
#include "expr/lexer.hpp"

namespace fanfold::expr {
namespace {

// Sorted by name.
constexpr std::array functions = {FunctionInfo{"abs", Function::abs, Signature::exact, 1, 1},
                                  FunctionInfo{"acos", Function::acos, Signature::real, 1, 1},
                                  FunctionInfo{"asin", Function::asin, Signature::real, 1, 1},
                                  FunctionInfo{"atan", Function::atan, Signature::real, 1, 1},
                                  FunctionInfo{"atan2", Function::atan2, Signature::real, 2, 2},
                                  FunctionInfo{"cbrt", Function::cbrt, Signature::real, 1, 1},
                                  FunctionInfo{"ceil", Function::ceil, Signature::exact, 1, 1},
                                  FunctionInfo{"contains", Function::contains, Signature::find, 2, 2},
                                  FunctionInfo{"cos", Function::cos, Signature::real, 1, 1},
                                  FunctionInfo{"cosh", Function::cosh, Signature::real, 1, 1},
                                  FunctionInfo{"ends_with", Function::ends_with, Signature::find, 2, 2},
                                  FunctionInfo{"erf", Function::erf, Signature::real, 1, 1},
                                  FunctionInfo{"erfc", Function::erfc, Signature::real, 1, 1},
                                  FunctionInfo{"exp", Function::exp, Signature::real, 1, 1},
                                  FunctionInfo{"expm1", Function::expm1, Signature::real, 1, 1},
                                  FunctionInfo{"floor", Function::floor, Signature::exact, 1, 1},
                                  FunctionInfo{"gamma", Function::gamma, Signature::real, 1, 1},
                                  FunctionInfo{"hypot", Function::hypot, Signature::real, 2, 2},
                                  FunctionInfo{"int", Function::integer, Signature::to_integer, 1, 1},
                                  FunctionInfo{"isfinite", Function::isfinite, Signature::classify, 1, 1},
                                  FunctionInfo{"isinf", Function::isinf, Signature::classify, 1, 1},
                                  FunctionInfo{"isnan", Function::isnan, Signature::classify, 1, 1},
                                  FunctionInfo{"length", Function::length, Signature::measure, 1, 1},
                                  FunctionInfo{"lgamma", Function::lgamma, Signature::real, 1, 1},
                                  FunctionInfo{"log", Function::log, Signature::real, 1, 1},
                                  FunctionInfo{"log10", Function::log10, Signature::real, 1, 1},
                                  FunctionInfo{"log1p", Function::log1p, Signature::real, 1, 1},
                                  FunctionInfo{"log2", Function::log2, Signature::real, 1, 1},
                                  FunctionInfo{"max", Function::max, Signature::exact, 2, any_number},
                                  FunctionInfo{"min", Function::min, Signature::exact, 2, any_number},
                                  FunctionInfo{"pow", Function::pow, Signature::real, 2, 2},
                                  FunctionInfo{"real", Function::real, Signature::real, 1, 1},
                                  FunctionInfo{"round", Function::round, Signature::exact, 1, 1},
                                  FunctionInfo{"sign", Function::sign, Signature::exact, 1, 1},
                                  FunctionInfo{"sin", Function::sin, Signature::real, 1, 1},
                                  FunctionInfo{"sinh", Function::sinh, Signature::real, 1, 1},
                                  FunctionInfo{"sqrt", Function::sqrt, Signature::real, 1, 1},
                                  FunctionInfo{"starts_with", Function::starts_with, Signature::find, 2, 2},
                                  FunctionInfo{"tan", Function::tan, Signature::real, 1, 1},
                                  FunctionInfo{"tanh", Function::tanh, Signature::real, 1, 1},
                                  FunctionInfo{"trunc", Function::trunc, Signature::exact, 1, 1}};

bool contains(const std::vector<std::string>& sorted, std::string_view name) {
  return std::binary_search(sorted.begin(), sorted.end(), name);
}

}  // namespace

const FunctionInfo* find_function(std::string_view name) {
  const auto before = [](const FunctionInfo& info, std::string_view wanted) { return info.name < wanted; };
  const auto found = std::lower_bound(functions.begin(), functions.end(), name, before);
  return found != functions.end() && found->name == name ? &*found : nullptr;
}

const std::vector<std::string>& function_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> result;
    for (const FunctionInfo& info : functions) result.emplace_back(info.name);
    return result;
  }();
  return names;
}

// Those that no version aggregates by yet are kept free for it: a job's names stay valid from version to
// version.
const std::vector<std::string>& aggregate_names() {
  static const std::vector<std::string> names = {
      "all",    "any", "argmax",  "argmin",   "collect", "count", "first", "histogram", "max", "mean",
      "median", "min", "product", "quantile", "sem",     "std",   "sum",   "top",       "var"};
  return names;
}

bool is_reserved(std::string_view name) {
  return is_keyword(name) || find_function(name) != nullptr || contains(aggregate_names(), name);
}

}  // namespace fanfold::expr
