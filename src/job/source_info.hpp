// What a source declares of itself, so that a job file that names it can be checked before anything runs.
#pragma once

#include <fanfold/kernel.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fanfold {

/// How the value of a key of [task] is written, and so what the source gets for each task.
enum class KeyKind {
  text,       ///< a template: rendered for each task
  shell,      ///< a template in which substituted values are quoted for sh
  arguments,  ///< a list of templates, the program first
  number,     ///< a number or an expression (a string): a real for each task
  duration,   ///< "30s", "5m", "1.5h", "200ms", or a number of seconds: the same for each task
  strings,    ///< a table of templates by name, such as env
  integers,   ///< a list of integers: the same for each task
  seconds,    ///< a duration, or an expression of seconds (a string): a real for each task
  bytes,      ///< "500MB", "2GiB", a number of bytes or an expression of them: a real for each task
  input,      ///< a template, or { file = a template of a path }
  statement,  ///< a template of SQL: values are bound to it
  file,       ///< a template of a path, or a block of a file: "{part}"
  range,      ///< [first, end]: each a number or an expression: two reals for each task
  boolean,    ///< true or false: the same for each task
};

/// What changes with the value of a key.
enum class KeyEffect {
  result,  ///< what a task does: it belongs to the fingerprint
  skips,   ///< the same; and tasks may be skipped for it, and have no output then
  policy   ///< how it is run, as with the keys of [run]: a run may go on with another value
};

struct SourceKey {
  std::string name;
  KeyKind kind = KeyKind::text;
  std::string description;  ///< one line
  KeyEffect effect = KeyEffect::result;
  std::optional<double> minimum = {};  ///< of a number that is the same for each task
  bool is_needed = false;              ///< the source can do nothing without it
  /// What is wrong with a text as the job has it, names in braces and all; empty: nothing. Null: any is
  /// right.
  std::string (*fault)(std::string_view text) = nullptr;
};

/// A source: the first key is the one that names it in [task] (`command = […]`), the others are optional
/// unless they are needed.
struct SourceInfo {
  std::string name;     ///< also the name of its first key
  std::string summary;  ///< one line
  std::vector<SourceKey> keys;
  std::vector<Result> results;  ///< names that [values] and [reduce] can use
  bool has_output = false;  ///< true: it has bytes (a standard output, a file's contents) for a kernel or for
                            ///< `json` and `regex` of [values]
  /// True: it is started once in each slot and gets the params of every task. Its keys are the same for all
  /// tasks.
  bool serves_tasks = false;
  /// True: its outputs may have in them what the templates had from the environment, for a server may send
  /// back what it was sent. Texts that are kept of them have it no more.
  bool may_echo_secrets = false;
};

/// The sources that a job can name, in the order in which messages list them. The program passes the one that
/// src/exec has; this folder knows no source by name.
using SourceRegistry = std::vector<const SourceInfo*>;

}  // namespace fanfold
