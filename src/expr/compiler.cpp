#include "expr/compiler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "expr/emitter.hpp"
#include "expr/failure.hpp"
#include "expr/functions.hpp"
#include "expr/names.hpp"
#include "expr/operators.hpp"

namespace fanfold::expr {
namespace {

bool is_number(Type type) { return type != Type::text; }

[[noreturn]] void fail(const Node& at, const std::string& message) {
  throw ExpressionError(at.offset, message);
}

class Compiler {
 public:
  Compiler(std::string_view text, const Scope& scope, Names names)
      : text_(text), scope_(scope), names_(names) {}

  std::unique_ptr<const Code> whole(const Node& root) {
    const Operand value = compile(root);
    return emitter_.finish(value, text_, root);
  }

 private:
  Operand compile(const Node& node) {
    switch (node.kind) {
      case Node::Kind::literal:
        return emitter_.constant(node.literal);
      case Node::Kind::name:
        return name(node);
      case Node::Kind::call:
        return call(node);
      case Node::Kind::unary:
        return unary(node);
      case Node::Kind::binary:
        return binary(node);
      case Node::Kind::conditional:
        return conditional(node);
    }
    return {};
  }

  Operand name(const Node& node) {
    check_name(node, scope_);
    const Scope::Entry* const entry = scope_.find(node.name);
    if (entry == nullptr) return emitter_.constant(*named_real(node.name));
    if (entry->constant) return emitter_.constant(*entry->constant);
    if (names_ == Names::constants_only) fail(node, fmt::format("'{}' is not a constant", node.name));
    return Emitter::column(entry->slot, entry->type);
  }

  Operand unary(const Node& node) {
    if (node.op == Operator::logical_not) {
      return emitter_.emit(Opcode::logical_not, Type::integer, {condition(*node.children[0])}, node);
    }
    const Operand value = number(*node.children[0], "'-'");
    const Opcode opcode = value.type == Type::integer ? Opcode::negate_integer : Opcode::negate_real;
    return emitter_.emit(opcode, value.type, {value}, node);
  }

  Operand binary(const Node& node) {
    const Node& left = *node.children[0];
    const Node& right = *node.children[1];
    if (node.op == Operator::logical_and || node.op == Operator::logical_or) {
      const Opcode opcode = node.op == Operator::logical_and ? Opcode::logical_and : Opcode::logical_or;
      const Operand first = condition(left);
      return emitter_.emit(opcode, Type::integer, {first, condition(right)}, node);
    }
    if (const std::optional<Comparison> compared = comparison_of(node.op)) return compare(node, *compared);

    const std::string taker = fmt::format("'{}'", spelling(node.op));
    Operand a = number(left, taker);
    Operand b = number(right, taker);
    if (node.op == Operator::divide) {
      a = real(a, left);
      return emitter_.emit(Opcode::divide_real, Type::real, {a, real(b, right)}, node);
    }
    unify(a, left, b, right);
    if (node.op == Operator::power && a.type == Type::real) return power(a, b, node);
    const OpcodePair opcodes = arithmetic(node.op);
    return emitter_.emit(a.type == Type::integer ? opcodes.integer : opcodes.real, a.type, {a, b}, node);
  }

  // A square is rounded once either way; as a product it is far cheaper.
  Operand power(const Operand& base, const Operand& exponent, const Node& node) {
    const bool square =
        exponent.place == Operand::Place::constant && emitter_.value_of(exponent) == Value(2.0);
    if (square) return emitter_.emit(Opcode::multiply_real, Type::real, {base, base}, node);
    return emitter_.emit(Opcode::power_real, Type::real, {base, exponent}, node);
  }

  Operand compare(const Node& node, const Comparison& opcodes) {
    const Node& left = *node.children[0];
    const Node& right = *node.children[1];
    Operand a = compile(left);
    Operand b = compile(right);
    if (is_number(a.type) != is_number(b.type)) {
      fail(right,
           fmt::format("'{}' compares numbers with numbers, texts with texts; {} is {}, {} is {}",
                       spelling(node.op), quote(left), name_of(a.type), quote(right), name_of(b.type)));
    }
    if (a.type == Type::text) return emitter_.emit(opcodes.texts, Type::integer, {a, b}, node);
    unify(a, left, b, right);
    const Opcode opcode = a.type == Type::integer ? opcodes.numbers.integer : opcodes.numbers.real;
    return emitter_.emit(opcode, Type::integer, {a, b}, node);
  }

  Operand conditional(const Node& node) {
    const Node& left = *node.children[1];
    const Node& right = *node.children[2];
    const Operand decision = condition(*node.children[0]);
    Operand a = compile(left);
    Operand b = compile(right);
    if (is_number(a.type) != is_number(b.type)) {
      fail(right, fmt::format("both values of '? :' are numbers or both are texts; {} is {}, {} is {}",
                              quote(left), name_of(a.type), quote(right), name_of(b.type)));
    }
    if (is_number(a.type)) unify(a, left, b, right);
    const Opcode opcode = a.type == Type::text ? Opcode::select_text : Opcode::select_word;
    return emitter_.emit(opcode, a.type, {decision, a, b}, node);
  }

