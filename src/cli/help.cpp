#include "cli/help.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <memory>
#include <sstream>
#include <vector>

#include "cli/command_text.hpp"

namespace fanfold {
namespace {

constexpr std::size_t line_width = 100;
/// Names that are longer stand on a line of their own.
constexpr std::size_t widest_names = 24;

/// `names` and, from column `column` on, the description in lines of at most line_width.
std::string entry(const std::string& names, const std::string& description, std::size_t column) {
  std::string text;
  std::string line = "  " + names;
  if (line.size() + 2 > column) {
    text += line + "\n";
    line.clear();
  }
  line.resize(column, ' ');
  std::istringstream words(description);
  bool is_empty = true;
  for (std::string word; words >> word; is_empty = false) {
    if (!is_empty && line.size() + 1 + word.size() > line_width) {
      text += line + "\n";
      line.assign(column, ' ');
      is_empty = true;
    }
    line += (is_empty ? "" : " ") + word;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return text + line + "\n";
}

std::string entries(const std::vector<OptionText>& options) {
  std::size_t width = 0;
  for (const OptionText& option : options) {
    if (option.names.size() <= widest_names) width = std::max(width, option.names.size());
  }
  std::string text;
  for (const OptionText& option : options) text += entry(option.names, option.description, width + 4);
  return text;
}

std::string commands_text(const CLI::App& program) {
  std::vector<OptionText> commands;
  for (const CLI::App* const command : commands_of(program)) {
    commands.push_back({command->get_name(), command->get_description()});
  }
  return commands.empty() ? "" : "\nCommands:\n" + entries(commands);
}

std::string examples_text(const CLI::App& command) {
  const std::vector<std::string> examples = examples_of(command);
  if (examples.empty()) return {};
  if (examples.size() == 1) return "\nExample: " + examples.front() + "\n";
  std::string text = "\nExamples:\n";
  for (const std::string& example : examples) text += "  " + example + "\n";
  return text;
}

class HelpFormatter final : public CLI::FormatterBase {
 public:
  std::string make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const override {
    return help_text(*app);
  }
};

}  // namespace

std::string help_text(const CLI::App& command) {
  std::string text = command.get_description() + "\n\nUsage: " + usage_of(command) + "\n";
  text += commands_text(command);
  const std::vector<OptionText> arguments = arguments_of(command);
  if (!arguments.empty()) text += "\nArguments:\n" + entries(arguments);
  for (const OptionGroup& group : option_groups(command)) {
    text += "\n" + group.title + ":\n" + entries(group.options);
  }
  return text + examples_text(command);
}

std::string short_help(const CLI::App& program) {
  return program.get_description() + "\n\n" +
         entries({{"fanfold init", "write a job file, job.toml, to start from"},
                  {"fanfold check job.toml", "say what it would run"},
                  {"fanfold run job.toml", "run it, or go on where it stopped"},
                  {"fanfold status job.run", "say how far it is"},
                  {"fanfold results job.run", "show its answer again"}}) +
         "\nfanfold --help lists all commands, fanfold help COMMAND the options of one.\n";
}

void use_help_text(CLI::App& program) { program.formatter(std::make_shared<HelpFormatter>()); }

}  // namespace fanfold
