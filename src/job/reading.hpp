// What the readers of a job file's sections share: the file, the job that grows, the names, and all that is
// wrong.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "expr/ast.hpp"
#include "expr/names.hpp"
#include "job/job.hpp"
#include "job/toml_document.hpp"

namespace fanfold {

/// A value and what messages call it: 'retries' in the file, --retries on the command line.
struct Setting {
  const TomlNode& node;
  std::string label;
  Place place;
  std::string found;  ///< what stands there: "a string", or the option's text in quotes
};
Setting setting_of(const TomlEntry& entry);

/// "a, b and c".
std::string listed(const std::vector<std::string>& words, std::string_view last = "and");

/// One pass over a job file. Errors are collected: whoever finds one says so and goes on with the next thing,
/// without complaints that only follow from an error reported before.
class Reading {
 public:
  Reading(const JobSource& from, const SourceRegistry& known_sources, const TomlDocument& parsed, Job& into)
      : source(from), sources(known_sources), document(parsed), job(into) {}

  const JobSource& source;
  const SourceRegistry& sources;
  const TomlDocument& document;
  Job& job;

  // Errors
  /// A place of line 0 and column k is in the k-th --set.
  void error(Place place, std::string message);
  void error_in(const TomlNode& text, std::size_t offset, std::string message);
  /// "'retries' must be an integer, not a string": `expected` is "an integer".
  void wrong_type(const Setting& setting, std::string_view expected);
  void wrong_value(const Setting& setting, std::string_view expected);
  /// "'keep' must be "all" or "none", not 'al'": as wrong_value, with what is given. `hint` follows it.
  void wrong_text(const Setting& setting, std::string_view expected, std::string_view hint = {});
  /// What follows a complaint that a param is text: " (because of 'n/a' in line 17 of 'points.csv')", if it
  /// is a column of a table. Else empty.
  std::string text_cause(std::string_view param) const;
  const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }

  // Values of the right type and size; on failure an error and nothing
  std::optional<std::int64_t> integer(const Setting& setting, std::int64_t least, std::int64_t most);
  std::optional<double> finite_number(const Setting& setting);
  std::optional<bool> boolean(const Setting& setting);
  std::optional<std::string> text(const Setting& setting);
  std::optional<std::chrono::duration<double>> duration(const Setting& setting);
  /// The index of the word in `choices`.
  std::optional<std::size_t> choice(const Setting& setting, const std::vector<std::string>& choices);
  /// A size: "64MiB", or a number of bytes.
  std::optional<std::uint64_t> bytes(const Setting& setting);
  /// A constant of a type: an integer is a real as well.
  std::optional<Value> constant(const Setting& setting, Type type);

  /// Reports the keys of a table that are not known; true if there are none. `where` is "[run]", say.
  bool check_keys(const TomlNode& table, std::string_view where, const std::vector<std::string>& known);
  void unknown_key(const TomlEntry& entry, std::string_view where, const std::vector<std::string>& known);

  // Names
  /// Takes a name for `what` ("a param"). False and an error if it is no name, reserved, or taken.
  bool claim(const std::string& name, Place place, const std::string& what);
  /// The same for a name that the job cannot change, of a result or a parameter of a kernel: it may be a word
  /// of expressions, and if it is taken, the fault is with who took it.
  bool claim_result(const std::string& name, Place place, const std::string& what);
  bool is_taken(const std::string& name) const { return owners_.count(name) > 0; }
  /// Where a name that is taken was defined.
  Place place_of(const std::string& name) const { return owners_.at(name).place; }
  /// The name was defined, with an error: complaints about it are not repeated where it is used.
  void give_up(const std::string& name) { faulty_.insert(name); }
  /// The same, where at least the type is known: a column of the job, which will not run, stands in for it.
  void give_up(const std::string& name, Type type);
  /// True if a complaint about the name only follows from another.
  bool is_faulty(const std::string& name) const;
  /// Something that has results is not known: any unknown name may be one of them.
  void give_up_results() { results_unknown_ = true; }
  /// The same of params, which templates know too.
  void give_up_params() { params_unknown_ = results_unknown_ = true; }

  // Expressions and templates, with the names so far; on failure an error (unless it only follows from
  // another) and nothing
  std::optional<expr::Program> program(const TomlNode& text);
  /// The same, made real where it is an integer. `expected` says what must be a number.
  std::optional<expr::Program> numeric_program(const Setting& setting);
  std::optional<Template> make_template(const TomlNode& text, Template::Quoting quoting);
  /// An entry of [reduce].
  void reduction(const TomlEntry& entry);

  /// Adds to the fingerprint.
  void identify(std::string key, std::string value);

 private:
  /// The same with the name, of the first param of an expression that has one.
  std::string text_cause_in(const std::string& expression) const;
  /// "; it stands further down, …" if a name that is unknown in an expression is one that follows.
  std::string further_down(const TomlNode& text, std::size_t offset) const;
  /// What is wrong with an expression, and why params are text that are none for it.
  void expression_error(const TomlNode& text, const expr::ExpressionError& error);
  bool mentions_faulty(const expr::Node& node) const;
  expr::Excuse excuse_faulty() const;
  /// Reports the names of an expression that are wrong; true if there are none.
  bool has_right_names(const TomlNode& text, const std::vector<expr::ExpressionError>& wrong);
  void cannot_have(const std::string& name, Place place, const std::string& what, const std::string& why);

  struct Owner {
    std::string what;
    Place place;
  };
  std::vector<Diagnostic> diagnostics_;
  std::map<std::string, Owner> owners_;
  std::set<std::string> faulty_;
  bool results_unknown_ = false;
  bool params_unknown_ = false;
};

/// An expression whose value is the real number of another's.
expr::Ast as_real(expr::Ast ast);

/// A value of the file in one canonical form: spaces, comments, the writing of numbers and strings do not
/// show.
std::string canonical(const TomlNode& node);
std::string canonical(const Value& value);

/// The keys at the top level.
const std::vector<std::string>& top_level_keys();

// The sections, in the order in which they are read: each uses the names of those before it.
void read_params(const TomlEntry& section, Reading& reading);
void read_task(const TomlEntry& section, Reading& reading);
void read_values(const TomlEntry& section, Reading& reading);
void read_reduce(const TomlEntry& section, Reading& reading);
void read_run(const TomlEntry* section, Reading& reading);
void read_cluster(const TomlEntry* section, Reading& reading);

/// The keys of [run].
const std::vector<std::string>& run_keys();

/// The inputs that a job's text names, read on rank zero. `job_file` is "-" if the job came from standard
/// input. Nothing is reported: open_job reports what could not be read.
std::vector<JobSource::Input> read_inputs(const TomlNode& root, const std::string& folder,
                                          const std::string& job_file);

/// Puts what `--set` says into the tree of a job file: keys that are there are replaced, parameters of the
/// kernel and keys of the source that are not are added. What it puts there has places of line 0 whose column
/// is the number of the --set, counted from 1; so have the errors that it returns, see Reading::error.
std::vector<Diagnostic> apply_settings(const std::vector<std::pair<std::string, std::string>>& settings,
                                       const SourceRegistry& sources, const KernelInfo* own_kernel,
                                       TomlNode& root);

}  // namespace fanfold
