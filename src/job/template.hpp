// Templates: strings with {name} or {name:format} in them, rendered for each task.
#pragma once

#include <fanfold/column.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"

namespace fanfold {

/// What a template can ask for besides params. The executor fills it in for each attempt.
struct TemplateContext {
  TaskIndex task;
  std::uint64_t seed = 0;  ///< {seed}: 63 bits; {seed31} is its low 31 bits
  Attempt attempt;
  Rank rank;
  std::uint32_t slot = 0;
  std::string tmp;            ///< {tmp}: empty if the template does not use it, see Template::uses_tmp
  std::vector<Value> params;  ///< by slot
};

/// A fault of a template: `offset` counts bytes from its beginning.
class TemplateError : public std::runtime_error {
 public:
  TemplateError(std::size_t offset, const std::string& message)
      : std::runtime_error(message), offset_(offset) {}
  std::size_t offset() const { return offset_; }

 private:
  std::size_t offset_;
};

/// A parsed template. Immutable; many threads may render it.
///
/// `{name}` is replaced by a param or a built-in name (index, seed, seed31, attempt, rank, slot, tmp,
/// env.NAME, and for a text param the path parts {file.stem}, {file.name}, {file.dir}, {file.ext});
/// `{name:05d}`, `{x:.3f}`, `{x:>10}` by the same in a format of std::format (fmt), `{name:url}` by the same
/// as a part of a URL, percent-encoded. A param goes before a built-in name. For "data/a.tar.gz" the parts
/// are "a.tar", "a.tar.gz", "data" ("." without a folder) and
/// ".gz" (stem and ext together are the name).
///
/// `{{` is a brace, and so is the `}}` or `}` that closes it; any other brace stays as it is (awk '{print
/// $1}',
/// {"a":{"b":1}}), and so does `${…}` with all that is in it.
/// A real is written with the fewest digits that read back the same ("0.1", "1e-07"), integral reals as
/// "2.0".
class Template {
 public:
  enum class Quoting {
    none,
    sql,   ///< a substituted value is bound to the statement, see `bind`; it stands in no quotes
    shell  ///< a substituted value is quoted for sh if it needs it; {name:raw} is not
  };

  /// `params` are the names that can be used, in the order of their slots. A name in braces that is a valid
  /// identifier but unknown throws TemplateError with its offset and the nearest known name; a format that
  /// does not fit the type as well.
  struct Param {
    std::string name;
    Type type;
  };
  Template(std::string_view text, const std::vector<Param>& params, Quoting quoting = Quoting::none);

  /// Throws TemplateError if an environment variable is not set.
  std::string render(const TemplateContext& context) const;

  /// A statement of SQL in which :p0, :p1 … stand for values, which keep their types.
  struct Bound {
    std::string text;
    std::vector<Value> values;
  };
  /// Of a template quoted for SQL. Throws TemplateError as render does.
  Bound bind(const TemplateContext& context) const;
  /// What people are shown of a task that does not run now: as render, but {tmp}, and {rank} and {slot} too
  /// unless the place is known, stay in braces; so do environment variables, for they may be secrets.
  std::string preview(const TemplateContext& context, bool place_is_known) const;
  /// The text as it was written.
  const std::string& text() const { return text_; }
  /// True if nothing is substituted: every task gets the same.
  bool is_constant() const;
  /// True if it needs {rank}, {slot} or {tmp}, which a task has only while it runs.
  bool depends_on_execution() const;
  /// The first name in it that means something else for each task: a param, index, seed, seed31, attempt or
  /// tmp. Empty if there is none.
  std::string task_name() const;
  /// True if it needs a temporary folder.
  bool uses_tmp() const;
  /// The names of the environment variables that it uses.
  std::vector<std::string> environment() const;
  /// The slot of the param that it is, if it is one and nothing else: "{file}".
  std::optional<std::size_t> sole_param() const;
  /// The slots of the params that it uses, sorted.
  std::vector<std::size_t> slots() const;

 private:
  struct Piece {
    enum class Kind { literal, param, index, seed, seed31, attempt, rank, slot, tmp, environment };
    explicit Piece(Kind what) : kind(what) {}

    Kind kind;
    std::string text;        // literal: itself; environment: the variable's name
    std::size_t offset = 0;  // of the name in the template
    std::size_t slot = 0;
    std::string part;    // of a path: "stem", "name", "dir", "ext"; empty: the whole
    std::string format;  // of fmt, without braces; empty: the default
    bool raw = false;
    bool percent_encoded = false;

    Value value(const TemplateContext& context) const;
    /// The value, the part of a path or the formatted text that takes its place.
    Value substituted(const TemplateContext& context) const;
    std::string rendered(const TemplateContext& context, Quoting quoting) const;
    bool is_known(bool place_is_known) const;
    std::string name_in_braces() const;
  };
  class Parser;

  std::string text_;
  Quoting quoting_;
  std::vector<Piece> pieces_;
};

/// The text quoted for sh: as it is if it consists of [A-Za-z0-9_@%+=:,./-] only, else in single quotes.
std::string quote_for_shell(std::string_view text);

/// The same on one line, to be pasted: with a control character in it as $'a\nb', which bash, zsh and ksh
/// understand.
std::string quote_for_paste(std::string_view text);

/// As a part of a URL (RFC 3986): all but letters, digits and -._~ as %20.
std::string percent_encode(std::string_view text);

/// A value as it stands in templates, tables and keys: integers in decimal, reals in the fewest digits that
/// read back the same (integral ones with ".0"; "nan", "inf", "-inf"), text as it is.
std::string to_text(const Value& value);

}  // namespace fanfold
