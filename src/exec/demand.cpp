#include "exec/demand.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "core/error.hpp"

namespace fanfold {
namespace {

constexpr double least_bytes = 1 << 20;
constexpr double most_bytes = 9007199254740992.0;
constexpr double most_units = 1'000'000;

std::uint32_t count_of(const char* key, double number) {
  if (number >= 0 && number <= most_units && number == std::floor(number))
    return static_cast<std::uint32_t>(number);
  throw std::runtime_error(fmt::format("'{}' must be a whole number, not {}", key, number));
}

std::uint64_t bytes_of(double number) {
  if (number >= least_bytes && number <= most_bytes) return static_cast<std::uint64_t>(number);
  if (number >= 0 && number < least_bytes)
    throw std::runtime_error(
        fmt::format("'memory' is {} bytes, which no program can do with: write \"2GiB\"", number));
  throw std::runtime_error(fmt::format("'memory' must be a number of bytes, not {}", number));
}

void check_memory(std::uint64_t memory, const Capacity& capacity) {
  if (memory <= capacity.memory) return;
  throw std::runtime_error(fmt::format("a task needs {} of memory, and this rank has {} to give",
                                       in_mebibytes(memory), in_mebibytes(capacity.memory)));
}

void check_gpus(std::uint32_t gpus, const Capacity& capacity) {
  if (gpus <= capacity.gpus.size()) return;
  throw std::runtime_error(fmt::format(
      "a task needs {} GPU{}, and this rank has {} (CUDA_VISIBLE_DEVICES says which may be used)", gpus,
      gpus == 1 ? "" : "s", capacity.gpus.empty() ? "none" : std::to_string(capacity.gpus.size())));
}

}  // namespace

std::string in_mebibytes(std::uint64_t bytes) {
  const double mebibytes = static_cast<double>(bytes) / (1 << 20);
  return mebibytes < 1000 ? fmt::format("{:.4g} MiB", mebibytes) : fmt::format("{:.0f} MiB", mebibytes);
}

NumberKey::NumberKey(const SourceSpec& spec, std::string_view name) {
  std::size_t place = 0;
  for (const SourceArgument& argument : spec.arguments) {
    if (argument.number && argument.name == name) {
      given_ = true;
      place_ = place;
      if (const auto* value = std::get_if<Value>(&*argument.number)) {
        const auto* integer = std::get_if<std::int64_t>(value);
        constant_ = integer != nullptr ? static_cast<double>(*integer) : std::get<double>(*value);
      }
    }
    place += (argument.number ? 1 : 0) + argument.range.size();
  }
}

DemandKeys::DemandKeys(const SourceSpec& spec)
    : cores_(spec, "cores"), memory_(spec, "memory"), gpus_(spec, "gpus") {}

Demand DemandKeys::of(std::span<const double> numbers, const Capacity& capacity) const {
  Demand demand;
  if (cores_.given()) demand.cores = std::clamp(count_of("cores", cores_.of(numbers)), 1U, capacity.cores);
  if (memory_.given()) demand.memory = bytes_of(memory_.of(numbers));
  if (gpus_.given()) demand.gpus = count_of("gpus", gpus_.of(numbers));
  check_memory(demand.memory, capacity);
  check_gpus(demand.gpus, capacity);
  return demand;
}

std::optional<double> DemandKeys::excessive_cores(const Capacity& capacity) const {
  return cores_.constant() > static_cast<double>(capacity.cores) ? cores_.constant() : std::nullopt;
}

std::uint32_t DemandKeys::tasks_at_once(const Capacity& capacity) const {
  std::uint64_t tasks = capacity.cores;
  try {
    if (cores_.constant()) tasks /= std::clamp(count_of("cores", *cores_.constant()), 1U, capacity.cores);
    if (memory_.constant()) {
      const std::uint64_t memory = bytes_of(*memory_.constant());
      check_memory(memory, capacity);
      if (memory > 0) tasks = std::min(tasks, capacity.memory / memory);
    }
    if (gpus_.constant()) {
      const std::uint32_t gpus = count_of("gpus", *gpus_.constant());
      check_gpus(gpus, capacity);
      if (gpus > 0) tasks = std::min<std::uint64_t>(tasks, capacity.gpus.size() / gpus);
    }
  } catch (const std::runtime_error& error) {
    throw UsageError(error.what());
  }
  return static_cast<std::uint32_t>(tasks);
}

}  // namespace fanfold
