// Entries of [reduce] are compiled: each aggregate's argument to a program, the arithmetic around them to a
// formula.
#include "reduce/entry_compiler.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "reduce/entry_names.hpp"

namespace fanfold::reduce {
namespace {

using expr::ExpressionError;
using expr::Node;

template <typename Visit>
void for_each_node(const Node& node, Visit&& visit) {
  visit(node);
  for (const auto& child : node.children) for_each_node(*child, visit);
}

std::vector<std::string> aggregate_list() {
  std::vector<std::string> names;
  for (const AggregateKind* kind : aggregate_kinds()) names.emplace_back(kind->name);
  return names;
}

template <typename T>
std::size_t index_or_append(std::vector<T>& items, T item) {
  const auto found = std::find(items.begin(), items.end(), item);
  if (found != items.end()) return static_cast<std::size_t>(found - items.begin());
  items.push_back(std::move(item));
  return items.size() - 1;
}

/// Compiles one entry. If it throws, the plan may keep aggregates that no entry uses; it can take other
/// entries.
class EntryCompiler {
 public:
  EntryCompiler(Plan::Impl& plan, const expr::GroupedAst& parsed, const expr::Scope& scope,
                std::size_t param_slots, const expr::Scope& constants)
      : plan_(plan), parsed_(parsed), scope_(scope), param_slots_(param_slots), constants_(constants) {
    for (const expr::Scope::Entry& entry : scope.entries()) {
      if (entry.constant) constants_.add_constant(entry.name, *entry.constant);
    }
  }

  Entry compile(std::string name) {
    population_ = uses_status() ? Population::all : Population::succeeded;
    if (population_ == Population::all) {
      scope_.add_column(std::string(status_name_), Type::text);
      plan_.sees_failures = true;
      plan_.status_slot = scope_.column_count() - 1;
      check_names_of_failed_tasks();
    }
    grouping_ = find_grouping(compile_keys());
    const Node& root = *parsed_.ast.root;
    Compiled compiled = compile_node(root);
    if (operands_.empty()) {
      throw ExpressionError(root.offset, fmt::format("there is no aggregate in '{}'; the aggregates are {}",
                                                     source(root), fmt::join(aggregate_list(), ", ")));
    }
    return {std::move(name), grouping_, std::move(operands_), std::move(compiled.formula)};
  }

 private:
  struct Compiled {
    Formula formula;
    ResultType type;
  };

  std::string_view source(const Node& node) const {
    return std::string_view(parsed_.ast.text).substr(node.offset, node.length);
  }

  // ---- names
  // ---------------------------------------------------------------------------------------------------------

  bool uses_status() const {
    if (scope_.find(status_name_) != nullptr) return false;
    bool used = std::any_of(parsed_.keys.begin(), parsed_.keys.end(),
                            [this](const auto& key) { return key.name == status_name_; });
    for_each_node(*parsed_.ast.root, [&](const Node& node) {
      used = used || (node.kind == Node::Kind::name && node.name == status_name_);
    });
    return used;
  }

  void check_names_of_failed_tasks() const {
    for (const auto& key : parsed_.keys) check_name_of_failed_tasks(key.name, key.offset);
    for_each_node(*parsed_.ast.root, [&](const Node& node) {
      if (node.kind == Node::Kind::name) check_name_of_failed_tasks(node.name, node.offset);
    });
  }

  void check_name_of_failed_tasks(const std::string& name, std::size_t offset) const {
    const expr::Scope::Entry* entry = scope_.find(name);
    if (entry == nullptr || entry->constant || name == status_name_ || entry->slot < param_slots_) return;
    throw ExpressionError(
        offset,
        fmt::format("failed tasks have no '{}'; an entry that uses '{}' sees them and can use params only",
                    name, status_name_));
  }

  ColumnSource column_source(const expr::Scope::Entry& entry) const {
    return {entry.slot, population_ == Population::all && entry.name == status_name_};
  }

  // ---- keys
  // ----------------------------------------------------------------------------------------------------------

  std::vector<Key> compile_keys() const {
    std::vector<Key> keys;
    for (const auto& key : parsed_.keys) {
      check_key(key, scope_);
      const expr::Scope::Entry* const entry = scope_.find(key.name);
      if (entry->constant) {
        keys.push_back({key.name, entry->type, *entry->constant});
      } else {
        keys.push_back({key.name, entry->type, column_source(*entry)});
      }
    }
    return keys;
  }

