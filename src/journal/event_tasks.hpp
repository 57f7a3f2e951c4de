// Which tasks an event of the event log is about.
#pragma once

#include <optional>
#include <string>

#include "core/task_set.hpp"
#include "journal/run_file.hpp"

namespace fanfold {

/// The detail of an event about these tasks: empty if they are one range, which task and count of the event
/// say; else the ranges, "5:6 9:11", the first 32 of them, then " …" if there are more.
std::string event_detail(const TaskList& tasks);

/// True if a chunk_sent, chunk_done or returned event is about this task; none if it does not say.
std::optional<bool> concerns(const Event& event, TaskIndex task);

}  // namespace fanfold
