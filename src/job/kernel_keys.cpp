// The keys of [task] that are parameters of its kernel: a constant, an expression, or an axis of the same
// name.
#include <fmt/format.h>

#include <algorithm>

#include "core/nearest.hpp"
#include "job/own_kernel.hpp"
#include "job/task_section.hpp"
#include "kernel/text_check.hpp"
#include "kernel/with_unit.hpp"

namespace fanfold {
namespace {

using Kind = TomlNode::Kind;

std::string_view with_article(Type type) {
  constexpr std::string_view names[] = {"an integer", "a real number", "text"};
  return names[static_cast<std::size_t>(type)];
}

/// Reads one kernel's parameters into operands. Constants come first, for expressions can use them.
class KernelReading {
 public:
  explicit KernelReading(const TaskReading& task)
      : task_(task), reading_(task.reading), info_(task.kernel->info()), operands_(info_.parameters.size()) {}

  std::vector<Operand> read() {
    for (std::size_t i = 0; i < operands_.size(); ++i)
      read_unless_expression(info_.parameters[i], operands_[i]);
    for (std::size_t i = 0; i < operands_.size(); ++i) read_expression(info_.parameters[i], operands_[i]);
    return std::move(operands_);
  }

 private:
  static bool is_expression(const TomlEntry& key, const Parameter& parameter) {
    return key.node.is(Kind::text) && parameter.type != Type::text;
  }

  void read_unless_expression(const Parameter& parameter, Operand& operand) {
    const TomlEntry* const key = task_.parameter_key(parameter.name);
    const expr::Scope::Entry* const param = reading_.job.scope.find(parameter.name);
    if (key != nullptr && param != nullptr) {
      reading_.error(key->place, fmt::format("'{}' is given twice: here and in [params]", parameter.name));
    } else if (param != nullptr) {
      if (!task_.is_source_key(parameter.name)) read_param(parameter, *param, operand);
    } else if (key == nullptr) {
      read_default(parameter, operand);
    } else if (!is_expression(*key, parameter)) {
      read_constant(*key, parameter, operand);
    }
  }

  void read_constant(const TomlEntry& key, const Parameter& parameter, Operand& operand) {
    const std::optional<Value> value = reading_.constant(setting_of(key), parameter.type);
    const bool is_new = reading_.claim_result(parameter.name, key.place, what());
    if (!value) return reading_.give_up(parameter.name, parameter.type);
    use_constant(key, parameter, *value, operand);
    if (is_new) reading_.job.scope.add_constant(parameter.name, *value);
  }

  void use_constant(const TomlEntry& key, const Parameter& parameter, const Value& value, Operand& operand) {
    const double number = type_of(value) == Type::integer ? static_cast<double>(std::get<std::int64_t>(value))
                          : type_of(value) == Type::real  ? std::get<double>(value)
                                                          : 0;
    if (parameter.minimum && parameter.type != Type::text && !(number >= *parameter.minimum)) {
      const bool is_integer = parameter.type == Type::integer;
      const std::string least = to_text(is_integer ? Value(static_cast<std::int64_t>(*parameter.minimum))
                                                   : Value(*parameter.minimum));
      reading_.wrong_text(setting_of(key), "at least " + least);
    }
    check_text(key, parameter, value);
    operand = value;
    reading_.identify("task." + parameter.name, canonical(value));
  }

  void check_text(const TomlEntry& key, const Parameter& parameter, const Value& value) {
    const auto* const kernel = dynamic_cast<const ChecksTexts*>(task_.kernel);
    const auto* const text = std::get_if<std::string>(&value);
    if (kernel == nullptr || text == nullptr) return;
    if (const auto fault = kernel->fault_of(parameter.name, *text))
      reading_.error_in(key.node, fault->offset, fault->message);
  }