  std::size_t find_grouping(std::vector<Key> keys) {
    for (std::size_t i = 0; i < plan_.groupings.size(); ++i) {
      if (plan_.groupings[i].population == population_ && plan_.groupings[i].keys == keys) return i;
    }
    plan_.groupings.push_back({population_, std::move(keys), {}});
    return plan_.groupings.size() - 1;
  }

  // ---- aggregates
  // ----------------------------------------------------------------------------------------------------

  Compiled compile_aggregate(const AggregateKind& kind, const Node& node) {
    const std::size_t given = node.children.size();
    if (given < kind.least_arguments || given > kind.most_arguments) {
      throw ExpressionError(node.offset, fmt::format("'{}' has {} argument{}; write {}", source(node), given,
                                                     given == 1 ? "" : "s", kind.usage));
    }
    for (const auto& child : node.children) {
      for_each_node(*child, [&](const Node& part) { check_names_of(part, &kind, scope_); });
    }
    BoundAggregate bound{&kind, std::nullopt, std::nullopt, {}};
    if (given > kind.argument_place) {
      const Node& argument = *node.children[kind.argument_place];
      bound.argument = find_argument(argument);
      bound.type = plan_.arguments[*bound.argument].type;
      if (!kind.takes(*bound.type)) {
        throw ExpressionError(argument.offset, fmt::format("{} needs {}; '{}' is {}", kind.name, kind.needs,
                                                           source(argument), name_of(*bound.type)));
      }
    }
    std::vector<Value> options = compile_options(kind, node);
    if (!kind.options_only_read) bound.options = options;
    const ResultType type = kind.result(bound.type);
    const std::size_t aggregate = index_or_append(plan_.groupings[grouping_].aggregates, std::move(bound));
    const std::size_t operand = index_or_append(operands_, Operand{aggregate, std::move(options)});
    return {Formula(Formula::Aggregate{operand}), type};
  }

  std::vector<Value> compile_options(const AggregateKind& kind, const Node& node) const {
    std::vector<Value> options;
    for (std::size_t place = 0; place < node.children.size(); ++place) {
      if (place == kind.argument_place) continue;
      options.push_back(compile_option(kind, kind.options[options.size()], *node.children[place]));
    }
    if (kind.check_options == nullptr) return options;
    if (const std::string wrong = kind.check_options(options); !wrong.empty())
      throw ExpressionError(node.offset, fmt::format("{} in '{}'", wrong, source(node)));
    return options;
  }

  Value compile_option(const AggregateKind& kind, const OptionKind& option, const Node& node) const {
    for_each_node(node, [&](const Node& part) {
      if (part.kind != Node::Kind::name || scope_.find(part.name) == nullptr) return;
      if (constants_.find(part.name) != nullptr) return;
      throw ExpressionError(part.offset,
                            fmt::format("'{}' of {} must be a constant; '{}' differs from task to task",
                                        option.name, kind.usage, part.name));
    });
    const Value value = value_of(expr::Program::compile(node, parsed_.ast.text, constants_), node);
    if (option.takes(value)) return value;
    throw ExpressionError(node.offset, fmt::format("'{}' of {} must be {}, not {}", option.name, kind.usage,
                                                   option.needs, source(node)));
  }

  /// Of a program of constants.
  static Value value_of(const expr::Program& program, const Node& node) {
    ColumnBuffer out;
    RowFailures failures;
    failures.reset(1);
    expr::Scratch scratch;
    program.evaluate({}, 1, out, failures, scratch);
    if (failures.any()) throw ExpressionError(node.offset, failures.failures().front().reason);
    return out.view().value(0);
  }

  std::size_t find_argument(const Node& node) {
    const std::string_view text = source(node);
    for (std::size_t i = 0; i < plan_.arguments.size(); ++i) {
      if (plan_.arguments[i].population == population_ && plan_.arguments[i].text == text) return i;
    }
    const expr::Scope::Entry* entry = node.kind == Node::Kind::name ? scope_.find(node.name) : nullptr;
    if (entry != nullptr && !entry->constant) {
      plan_.arguments.push_back({population_, std::string(text), entry->type, column_source(*entry)});
    } else {
      expr::Program program = expr::Program::compile(node, parsed_.ast.text, scope_);
      const Type type = program.type();
      plan_.arguments.push_back({population_, std::string(text), type, std::move(program)});
    }
    return plan_.arguments.size() - 1;
  }

