#include "run/blamed_tasks.hpp"

#include <fmt/format.h>

#include <charconv>

namespace fanfold {

Event blamed_event(const Schedule::Blame& blame) {
  Event event;
  event.kind = Event::Kind::blamed;
  event.task = TaskIndex(blame.tasks.begin);
  event.count = blame.losses;
  event.detail = fmt::format("{}:{}", blame.tasks.begin, blame.tasks.end);
  return event;
}

std::vector<Schedule::Blame> blamed_tasks(const std::filesystem::path& run_file) {
  std::vector<Schedule::Blame> blames;
  if (!std::filesystem::exists(run_file)) return blames;
  RunFileReader(run_file).for_each_event([&](std::uint32_t, const Event& event) {
    if (event.kind != Event::Kind::blamed) return;
    Schedule::Blame blame{{event.task.value(), event.task.value() + 1},
                          static_cast<std::uint32_t>(event.count)};
    const std::size_t colon = event.detail.find(':');
    if (colon != std::string::npos) {
      std::from_chars(event.detail.data() + colon + 1, event.detail.data() + event.detail.size(),
                      blame.tasks.end);
    }
    if (!blame.tasks.empty()) blames.push_back(blame);
  });
  return blames;
}

}  // namespace fanfold
