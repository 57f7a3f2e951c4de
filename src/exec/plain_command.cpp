#include "exec/plain_command.hpp"

#include <algorithm>
#include <iterator>

namespace fanfold {
namespace {

/// Characters that mean something to some shell, wherever they stand.
constexpr std::string_view special = "\"#$&'()*;<>?[\\]^`{|}~!\n\r";

/// Reserved words and built-in commands of POSIX shells, dash and bash: sorted.
constexpr std::string_view shell_words[] = {
    "!",       ".",        ":",       "[",       "[[",        "]]",       "alias",   "bg",      "bind",
    "break",   "builtin",  "caller",  "case",    "cd",        "chdir",    "command", "compgen", "complete",
    "compopt", "continue", "coproc",  "declare", "dirs",      "disown",   "do",      "done",    "echo",
    "elif",    "else",     "enable",  "esac",    "eval",      "exec",     "exit",    "export",  "false",
    "fc",      "fg",       "fi",      "for",     "function",  "getopts",  "hash",    "help",    "history",
    "if",      "in",       "jobs",    "kill",    "let",       "local",    "logout",  "mapfile", "popd",
    "printf",  "pushd",    "pwd",     "read",    "readarray", "readonly", "return",  "select",  "set",
    "shift",   "shopt",    "source",  "suspend", "test",      "then",     "time",    "times",   "trap",
    "true",    "type",     "typeset", "ulimit",  "umask",     "unalias",  "unset",   "until",   "wait",
    "while",   "{",        "}"};
static_assert(std::is_sorted(std::begin(shell_words), std::end(shell_words)));

}  // namespace

std::optional<std::vector<std::string>> plain_command(std::string_view line) {
  if (line.find_first_of(special) != std::string_view::npos) return std::nullopt;
  std::vector<std::string> words;
  for (std::size_t at = line.find_first_not_of(" \t"); at < line.size();) {
    const std::size_t end = std::min(line.find_first_of(" \t", at), line.size());
    words.emplace_back(line.substr(at, end - at));
    at = std::min(line.find_first_not_of(" \t", end), line.size());
  }
  if (words.empty() || words.front().find('=') != std::string::npos) return std::nullopt;
  if (std::binary_search(std::begin(shell_words), std::end(shell_words), std::string_view(words.front()))) {
    return std::nullopt;
  }
  return words;
}

}  // namespace fanfold