  // ---- the arithmetic around them
  // --------------------------------------------------------------------------------

  Compiled compile_node(const Node& node) {
    switch (node.kind) {
      case Node::Kind::literal:
        return compile_constant(node.literal);
      case Node::Kind::name:
        return compile_name(node);
      case Node::Kind::call:
        if (const AggregateKind* kind = aggregate_of(node)) return compile_aggregate(*kind, node);
        return compile_function(node);
      case Node::Kind::unary:
        if (node.op == expr::Operator::negate) {
          Compiled operand = compile_number(*node.children[0]);
          return {Formula(Formula::Negation{std::make_unique<Formula>(std::move(operand.formula))}),
                  operand.type};
        }
        return compile_logic(node);
      case Node::Kind::binary:
        if (is_arithmetic(node.op)) return compile_operation(node);
        if (node.op == expr::Operator::logical_and || node.op == expr::Operator::logical_or)
          return compile_logic(node);
        return compile_comparison(node);
      case Node::Kind::conditional:
        return compile_choice(node);
    }
    throw ExpressionError(node.offset, "this cannot be used here");
  }

  static bool is_arithmetic(expr::Operator op) {
    switch (op) {
      case expr::Operator::add:
      case expr::Operator::subtract:
      case expr::Operator::multiply:
      case expr::Operator::divide:
      case expr::Operator::modulo:
      case expr::Operator::power:
        return true;
      default:
        return false;
    }
  }

  /// A part of the arithmetic: refuses what is no number.
  Compiled compile_number(const Node& node) {
    Compiled compiled = compile_node(node);
    const std::string_view what = no_number(compiled.type);
    if (!what.empty()) {
      throw ExpressionError(node.offset,
                            fmt::format("'{}' is {}; arithmetic needs numbers", source(node), what));
    }
    return compiled;
  }

  /// What a result is, if it is no number.
  static std::string_view no_number(ResultType type) {
    switch (type) {
      case ResultType::integer:
      case ResultType::real:
        return {};
      case ResultType::text:
        return "text";
      case ResultType::truth:
        return "true or false";
      case ResultType::task:
        return "a task";
      case ResultType::list:
        return "a list";
    }
    return {};
  }

  static Compiled compile_constant(const Value& value) {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
      return {Formula(AnswerValue(BigInteger(*integer))), ResultType::integer};
    }
    if (const auto* real = std::get_if<double>(&value))
      return {Formula(AnswerValue(*real)), ResultType::real};
    return {Formula(AnswerValue(std::get<std::string>(value))), ResultType::text};
  }

  Compiled compile_name(const Node& node) const {
    check_names_of(node, nullptr, scope_);
    const expr::Scope::Entry* const entry = scope_.find(node.name);
    if (entry == nullptr) return compile_constant(*expr::named_real(node.name));
    if (entry->constant) return compile_constant(*entry->constant);
    throw ExpressionError(
        node.offset, fmt::format("'{0}' is not an aggregate; write mean({0}), sum({0}) or another of {1}",
                                 node.name, fmt::join(aggregate_list(), ", ")));
  }

  Compiled compile_operation(const Node& node) {
    Compiled left = compile_number(*node.children[0]);
    Compiled right = compile_number(*node.children[1]);
    const bool of_integers = left.type == ResultType::integer && right.type == ResultType::integer;
    const bool is_power = node.op == expr::Operator::power;
    std::optional<expr::Program> in_reals;
    if (!is_power || !of_integers) in_reals = of_reals(node);
    // A power of integers may be a real: a fraction, or infinity.
    const bool gives_integer = of_integers && !is_power && node.op != expr::Operator::divide;
    return {
        Formula(Formula::Operation{node.op, std::make_unique<Formula>(std::move(left.formula)),
                                   std::make_unique<Formula>(std::move(right.formula)), std::move(in_reals)}),
        gives_integer ? ResultType::integer : ResultType::real};
  }

  Compiled compile_function(const Node& node) {
    check_names_of(node, nullptr, scope_);
    expr::Program program = of_reals(node);
    std::vector<Formula> arguments;
    for (const auto& child : node.children) arguments.push_back(compile_number(*child).formula);
    const ResultType type = program.type() == Type::integer ? ResultType::integer : ResultType::real;
    return {Formula(Formula::Call{std::move(program), std::move(arguments)}), type};
  }

