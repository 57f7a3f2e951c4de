// What the sources `command` and `shell` share: a program for each task, its exit code and its output.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "exec/child_environment.hpp"
#include "exec/child_process.hpp"
#include "exec/source.hpp"

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
  ChildProgram program_of(const Retrieval& retrieval) const;
  ChildEnd run(const Retrieval& retrieval) const;
  bool is_success(int exit_code) const;
  void read_value(Retrieved& retrieved) const;

  const SourceSpec& spec_;
  Form form_;
  std::string folder_;
  const SourceArgument* working_folder_;
  const SourceArgument* input_;
  std::vector<std::int64_t> success_;
  ChildEnvironment environment_;
  std::optional<cpu_set_t> cpus_;
  bool uses_value_;
  bool uses_output_;  // a kernel or [values] reads it: half of it would be a wrong answer
  mutable ChildGroups groups_;
};

/// The text as one number, white space around it ignored; NaN, infinities and a plus sign are numbers.
std::optional<double> number_in(std::string_view text);

/// The beginning of a text for an error message: on one line, at most 60 bytes, unprintable bytes as '?'.
std::string excerpt(std::string_view text);

}  // namespace fanfold