  void read_param(const Parameter& parameter, const expr::Scope::Entry& param, Operand& operand) {
    if (param.type == parameter.type) {
      operand = param.slot;
    } else if (param.type == Type::integer && parameter.type == Type::real) {
      operand = expr::Program::compile(as_real(expr::parse(param.name)), reading_.job.scope);
    } else {
      reading_.error(reading_.place_of(param.name),
                     fmt::format("'{}' must be {} for the kernel '{}', not {}{}", param.name,
                                 with_article(parameter.type), info_.name, with_article(param.type),
                                 reading_.text_cause(param.name)));
    }
  }

  void read_default(const Parameter& parameter, Operand& operand) {
    if (parameter.default_value) {
      operand = *parameter.default_value;
      reading_.identify("task." + parameter.name, canonical(*parameter.default_value));
      return;
    }
    const bool is_misspelt =
        std::find(task_.misspelt.begin(), task_.misspelt.end(), parameter.name) != task_.misspelt.end();
    if (is_faulty_param(parameter.name)) return;
    reading_.give_up(parameter.name, parameter.type);
    if (is_misspelt) return;
    reading_.error(
        task_.kernel_key->place,
        fmt::format("the kernel '{}' needs '{}', {} ({}): give it in [task] or as an axis of [params]",
                    info_.name, parameter.name, with_article(parameter.type),
                    with_unit(parameter.description, parameter.unit)) +
            near_param(parameter.name));
  }

  /// "; [params] has 'Samples'": what may be meant for a parameter.
  std::string near_param(const std::string& name) const {
    std::vector<std::string> params;
    for (std::size_t slot = 0; slot < reading_.job.space.param_count(); ++slot)
      params.push_back(reading_.job.space.name(slot));
    const std::string_view near = nearest(name, params);
    return near.empty() ? std::string() : fmt::format("; [params] has '{}'", near);
  }

  /// It is in [params], where it was found to be wrong.
  bool is_faulty_param(const std::string& name) const {
    const TomlEntry* const params = reading_.document.root().find("params");
    return params != nullptr && params->node.find(name) != nullptr;
  }

  void read_expression(const Parameter& parameter, Operand& operand) {
    const TomlEntry* const key = task_.parameter_key(parameter.name);
    if (key == nullptr || !is_expression(*key, parameter)) return;
    if (reading_.job.scope.find(parameter.name) != nullptr) return;  // reported as given twice
    const Setting setting = setting_of(*key);
    std::optional<expr::Program> program =
        parameter.type == Type::real ? reading_.numeric_program(setting) : reading_.program(key->node);
    reading_.claim_result(parameter.name, key->place, what());
    reading_.identify("task." + parameter.name, canonical(key->node));
    if (!program) return reading_.give_up(parameter.name);
    if (program->type() != parameter.type) {
      reading_.error(setting.place,
                     fmt::format("'{}' must be {}, but the expression gives {}{}", parameter.name,
                                 with_article(parameter.type), with_article(program->type()),
                                 program->type() == Type::real ? "; int(…) makes an integer of it" : ""));
      return;
    }
    operand = std::move(*program);
  }

  std::string what() const { return fmt::format("a parameter of the kernel '{}'", info_.name); }

  const TaskReading& task_;
  Reading& reading_;
  const KernelInfo& info_;
  std::vector<Operand> operands_;
};

}  // namespace

void read_kernel(const TaskReading& task) {
  task.reading.job.kernel.emplace();
  KernelSpec& spec = *task.reading.job.kernel;
  spec.kernel = task.kernel;
  spec.declared = task.declared;
  spec.library = task.reading.source.library;
  const bool is_own = task.declared != nullptr;
  if (is_own) spec.file = parse_kernel_path(task.kernel_key->node.text).file;
  task.reading.identify("task.kernel",
                        canonical(Value(is_own ? task.kernel_key->node.text : task.kernel->info().name)));
  spec.parameters = KernelReading(task).read();
}

}  // namespace fanfold