  // ---- conditions
  // ------------------------------------------------------------------------------------------------

  static std::unique_ptr<Formula> own(Compiled compiled) {
    return std::make_unique<Formula>(std::move(compiled.formula));
  }

  static bool is_number(ResultType type) { return no_number(type).empty(); }

  /// The type of two values that stand side by side: numbers, texts or truth values.
  ResultType common_type(const Node& node, const Node& first, ResultType left, const Node& second,
                         ResultType right) const {
    for (const auto& [part, type] : {std::pair(&first, left), std::pair(&second, right)}) {
      if (type == ResultType::task || type == ResultType::list)
        throw ExpressionError(part->offset, fmt::format("'{}' is {}, which has no place in a condition",
                                                        source(*part), no_number(type)));
    }
    if (left == right) return left;
    if (is_number(left) && is_number(right)) return ResultType::real;
    const auto what = [](ResultType type) { return is_number(type) ? "a number" : no_number(type); };
    throw ExpressionError(node.offset, fmt::format("'{}' is {}, but '{}' is {}", source(first), what(left),
                                                   source(second), what(right)));
  }

  Compiled compile_comparison(const Node& node) {
    const Node& first = *node.children[0];
    const Node& second = *node.children[1];
    Compiled left = compile_node(first), right = compile_node(second);
    common_type(node, first, left.type, second, right.type);
    return {Formula(Formula::Comparison{node.op, own(std::move(left)), own(std::move(right))}),
            ResultType::truth};
  }

  Compiled compile_condition(const Node& node) {
    Compiled condition = compile_node(node);
    if (condition.type == ResultType::truth) return condition;
    throw ExpressionError(
        node.offset, fmt::format("'{}' is no condition, such as sum(x) < 3 or any(x < 3)", source(node)));
  }

  Compiled compile_logic(const Node& node) {
    std::unique_ptr<Formula> left = own(compile_condition(*node.children[0]));
    std::unique_ptr<Formula> right;
    if (node.children.size() > 1) right = own(compile_condition(*node.children[1]));
    return {Formula(Formula::Logic{node.op, std::move(left), std::move(right)}), ResultType::truth};
  }

  Compiled compile_choice(const Node& node) {
    const Node& first = *node.children[1];
    const Node& second = *node.children[2];
    std::unique_ptr<Formula> condition = own(compile_condition(*node.children[0]));
    Compiled if_true = compile_node(first), if_false = compile_node(second);
    const ResultType type = common_type(node, first, if_true.type, second, if_false.type);
    return {Formula(Formula::Choice{std::move(condition), own(std::move(if_true)), own(std::move(if_false))}),
            type};
  }

  /// The operation or function of a node, of reals in slots 0, 1, 2 …; literals stay what they are.
  expr::Program of_reals(const Node& node) const {
    expr::Scope reals;
    Node replaced;
    replaced.kind = node.kind;
    replaced.offset = node.offset;
    replaced.length = node.length;
    replaced.name = node.name;
    replaced.op = node.op;
    for (const auto& child : node.children) {
      auto operand = std::make_unique<Node>();
      operand->kind = child->kind == Node::Kind::literal ? Node::Kind::literal : Node::Kind::name;
      operand->offset = child->offset;
      operand->length = child->length;
      operand->literal = child->literal;
      operand->name = fmt::format("operand{}", replaced.children.size());
      reals.add_column(operand->name, Type::real);
      replaced.children.push_back(std::move(operand));
    }
    return expr::Program::compile(replaced, parsed_.ast.text, reals);
  }

  Plan::Impl& plan_;
  const expr::GroupedAst& parsed_;
  expr::Scope scope_;
  std::size_t param_slots_;
  const std::string_view status_name_ = status_name_beside(scope_);  // before it is in the scope
  expr::Scope constants_;
  Population population_ = Population::succeeded;
  std::size_t grouping_ = 0;
  std::vector<Operand> operands_;
};

}  // namespace

Entry compile_entry(Plan::Impl& plan, std::string name, const expr::GroupedAst& parsed,
                    const expr::Scope& scope, std::size_t param_slots, const expr::Scope& constants) {
  return EntryCompiler(plan, parsed, scope, param_slots, constants).compile(std::move(name));
}

}  // namespace fanfold::reduce
