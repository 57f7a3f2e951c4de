#include "expr/functions.hpp"

#include <algorithm>
#include <array>

#include "expr/ast.hpp"
#include "expr/lexer.hpp"

namespace fanfold::expr {
namespace {

// Sorted by name.
constexpr std::array functions = {
    FunctionInfo{"abs", Signature::exact, 1, 1, Opcode::abs_real, Opcode::abs_integer},
    FunctionInfo{"acos", Signature::real, 1, 1, Opcode::acos_real},
    FunctionInfo{"acosh", Signature::real, 1, 1, Opcode::acosh_real},
    FunctionInfo{"asin", Signature::real, 1, 1, Opcode::asin_real},
    FunctionInfo{"asinh", Signature::real, 1, 1, Opcode::asinh_real},
    FunctionInfo{"atan", Signature::real, 1, 1, Opcode::atan_real},
    FunctionInfo{"atan2", Signature::real, 2, 2, Opcode::atan2_real},
    FunctionInfo{"atanh", Signature::real, 1, 1, Opcode::atanh_real},
    FunctionInfo{"cbrt", Signature::real, 1, 1, Opcode::cbrt_real},
    FunctionInfo{"ceil", Signature::exact, 1, 1, Opcode::ceil_real},
    FunctionInfo{"contains", Signature::find, 2, 2, Opcode::contains_text},
    FunctionInfo{"cos", Signature::real, 1, 1, Opcode::cos_real},
    FunctionInfo{"cosh", Signature::real, 1, 1, Opcode::cosh_real},
    FunctionInfo{"ends_with", Signature::find, 2, 2, Opcode::ends_with_text},
    FunctionInfo{"erf", Signature::real, 1, 1, Opcode::erf_real},
    FunctionInfo{"erfc", Signature::real, 1, 1, Opcode::erfc_real},
    FunctionInfo{"exp", Signature::real, 1, 1, Opcode::exp_real},
    FunctionInfo{"expm1", Signature::real, 1, 1, Opcode::expm1_real},
    FunctionInfo{"floor", Signature::exact, 1, 1, Opcode::floor_real},
    FunctionInfo{"gamma", Signature::real, 1, 1, Opcode::gamma_real},
    FunctionInfo{"hypot", Signature::real, 2, 2, Opcode::hypot_real},
    FunctionInfo{"int", Signature::to_integer, 1, 1, Opcode::to_integer},
    FunctionInfo{"isfinite", Signature::classify, 1, 1, Opcode::isfinite_real},
    FunctionInfo{"isinf", Signature::classify, 1, 1, Opcode::isinf_real},
    FunctionInfo{"isnan", Signature::classify, 1, 1, Opcode::isnan_real},
    FunctionInfo{"length", Signature::measure, 1, 1, Opcode::length_text},
    FunctionInfo{"lgamma", Signature::real, 1, 1, Opcode::lgamma_real},
    FunctionInfo{"log", Signature::real, 1, 1, Opcode::log_real},
    FunctionInfo{"log10", Signature::real, 1, 1, Opcode::log10_real},
    FunctionInfo{"log1p", Signature::real, 1, 1, Opcode::log1p_real},
    FunctionInfo{"log2", Signature::real, 1, 1, Opcode::log2_real},
    FunctionInfo{"max", Signature::exact, 2, any_number, Opcode::max_real, Opcode::max_integer},
    FunctionInfo{"min", Signature::exact, 2, any_number, Opcode::min_real, Opcode::min_integer},
    FunctionInfo{"pow", Signature::real, 2, 2, Opcode::power_real},
    FunctionInfo{"real", Signature::real, 1, 1, Opcode::copy_word},
    FunctionInfo{"round", Signature::exact, 1, 1, Opcode::round_real},
    FunctionInfo{"sign", Signature::exact, 1, 1, Opcode::sign_real, Opcode::sign_integer},
    FunctionInfo{"sin", Signature::real, 1, 1, Opcode::sin_real},
    FunctionInfo{"sinh", Signature::real, 1, 1, Opcode::sinh_real},
    FunctionInfo{"sqrt", Signature::real, 1, 1, Opcode::sqrt_real},
    FunctionInfo{"starts_with", Signature::find, 2, 2, Opcode::starts_with_text},
    FunctionInfo{"tan", Signature::real, 1, 1, Opcode::tan_real},
    FunctionInfo{"tanh", Signature::real, 1, 1, Opcode::tanh_real},
    FunctionInfo{"trunc", Signature::exact, 1, 1, Opcode::trunc_real}};

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
      "all",     "any",       "argmax", "argmin", "bottom", "collect", "count",
      "first",   "histogram", "max",    "mean",   "median", "min",     "picture",
      "product", "quantile",  "sem",    "std",    "sum",    "top",     "var"};
  return names;
}

bool is_aggregate(std::string_view name) {
  return std::binary_search(aggregate_names().begin(), aggregate_names().end(), name);
}

bool is_reserved(std::string_view name) {
  return is_keyword(name) || find_function(name) != nullptr || is_aggregate(name);
}

}  // namespace fanfold::expr
