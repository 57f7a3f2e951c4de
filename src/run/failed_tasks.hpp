// Which tasks of a run file have failed.
#pragma once

#include "core/task_set.hpp"
#include "journal/run_file.hpp"

namespace fanfold {

TaskSet failed_tasks(const RunFileReader& file);

}  // namespace fanfold
