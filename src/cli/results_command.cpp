// fanfold results: the answer of a run, or a row for each of its tasks.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "cli/commands.hpp"
#include "cli/output_path.hpp"
#include "cli/picture_file.hpp"
#include "cli/task_selection.hpp"
#include "exec/source.hpp"
#include "job/job.hpp"
#include "journal/run_file.hpp"
#include "report/answers.hpp"
#include "report/numpy_rows.hpp"
#include "report/quantity.hpp"
#include "report/recorded_digest.hpp"
#include "report/row_filter.hpp"
#include "report/row_formats.hpp"
#include "run/open_run.hpp"

namespace fanfold {
namespace {

struct ResultsOptions {
  std::string run_file;
  bool csv = false;
  bool json = false;
  bool json_lines = false;
  std::string numpy_file;
  std::string picture;
  bool failed = false;
  bool digest = false;
  std::optional<std::string> condition;
  std::string tasks;

  bool wants_rows() const {
    return csv || json_lines || !numpy_file.empty() || failed || condition.has_value() || !tasks.empty();
  }
};

/// A file that is being written; "-" is standard output.
class OutputFile {
 public:
  explicit OutputFile(const std::string& path)
      : name_(path == "-" ? "standard output" : "'" + path + "'"),
        file_(path == "-" ? stdout : std::fopen(path.c_str(), "wb")) {
    if (file_ == nullptr) throw UsageError(fmt::format("cannot write {}: {}", name_, std::strerror(errno)));
  }
  ~OutputFile() {
    if (file_ != nullptr && file_ != stdout) std::fclose(file_);
  }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(std::string_view bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) fail();
  }
  /// Throws RunError if something of it could not be written.
  void close() {
    std::FILE* const file = std::exchange(file_, nullptr);
    if ((file == stdout ? std::fflush(file) : std::fclose(file)) != 0) fail();
  }

 private:
  [[noreturn]] void fail() const {
    throw RunError(fmt::format("cannot write {}: {}", name_, std::strerror(errno)));
  }

  std::string name_;
  std::FILE* file_;
};

/// Rows of params alone would look as if the tasks had no results.
void check_values_are_kept(const ResultsOptions& options, const Job& job, const RunHeader& header) {
  if (job.source || header.keeps_values || options.failed) return;
  throw UsageError(
      fmt::format("run file '{}' has no values of its {}: they were not kept. Run the job with --keep all "
                  "(--fresh replaces the "
                  "run file), or add --failed for the tasks that failed",
                  options.run_file, count_of(header.tasks, "task")));
}

/// Reads the rows that are asked for, in batches.
class Rows {
 public:
  Rows(const ResultsOptions& options, const Job& job, const RunFileReader& file)
      : job_(job), file_(file), columns_(row_columns(job)) {
    selection_.failed_only = options.failed;
    if (const auto tasks = parse_selection(options.tasks, "", job.size())) selection_.tasks = *tasks;
    if (options.condition) filter_.emplace(*options.condition, job, columns_);
  }

  const std::vector<RowColumn>& columns() const { return columns_; }

  void read(const RowBatches::Take& take) {
    RowBatches batches(job_, columns_,
                       [&](const RowBatch& batch) { take(filter_ ? filter_->apply(batch) : batch); });
    batches.read(file_, selection_);
  }

