// per_task: makes a kernel of a function that computes one task.
#pragma once

#include <fanfold/kernel.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace fanfold {

/// As an argument of a function for per_task: the bytes that the task's source retrieved.
struct Input {
  std::string_view bytes;
};

/// As an argument of a function for per_task: whether the run is being stopped.
class StopRequest {
 public:
  explicit StopRequest(const Batch& batch) : batch_(&batch) {}
  /// True: a long function may return at once; what it returns is dropped.
  bool made() const { return batch_->stop_requested(); }

 private:
  const Batch* batch_;
};

namespace per_task_types {

/// The type of a parameter or result. Only these types cross without loss.
template <typename T>
constexpr Type type_for() {
  static_assert(
      std::is_same_v<T, std::int64_t> || std::is_same_v<T, double> || std::is_same_v<T, std::string> ||
          std::is_same_v<T, std::string_view>,
      "per_task: arguments and results are std::int64_t, double, or std::string (std::string_view); "
      "arguments also RandomStream, Input, StopRequest; several results are a std::tuple");
  if constexpr (std::is_same_v<T, std::int64_t>) return Type::integer;
  if constexpr (std::is_same_v<T, double>) return Type::real;
  return Type::text;
}

template <typename T>
constexpr bool is_parameter =
    !std::is_same_v<T, RandomStream> && !std::is_same_v<T, Input> && !std::is_same_v<T, StopRequest>;

template <typename T>
struct Returned {
  using Tuple = std::tuple<T>;
};
template <typename... T>
struct Returned<std::tuple<T...>> {
  using Tuple = std::tuple<T...>;
};

}  // namespace per_task_types

template <typename Function, typename Signature>
class PerTask;

/// A kernel of a function for one task, and how its declaration is written.
///
/// Arguments that are std::int64_t, double or texts are the parameters, named by `parameter` in their order.
/// A RandomStream, Input or StopRequest among the arguments is that of the task. What the function returns
/// are the results, in the order of `result`. An exception fails the task with its message, and no other.
template <typename Function, typename Return, typename... Arguments>
class PerTask<Function, std::function<Return(Arguments...)>> final : public Kernel {
 public:
  PerTask(std::string name, std::string summary, Function function) : function_(std::move(function)) {
    info_.name = std::move(name);
    info_.summary = std::move(summary);
    info_.takes_input = (std::is_same_v<std::decay_t<Arguments>, Input> || ...);
    info_.draws_random = (std::is_same_v<std::decay_t<Arguments>, RandomStream> || ...);
    (add_type<std::decay_t<Arguments>>(), ...);
    add_result_types(static_cast<Tuple*>(nullptr));
  }

  /// Names the next parameter.
  PerTask&& parameter(std::string name, std::string description) && {
    next_parameter(std::move(name), std::move(description));
    return std::move(*this);
  }
  /// The same, with a default value.
  template <typename Default>
  PerTask&& parameter(std::string name, std::string description, Default default_value) && {
    Parameter& named = next_parameter(std::move(name), std::move(description));
    if constexpr (std::is_arithmetic_v<Default>) {
      if (named.type == Type::integer && !std::is_integral_v<Default>)
        refuse("an integer's default is a real");
      if (named.type == Type::text) refuse("a text's default is a number");
      named.default_value = named.type == Type::integer ? Value(static_cast<std::int64_t>(default_value))
                                                        : Value(static_cast<double>(default_value));
    } else {
      if (named.type != Type::text) refuse("a number's default is a text");
      named.default_value = std::string(default_value);
    }
    return std::move(*this);
  }
  /// The minimum of the parameter that was named last: a task whose value is below it fails.
  PerTask&& minimum(double least) && {
    if (named_parameters_ == 0) refuse("minimum() stands behind parameter()");
    info_.parameters[named_parameters_ - 1].minimum = least;
    return std::move(*this);
  }
  /// The unit of the parameter or result that was named last, "m/s²".
  PerTask&& unit(std::string of_last) && {
    if (last_is_result_) {
      info_.results[named_results_ - 1].unit = std::move(of_last);
    } else if (named_parameters_ > 0) {
      info_.parameters[named_parameters_ - 1].unit = std::move(of_last);
    } else {
      refuse("unit() stands behind parameter() or result()");
    }
    return std::move(*this);
  }
  /// Names the next result.
  PerTask&& result(std::string name, std::string description) && {
    if (named_results_ == info_.results.size()) refuse("more results are named than it returns");
    Result& named = info_.results[named_results_++];
    named.name = std::move(name);
    named.description = std::move(description);
    last_is_result_ = true;
    return std::move(*this);
  }
  /// The paper or standard of what it computes.
  PerTask&& method(std::string source) && {
    info_.source = std::move(source);
    return std::move(*this);
  }

