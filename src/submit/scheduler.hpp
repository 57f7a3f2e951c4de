// The batch systems: what each is asked, in its own words, and what its answers mean. Pure functions; nothing
// is run here, see batch_system.hpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "submit/submission.hpp"

namespace fanfold {

/// A program with its arguments, and what it reads from standard input.
struct BatchCommand {
  std::vector<std::string> words;
  std::string input;
};

/// What a batch system says of a job, or of one part of an array. States are its own words: new ones come,
/// and all of them can be shown.
struct JobState {
  std::string job;
  std::string state;
  std::string reason;  ///< why it waits, or where it runs; may be empty
  bool operator==(const JobState&) const = default;
};

/// True if the job waits or runs, as far as the state is known; a state that is not known is shown, and
/// counts as over.
bool is_active(const JobState& job);

struct Scheduler {
  std::string_view name;                   ///< "slurm"
  std::string_view title;                  ///< "Slurm"
  std::vector<std::string_view> commands;  ///< that are on PATH where it is
  /// Commands that another system has as well; it is not this one if these are on PATH.
  std::vector<std::string_view> foreign;

  std::string (*script)(const Submission& submission);
  /// The commands that submit the script: several where each part of an array is a job of its own.
  std::vector<BatchCommand> (*submit)(const Submission& submission, const std::string& script_file,
                                      const std::string& script);
  /// The id of the job from what a command that submits printed; none if it cannot be found.
  std::optional<std::string> (*job_id)(std::string_view printed);
  /// Asks for the states of jobs.
  BatchCommand (*query)(const std::vector<std::string>& jobs);
  /// The states of these jobs, from what the query printed.
  std::vector<JobState> (*states)(std::string_view printed, const std::vector<std::string>& jobs);
  BatchCommand (*cancel)(const std::vector<std::string>& jobs);
};

extern const Scheduler slurm;
extern const Scheduler grid_engine;
extern const Scheduler pbs;
extern const Scheduler lsf;

/// All of them.
const std::vector<const Scheduler*>& schedulers();

/// Throws UsageError if there is none of this name.
const Scheduler& scheduler_named(const std::string& name);

/// The one whose commands are in the folders of `path`, a list with colons. Throws UsageError if there is
/// none, or more than one.
const Scheduler& find_scheduler(std::string_view path);

/// Throws UsageError if its commands are not in the folders of `path`.
void check_commands_of(const Scheduler& scheduler, std::string_view path);

/// The pieces of a text between separators; at least one.
std::vector<std::string_view> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);

}  // namespace fanfold
