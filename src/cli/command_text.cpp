#include "cli/command_text.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <cctype>
#include <sstream>

namespace fanfold {
namespace {

/// What CLI11 calls the group of options that were given none.
constexpr std::string_view default_group = "Options";
constexpr std::string_view example_prefix = "Example: ";

OptionText text_of(const CLI::Option& option) {
  OptionText text;
  if (option.get_positional()) {
    text.names = upper(option.get_single_name());
  } else {
    for (const std::string& name : option.get_snames()) text.names += "-" + name + ", ";
    for (const std::string& name : option.get_lnames()) text.names += "--" + name + ", ";
    text.names.resize(text.names.size() - 2);
    const std::string value = value_name(option);
    if (!value.empty()) text.names += (value.front() == '[' ? "" : " ") + value;
  }
  text.description = option.get_description();
  if (!option.get_default_str().empty()) text.description += " (default: " + option.get_default_str() + ")";
  return text;
}

}  // namespace

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string usage_of(const CLI::App& command) {
  const bool is_program = command.get_parent() == nullptr;
  std::string usage = is_program ? command.get_name() + " COMMAND"
                                 : command.get_parent()->get_name() + " " + command.get_name();
  usage += " [options]";
  for (const CLI::Option* argument :
       command.get_options([](const CLI::Option* option) { return option->get_positional(); })) {
    const std::string name = text_of(*argument).names;
    usage += argument->get_required() ? " " + name : " [" + name + "]";
  }
  return usage;
}

std::vector<OptionText> arguments_of(const CLI::App& command) {
  std::vector<OptionText> texts;
  for (const CLI::Option* argument :
       command.get_options([](const CLI::Option* option) { return option->get_positional(); })) {
    texts.push_back(text_of(*argument));
  }
  return texts;
}

std::vector<OptionGroup> option_groups(const CLI::App& command) {
  std::vector<OptionGroup> groups;
  OptionGroup last{"Options", {}};
  for (const CLI::Option* option :
       command.get_options([](const CLI::Option* each) { return each->nonpositional(); })) {
    const std::string& title = option->get_group();
    if (title.empty()) continue;  // hidden
    if (title == default_group) {
      last.options.push_back(text_of(*option));
      continue;
    }
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const OptionGroup& each) { return each.title == title; });
    if (group == groups.end()) group = groups.insert(group, {title, {}});
    group->options.push_back(text_of(*option));
  }
  if (!groups.empty()) last.title = "Other options";
  // Help is listed first by CLI11; it is what one looks for last.
  if (last.options.size() > 1)
    std::rotate(last.options.begin(), last.options.begin() + 1, last.options.end());
  if (!last.options.empty()) groups.push_back(std::move(last));
  return groups;
}

std::vector<std::string> examples_of(const CLI::App& command) {
  std::vector<std::string> examples;
  std::istringstream footer(command.get_footer());
  for (std::string line; std::getline(footer, line);) {
    if (line.starts_with(example_prefix)) line = line.substr(example_prefix.size());
    const std::size_t begin = line.find_first_not_of(' ');
    if (begin != std::string::npos) examples.push_back(line.substr(begin));
  }
  return examples;
}

std::vector<const CLI::App*> commands_of(const CLI::App& program) {
  return program.get_subcommands([](const CLI::App*) { return true; });
}

std::string value_name(const CLI::Option& option) {
  if (option.get_type_size() == 0) return {};
  const std::string& text = option.get_option_text();
  return text.empty() ? option.get_type_name() : text;
}

}  // namespace fanfold