  // NOLINTNEXTLINE(google-explicit-constructor): a list of kernels is written without casts
  operator std::unique_ptr<const Kernel>() && {
    if (named_parameters_ != info_.parameters.size()) refuse("some of its arguments have no parameter()");
    if (named_results_ != info_.results.size()) refuse("some of its results have no result()");
    return std::make_unique<PerTask>(std::move(*this));
  }

  const KernelInfo& info() const override { return info_; }

  void run(const Batch& batch, Results& results) const override {
    for (std::size_t task = 0; task < batch.size() && !batch.stop_requested(); ++task) {
      try {
        write(compute(batch, task, std::index_sequence_for<Arguments...>()), task, results);
      } catch (const std::exception& error) {
        results.fail(task, error.what());
      }
    }
  }

 private:
  using Tuple = typename per_task_types::Returned<Return>::Tuple;

  template <typename T>
  void add_type() {
    if constexpr (per_task_types::is_parameter<T>) {
      info_.parameters.push_back({});
      info_.parameters.back().type = per_task_types::type_for<T>();
    }
  }
  template <typename... Each>
  void add_result_types(const std::tuple<Each...>*) {
    (info_.results.push_back({{}, per_task_types::type_for<Each>(), {}, {}}), ...);
  }

  [[noreturn]] void refuse(const std::string& why) const {
    throw std::logic_error("the kernel '" + info_.name + "': " + why);
  }
  Parameter& next_parameter(std::string name, std::string description) {
    if (named_parameters_ == info_.parameters.size())
      refuse("more parameters are named than it has arguments");
    Parameter& named = info_.parameters[named_parameters_++];
    named.name = std::move(name);
    named.description = std::move(description);
    last_is_result_ = false;
    return named;
  }

  /// The number of the parameter that is the argument `position`.
  static constexpr std::size_t parameter_at(std::size_t position) {
    constexpr bool is_one[] = {per_task_types::is_parameter<std::decay_t<Arguments>>..., false};
    std::size_t number = 0;
    for (std::size_t i = 0; i < position; ++i) number += is_one[i] ? 1 : 0;
    return number;
  }

  template <typename T, std::size_t Position>
  static T argument(const Batch& batch, std::size_t task) {
    constexpr std::size_t parameter = parameter_at(Position);
    if constexpr (std::is_same_v<T, RandomStream>)
      return batch.random(task);
    else if constexpr (std::is_same_v<T, Input>)
      return Input{batch.input(task)};
    else if constexpr (std::is_same_v<T, StopRequest>)
      return StopRequest(batch);
    else if constexpr (std::is_same_v<T, std::int64_t>)
      return batch.integers(parameter)[task];
    else if constexpr (std::is_same_v<T, double>)
      return batch.reals(parameter)[task];
    else
      return T(batch.texts(parameter)[task]);
  }
  template <std::size_t... Position>
  Tuple compute(const Batch& batch, std::size_t task, std::index_sequence<Position...>) const {
    return Tuple(function_(argument<std::decay_t<Arguments>, Position>(batch, task)...));
  }

  static void write(const Tuple& values, std::size_t task, Results& results) {
    write(values, task, results, std::make_index_sequence<std::tuple_size_v<Tuple>>());
  }
  template <std::size_t... Position>
  static void write(const Tuple& values, std::size_t task, Results& results,
                    std::index_sequence<Position...>) {
    (write_one(std::get<Position>(values), Position, task, results), ...);
  }
  static void write_one(std::int64_t value, std::size_t result, std::size_t task, Results& results) {
    results.integers(result)[task] = value;
  }
  static void write_one(double value, std::size_t result, std::size_t task, Results& results) {
    results.reals(result)[task] = value;
  }
  static void write_one(std::string_view value, std::size_t result, std::size_t task, Results& results) {
    results.text(result, task, value);
  }

  KernelInfo info_;
  Function function_;
  std::size_t named_parameters_ = 0;
  std::size_t named_results_ = 0;
  bool last_is_result_ = false;  // what was named last
};

/// A kernel of a function, or a lambda, for one task: per_task("fall", "how long a stone falls", fall)
/// .parameter("height", "above the ground").unit("m").result("seconds", "until it lands").unit("s").
template <typename Function>
auto per_task(std::string name, std::string summary, Function function) {
  return PerTask<Function, decltype(std::function(function))>(std::move(name), std::move(summary),
                                                              std::move(function));
}

}  // namespace fanfold
