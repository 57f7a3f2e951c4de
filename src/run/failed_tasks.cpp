#include "run/failed_tasks.hpp"

namespace fanfold {

TaskSet failed_tasks(const RunFileReader& file) {
  TaskSet failed;
  file.for_each_failure([&](const AttemptRecord& attempt) { failed.insert(attempt.outcome.task); },
                        [&](TaskRange range, const std::string&) { failed.insert(range); });
  return failed;
}

}  // namespace fanfold
