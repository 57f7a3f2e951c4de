#include "job/job.hpp"

#include <algorithm>
#include <numeric>

#include "core/random_keys.hpp"

namespace fanfold {
namespace {

/// `keep = "auto"` keeps the values of jobs of up to this many tasks.
constexpr std::uint64_t most_kept_tasks = 1'000'000;

}  // namespace

const SourceArgument* SourceSpec::find(std::string_view name) const {
  const auto found = std::find_if(arguments.begin(), arguments.end(),
                                  [&](const SourceArgument& argument) { return argument.name == name; });
  return found == arguments.end() ? nullptr : &*found;
}

bool Job::keeps_values() const {
  switch (run.keep) {
    case RunPolicy::Keep::automatic:
      return size() <= most_kept_tasks;
    case RunPolicy::Keep::all:
      return true;
    case RunPolicy::Keep::none:
      return false;
  }
  return false;
}

std::vector<std::size_t> Job::value_slots() const {
  std::vector<std::size_t> slots(scope.column_count() - param_slots);
  std::iota(slots.begin(), slots.end(), param_slots);
  return slots;
}

RandomKey Job::kernel_key() const { return random_key(seed, RandomPurpose::kernel); }

std::uint64_t Job::stream_of(TaskIndex task) const {
  if (!seed_slots) return task.value();
  std::uint64_t stream = 0;
  for (const std::size_t slot : *seed_slots)
    stream = stream * space.axis(slot).size() + space.position(task, slot);
  return stream;
}

std::uint64_t Job::seed_of(TaskIndex task) const {
  const RandomStream stream(random_key(seed, RandomPurpose::task_seed), stream_of(task));
  const RandomBlock words = stream.block(0);
  return ((std::uint64_t{words[1]} << 32) | words[0]) >> 1;
}

}  // namespace fanfold