 private:
  const Job& job_;
  const RunFileReader& file_;
  std::vector<RowColumn> columns_;
  RowSelection selection_;
  std::optional<RowFilter> filter_;
};

void write_numpy(Rows& rows, const RunFileReader& file, const std::string& path) {
  if (path == "-" && isatty(STDOUT_FILENO) == 1)
    throw UsageError("--npy: standard output is a terminal; name a file, or pipe it into a program");
  OutputFile out(path);
  NumpyRows numpy(rows.columns(), [&out](std::string_view bytes) { out.write(bytes); });
  file.at_one_state([&] {
    rows.read([&numpy](const RowBatch& batch) { numpy.measure(batch); });
    numpy.begin();
    rows.read([&numpy](const RowBatch& batch) { numpy.write(batch); });
  });
  out.close();
}

void write_rows(const ResultsOptions& options, const Job& job, Rows& rows) {
  OutputFile out("-");
  const RowFormat::Write write = [&out](std::string_view text) { out.write(text); };
  const std::unique_ptr<RowFormat> format = options.csv          ? make_csv_rows(rows.columns(), write)
                                            : options.json_lines ? make_json_rows(rows.columns(), write)
                                                                 : make_text_rows(job, rows.columns(), write);
  format->begin();
  rows.read([&format](const RowBatch& batch) { format->write(batch); });
  out.close();
}

std::string recorded_answers_text(const Job& job, const RunFileReader& file, bool as_json) {
  const RunState state = file.load(merge_partials_of(job));
  const std::vector<reduce::Answer> answers = partial_of(job, state).finish();
  if (!as_json) return answers_text(job, answers, job.size() - state.left_out);
  return answers_json(job, answers).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

ExitStatus show_results(const ResultsOptions& options) {
  const RunFileReader file(options.run_file);
  const std::unique_ptr<const Job> job = open_job(file.header().job, source_registry());
  check_output_path("--npy", options.numpy_file, file.header().job, options.run_file);
  check_output_path("--picture", options.picture, file.header().job, options.run_file);
  if (!options.picture.empty()) {
    check_picture_file(*job, options.picture);
    write_pictures(partial_of(*job, file.load(merge_partials_of(*job))).finish(), options.picture);
    return ExitStatus::success;
  }
  if (options.digest || !options.wants_rows()) {
    OutputFile out("-");
    out.write(options.digest ? recorded_digest_text(*job, file, options.run_file)
                             : recorded_answers_text(*job, file, options.json));
    out.close();
    if (job->reductions.empty() && !options.digest)
      std::fputs("fanfold: the job has no [reduce]; --csv and --jsonl give a row for each task\n", stderr);
    return ExitStatus::success;
  }
  check_values_are_kept(options, *job, file.header());
  Rows rows(options, *job, file);
  if (options.numpy_file.empty()) {
    write_rows(options, *job, rows);
  } else {
    write_numpy(rows, file, options.numpy_file);
  }
  return ExitStatus::success;
}

}  // namespace

void add_results_command(CLI::App& program, Action& action) {
  CLI::App* command = add_command(program, "results", "Show the answer of a run, or a row for each task");
  const auto options = std::make_shared<ResultsOptions>();
  command->add_option("run", options->run_file, "The run file")->required();
  CLI::Option* csv = command->add_flag("--csv", options->csv, "A row for each finished task, as CSV");
  CLI::Option* json =
      command->add_flag("--json", options->json, "The answer as one JSON object")->excludes(csv);
  CLI::Option* json_lines =
      command
          ->add_flag("--jsonl", options->json_lines, "A row for each finished task, one JSON object a line")
          ->excludes(csv)
          ->excludes(json);
  CLI::Option* numpy =
      command
          ->add_option("--npy", options->numpy_file,
                       "A row for each finished task, as one NumPy array in this file; -: standard output")
          ->type_name("FILE")
          ->excludes(csv)
          ->excludes(json)
          ->excludes(json_lines);
  command->add_option("--picture", options->picture, "Write what picture(tile) in [reduce] gives, as PNG")
      ->type_name("FILE")
      ->excludes(csv)
      ->excludes(json)
      ->excludes(json_lines)
      ->excludes(numpy);
  CLI::Option* failed =
      command->add_flag("--failed", options->failed, "Rows of failed tasks only")->excludes(json);
  CLI::Option* where = command
                           ->add_option("--where", options->condition,
                                        "Rows only of tasks that meet this condition, such as \"x > 1\"")
                           ->type_name("CONDITION");
  CLI::Option* tasks = command
                           ->add_option("--tasks", options->tasks,
                                        "Rows only of these tasks: FIRST:END, without the one numbered END")
                           ->type_name("FIRST:END");
  json->excludes(where)->excludes(tasks);
  command->add_flag("--digest", options->digest, "With --failed: the failures by reason")
      ->needs(failed)
      ->excludes(csv)
      ->excludes(json_lines)
      ->excludes(numpy)
      ->excludes(where)
      ->excludes(tasks);
  command->footer("Example: fanfold results pi.run --csv");
  command->callback([options, &action] { action = [options] { return show_results(*options); }; });
}

}  // namespace fanfold