  Operand call(const Node& node) {
    check_function(node);
    const FunctionInfo* const function = find_function(node.name);
    check_argument_count(node, *function);
    switch (function->signature) {
      case Signature::exact:
        return exact(node, *function);
      case Signature::real:
        return of_reals(node, *function);
      case Signature::classify: {
        const Node& argument = *node.children[0];
        const Operand value = real(number(argument, fmt::format("'{}'", node.name)), argument);
        return emitter_.emit(function->opcode, Type::integer, {value}, node);
      }
      case Signature::to_integer: {
        const Operand value = number(*node.children[0], fmt::format("'{}'", node.name));
        return value.type == Type::integer ? value
                                           : emitter_.emit(function->opcode, Type::integer, {value}, node);
      }
      case Signature::measure:
        return emitter_.emit(function->opcode, Type::integer, {words(node, 0)}, node);
      case Signature::find: {
        const Operand all = words(node, 0);
        return emitter_.emit(function->opcode, Type::integer, {all, words(node, 1)}, node);
      }
    }
    return {};
  }

  void check_argument_count(const Node& node, const FunctionInfo& function) const {
    const std::size_t count = node.children.size();
    if (count >= function.least_arguments && count <= function.most_arguments) return;
    if (count == 1 && is_aggregate(node.name)) {
      fail(node,
           fmt::format("'{0}' of one value is an aggregate; it can be used in [reduce] only, or as {0}(a, b)",
                       node.name));
    }
    const bool open_ended = function.most_arguments == any_number;
    fail(node, fmt::format("'{}' takes {}{} argument{}, not {}", node.name, open_ended ? "at least " : "",
                           function.least_arguments, function.least_arguments == 1 ? "" : "s", count));
  }

  // min(a, b, c) is min(min(a, b), c).
  Operand exact(const Node& node, const FunctionInfo& function) {
    const Node& first = *node.children[0];
    Operand value = number(first, fmt::format("'{}'", node.name));
    if (node.children.size() == 1) return exact_unary(value, node, function);
    for (std::size_t i = 1; i < node.children.size(); ++i) {
      const Node& next = *node.children[i];
      Operand other = number(next, fmt::format("'{}'", node.name));
      unify(value, first, other, next);
      const Opcode opcode = value.type == Type::integer ? function.integers : function.opcode;
      value = emitter_.emit(opcode, value.type, {value, other}, node);
    }
    return value;
  }

  Operand exact_unary(const Operand& value, const Node& node, const FunctionInfo& function) {
    if (value.type == Type::real) return emitter_.emit(function.opcode, Type::real, {value}, node);
    if (function.integers == Opcode::copy_word) return value;  // the floor of an integer
    return emitter_.emit(function.integers, Type::integer, {value}, node);
  }

  Operand of_reals(const Node& node, const FunctionInfo& function) {
    const std::string taker = fmt::format("'{}'", node.name);
    const Node& first = *node.children[0];
    const Operand a = real(number(first, taker), first);
    if (function.opcode == Opcode::copy_word) return a;  // real(x)
    if (node.children.size() == 1) return emitter_.emit(function.opcode, Type::real, {a}, node);
    const Node& second = *node.children[1];
    const Operand b = real(number(second, taker), second);
    if (function.opcode == Opcode::power_real) return power(a, b, node);
    return emitter_.emit(function.opcode, Type::real, {a, b}, node);
  }

  /// An argument that is a text.
  Operand words(const Node& call, std::size_t argument) {
    const Node& node = *call.children[argument];
    const Operand value = compile(node);
    if (value.type != Type::text) {
      fail(node, fmt::format("'{}' takes texts, but {} is {}", call.name, quote(node), name_of(value.type)));
    }
    return value;
  }

  Operand number(const Node& node, std::string_view taker) {
    const Operand value = compile(node);
    if (!is_number(value.type))
      fail(node, fmt::format("{} takes numbers, but {} is text", taker, quote(node)));
    return value;
  }

  /// A number as a truth value: an integer that is zero or not.
  Operand condition(const Node& node) {
    const Operand value = compile(node);
    if (!is_number(value.type))
      fail(node, fmt::format("a condition is a number, but {} is text", quote(node)));
    return value.type == Type::integer ? value : emitter_.emit(Opcode::truth, Type::integer, {value}, node);
  }

  Operand real(const Operand& value, const Node& node) {
    return value.type == Type::real ? value : emitter_.emit(Opcode::to_real, Type::real, {value}, node);
  }

  /// Makes both reals unless both are integers.
  void unify(Operand& a, const Node& left, Operand& b, const Node& right) {
    if (a.type == b.type) return;
    a = real(a, left);
    b = real(b, right);
  }

  std::string quote(const Node& node) const {
    const bool has_quotes = node.kind == Node::Kind::literal && type_of(node.literal) == Type::text;
    if (has_quotes) return std::string(text_.substr(node.offset, node.length));
    return quoted(text_.substr(node.offset, node.length));
  }

  std::string_view text_;
  const Scope& scope_;
  Names names_;
  Emitter emitter_;
};

}  // namespace

std::unique_ptr<const Code> compile_tree(const Node& root, std::string_view text, const Scope& scope,
                                         Names names) {
  return Compiler(text, scope, names).whole(root);
}

}  // namespace fanfold::expr
