// fanfold verify: whether a run file can be trusted.
#include <fmt/format.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/commands.hpp"
#include "cli/standard_output.hpp"
#include "exec/source.hpp"
#include "journal/damaged_run_file.hpp"
#include "report/quantity.hpp"
#include "run/verify_run.hpp"

namespace fanfold {
namespace {

struct VerifyOptions {
  std::string run_file;
  bool json = false;
};

std::string rows_text(const Verification& found) {
  std::string text = fmt::format("{} as written", count_of(found.checked_rows, "row"));
  if (found.unchecked_rows > 0)
    text += fmt::format(", {} from a version without checksums", with_separators(found.unchecked_rows));
  return text;
}

std::string tasks_text(const Verification& found) {
  std::string text =
      fmt::format("{} of {} finished, {} failed", with_separators(found.finished - found.left_out),
                  with_separators(found.tasks - found.left_out), with_separators(found.failed));
  if (found.left_out > 0) text += fmt::format(", {} left out by where", with_separators(found.left_out));
  return text;
}

std::string text_of(const std::string& name, const Verification& found) {
  std::string text = fmt::format("{}: {}\n", name, found.problems.empty() ? "verified" : "NOT sound");
  for (const std::string& problem : found.problems) text += "  " + problem + "\n";
  text += fmt::format("rows: {}\ntasks: {}\n", rows_text(found), tasks_text(found));
  if (found.problems.empty()) {
    text += found.reduced_again ? "answer: what the recorded values give\n"
                                : "answer: not made again, for no values are kept, or nothing is reduced\n";
  }
  return text;
}

nlohmann::ordered_json json_of(const Verification& found) {
  return {{"verified", found.problems.empty()},
          {"problems", found.problems},
          {"tasks", found.tasks},
          {"finished", found.finished},
          {"failed", found.failed},
          {"left_out", found.left_out},
          {"checked_rows", found.checked_rows},
          {"unchecked_rows", found.unchecked_rows},
          {"reduced_again", found.reduced_again}};
}

/// A file in which nothing can be checked, for it is damaged where it begins, is not sound either.
Verification verified(const std::string& run_file) {
  try {
    return verify_run(run_file, source_registry());
  } catch (const DamagedRunFile& error) {
    Verification found;
    found.problems.emplace_back(error.what());
    return found;
  }
}

ExitStatus verify(const VerifyOptions& options) {
  const Verification found = verified(options.run_file);
  write_standard_output(options.json ? json_of(found).dump() + "\n" : text_of(options.run_file, found));
  return found.problems.empty() ? ExitStatus::success : ExitStatus::failures;
}

}  // namespace

void add_verify_command(CLI::App& program, Action& action) {
  CLI::App* command = add_command(program, "verify", "Check a run file from end to end");
  const auto options = std::make_shared<VerifyOptions>();
  command->add_option("run", options->run_file, "The run file")->required();
  command->add_flag("--json", options->json, "Print one JSON object");
  command->footer("Example: fanfold verify pi.run");
  command->callback([options, &action] { action = [options] { return verify(*options); }; });
}

}  // namespace fanfold
