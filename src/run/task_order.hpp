// In which order the tasks of a run are issued.
#pragma once

#include <vector>

#include "job/job.hpp"
#include "schedule/schedule.hpp"

namespace fanfold {

/// The schedule of the pending tasks of a job: longest first if [task] has a `cost`, or else `durations` says
/// how long each took before, and there are at most 10^6 of them (an order takes 20 bytes of memory for each
/// task), else ascending. `durations`: by index of the task; may be empty.
Schedule make_schedule(const Job& job, const std::vector<float>& durations, SchedulePolicy policy,
                       TaskSet pending);

}  // namespace fanfold
