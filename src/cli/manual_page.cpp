#include "cli/manual_page.hpp"

#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cctype>

#include "cli/command_text.hpp"
#include "core/version.hpp"

namespace fanfold {
namespace {

/// The code point that begins at `at`, which moves behind it. The text is ours, and so valid UTF-8.
std::uint32_t take_code_point(const std::string& text, std::size_t& at) {
  const auto first = static_cast<unsigned char>(text[at++]);
  if (first < 0x80) return first;
  const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
  std::uint32_t code_point = first & (0x3FU >> more);
  for (int i = 0; i < more; ++i)
    code_point = code_point << 6 | (static_cast<unsigned char>(text[at++]) & 0x3FU);
  return code_point;
}

/// A text as roff writes it. A hyphen is one that can be copied into a shell, and so are quotes and accents.
std::string escaped(const std::string& text) {
  std::string roff;
  for (std::size_t at = 0; at < text.size();) {
    const std::uint32_t code_point = take_code_point(text, at);
    switch (code_point) {
      case '\\':
        roff += "\\e";
        break;
      case '-':
        roff += "\\-";
        break;
      case '\'':
        roff += "\\(aq";
        break;
      case '`':
        roff += "\\(ga";
        break;
      case '^':
        roff += "\\(ha";
        break;
      case '~':
        roff += "\\(ti";
        break;
      default:
        roff += code_point < 0x80 ? std::string(1, static_cast<char>(code_point))
                                  : fmt::format("\\[u{:04X}]", code_point);
    }
  }
  // At the beginning of a line these would be a request.
  if (roff.starts_with('.')) roff.insert(0, "\\&");
  return roff;
}

std::string bold(const std::string& text) { return "\\fB" + escaped(text) + "\\fP"; }

std::string section(const std::string& title) { return ".SH " + escaped(upper(title)) + "\n"; }

std::string item(const OptionText& text) {
  return fmt::format(".TP\n{}\n{}\n", bold(text.names), escaped(text.description));
}

std::string example(const std::string& line) { return fmt::format(".PP\n.EX\n{}\n.EE\n", escaped(line)); }

std::string command_text(const CLI::App& command) {
  std::string text = fmt::format(".SS {}\n{}\n.PP\n{}.\n", escaped("fanfold " + command.get_name()),
                                 bold(usage_of(command)), escaped(command.get_description()));
  for (const OptionText& argument : arguments_of(command)) text += item(argument);
  for (const OptionGroup& group : option_groups(command)) {
    if (!group.title.ends_with("ptions")) text += fmt::format(".PP\n{}:\n", escaped(group.title));
    for (const OptionText& option : group.options) text += item(option);
  }
  const std::vector<std::string> examples = examples_of(command);
  if (!examples.empty()) text += examples.size() == 1 ? ".PP\nExample:\n" : ".PP\nExamples:\n";
  for (const std::string& line : examples) text += example(line);
  return text;
}

std::string items(const std::vector<OptionText>& texts) {
  std::string text;
  for (const OptionText& each : texts) text += item(each);
  return text;
}

const std::vector<OptionText>& exit_statuses() {
  static const std::vector<OptionText> texts{
      {"0", "All tasks succeeded."},
      {"1", "The run ended, or was stopped by its failure policy, and tasks have failed."},
      {"2", "A mistake in the job file or on the command line; nothing ran."},
      {"75", "The run was stopped early, by a signal, its walltime or an error; the same command goes on."}};
  return texts;
}

const std::vector<OptionText>& files() {
  static const std::vector<OptionText> texts{
      {"JOB.toml", "A job file: the tasks, what runs for each, and the answer that is made of them."},
      {"JOB.run", "The run file, an SQLite database: what a run has done, from which it goes on."},
      {"JOB.run.live",
       "JSON: who writes the run file, and how far the run is. It is there while a run goes on."}};
  return texts;
}

const std::vector<OptionText>& environment() {
  static const std::vector<OptionText> texts{
      {"FANFOLD_SIMD", "The SIMD target to use, unless --simd names one."},
      {"FANFOLD_INDEX, FANFOLD_SEED, FANFOLD_ATTEMPT, FANFOLD_RANK, FANFOLD_SLOT",
       "Set for the programs that tasks run."}};
  return texts;
}

}  // namespace

std::string manual_page(const CLI::App& program) {
  std::string text = fmt::format(".TH FANFOLD 1 \"\" \"fanfold {}\" \"fanfold\"\n", version());
  text += section("name") + "fanfold \\- run many independent tasks over MPI ranks and threads\n";
  text += section("synopsis") + bold(usage_of(program)) + "\n";
  text +=
      section("description") + escaped(program.get_description()) + "\n" +
      "Whatever is killed on the way, finished tasks that were recorded are not lost, and the answer has the "
      "same bits however many ranks and threads took part.\n";
  for (const OptionGroup& group : option_groups(program)) text += section(group.title) + items(group.options);
  text += section("commands");
  for (const CLI::App* const command : commands_of(program)) text += command_text(*command);
  text += section("exit status") + items(exit_statuses());
  text += section("files") + items(files());
  text += section("environment") + items(environment());
  return text + section("see also") + ".BR mpirun (1)\n";
}

}  // namespace fanfold
