// What the sources `command` and `shell` share: a program for each task, its exit code and its output.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "exec/child_environment.hpp"
#include "exec/child_process.hpp"
#include "exec/demand.hpp"
#include "exec/memory_shortage.hpp"
#include "exec/source.hpp"
#include "exec/spawn.hpp"
#include "exec/standard_files.hpp"

namespace fanfold {

/// The keys besides the source's own, and the results, of every source that runs programs.
std::vector<SourceKey> program_keys(SourceKey own);
std::vector<Result> program_results();

/// Runs a program for each task: the source's own key is its arguments, or one command line.
class ProgramSource final : public Source {
 public:
  enum class Form {
    arguments,
    command_line  ///< run by sh, or directly where sh would only split it into words
  };
  /// The job must outlive the source.
  ProgramSource(const Job& job, Form form);

  Retrieved retrieve(const Retrieval& retrieval) const override;
  std::string obstacle(const TemplateContext& context) const override;
  void interrupt() const override { groups_.kill_all(); }
  bool starts_programs() const override { return true; }

 private:
  /// What the keys of [task] say besides the program, for one attempt.
  struct Limits {
    std::optional<std::chrono::duration<double>> timeout;
    std::chrono::duration<double> grace;
    std::optional<std::uint64_t> memory;
    int nice = 0;
  };
  Limits limits_of(const Retrieval& retrieval) const;
  ChildProgram program_of(const Retrieval& retrieval) const;
  std::string path_of(const SourceArgument& argument, const TemplateContext& context) const;
  ChildEnd run(const Retrieval& retrieval, const Limits& limits) const;
  Retrieved retrieved_from(ChildEnd end, const Limits& limits) const;
  std::string failure_of(const ChildEnd& end, const Limits& limits) const;
  bool is_success(int exit_code) const;
  void check_created(const std::string& path, Retrieved& retrieved) const;
  void read_back(const TemplateContext& context, Retrieved& retrieved) const;
  void read_value(Retrieved& retrieved) const;

  const SourceSpec& spec_;
  const RunPolicy& policy_;
  Form form_;
  std::string folder_;
  const SourceArgument* working_folder_;
  const SourceArgument* input_;
  const SourceArgument* output_;   // the file that takes its standard output, or null
  const SourceArgument* errors_;   // the same for standard error
  const SourceArgument* creates_;  // the file that it makes, or null
  NumberKey timeout_;
  NumberKey grace_;
  NumberKey memory_;
  NumberKey nice_;
  std::vector<std::int64_t> success_;
  ChildEnvironment environment_;
  std::optional<cpu_set_t> cpus_;
  // Each of them would take as long as all that happens here for a task of a moment.
  const std::vector<int> signals_ = signals_to_reset();
  const FileDescriptor null_device_ = open_null_device();
  bool uses_value_;
  bool uses_output_;  // a kernel or [values] reads it: half of it would be a wrong answer
  MemoryShortage shortage_;
  mutable ChildGroups groups_;
};

/// True if a kernel or [values] reads what the source retrieved.
bool reads_output(const Job& job);

/// The text as one number, white space around it ignored; NaN, infinities and a plus sign are numbers.
std::optional<double> number_in(std::string_view text);

/// The beginning of a text for an error message: on one line, at most 60 bytes, unprintable bytes as '?'.
std::string excerpt(std::string_view text);

}  // namespace fanfold
