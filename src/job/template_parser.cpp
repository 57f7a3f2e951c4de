// From the text of a template to its pieces.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "core/nearest.hpp"
#include "expr/ast.hpp"
#include "job/shell_quotes.hpp"
#include "job/sql_quotes.hpp"
#include "job/template.hpp"
#include "job/template_format.hpp"

namespace fanfold {
namespace {

constexpr std::string_view path_parts[] = {"stem", "name", "dir", "ext"};

/// Widths and precisions have at most this many digits: "{x:999999999d}" would fill the memory.
constexpr std::size_t most_format_digits = 4;

/// What stands between braces, if it has the form of a substitution: name, name.part, name:format,
/// name.part:format.
struct Substitution {
  std::string_view name;
  std::string_view part;
  std::string_view format;
  std::size_t length = 0;  ///< with both braces
};

std::optional<Substitution> substitution_at(std::string_view text) {
  Substitution found;
  std::size_t at = 1;
  const auto take_name = [&] {
    const std::size_t begin = at;
    while (at < text.size() && is_name_character(text[at])) ++at;
    const std::string_view name = text.substr(begin, at - begin);
    return name.empty() || is_digit(name[0]) ? std::string_view() : name;
  };
  found.name = take_name();
  if (found.name.empty()) return std::nullopt;
  if (at < text.size() && text[at] == '.') {
    ++at;
    found.part = take_name();
    if (found.part.empty()) return std::nullopt;
  }
  if (at < text.size() && text[at] == ':') {
    const std::size_t begin = ++at;
    while (at < text.size() && text[at] != '}' && text[at] != '{' && text[at] != '\n') ++at;
    found.format = text.substr(begin, at - begin);
  }
  if (at == text.size() || text[at] != '}') return std::nullopt;
  found.length = at + 1;
  return found;
}

/// The length of `${…}` with the braces in it, or of `${` alone if it does not end.
std::size_t shell_variable_length(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '{') ++depth;
    if (text[at] == '}' && --depth == 0) return at + 1;
  }
  return 2;
}

Value sample_of(Type type) {
  switch (type) {
    case Type::integer:
      return std::int64_t{1};
    case Type::real:
      return 1.5;
    case Type::text:
      break;
  }
  return std::string("x");
}

void check_format(std::string_view format, Type type, std::size_t offset) {
  std::size_t digits = 0;
  for (const char c : format) {
    digits = is_digit(c) ? digits + 1 : 0;
    if (digits > most_format_digits) {
      throw TemplateError(offset, fmt::format("the format '{}' is wider than any line", format));
    }
  }
  try {
    formatted(sample_of(type), std::string(format));
  } catch (const fmt::format_error&) {
    constexpr std::string_view examples[] = {"'05d' or '>8'", "'.3f', '.4e' or '>10'", "'>10' or '.20'"};
    throw TemplateError(offset, fmt::format("the format '{}' does not fit {} {}; try {}", format,
                                            type == Type::integer ? "an" : "a", name_of(type),
                                            examples[static_cast<std::size_t>(type)]));
  }
}

}  // namespace

/// Reads a template from left to right. Open braces are kept on a stack, so that of "}}" only what closes a
/// "{{" is taken for one brace: {"a":{"b":1}} stays as it is.
class Template::Parser {
 public:
  Parser(Template& result, const std::vector<Param>& params) : result_(result), params_(params) {}

  void parse() {
    const std::string_view text = result_.text_;
    while (at_ < text.size()) {
      const std::string_view rest = text.substr(at_);
      if (rest.substr(0, 2) == "${") {
        copy(shell_variable_length(rest));
      } else if (rest.substr(0, 2) == "{{") {
        open_.push_back(Brace::doubled);
        literal("{", 2);
      } else if (rest[0] == '{') {
        open_brace(rest);
      } else if (rest[0] == '}') {
        close_brace(rest);
      } else {
        copy(std::min(rest.find_first_of("${}", 1), rest.size()));
      }
    }
  }

 private:
  enum class Brace { plain, doubled };

  void literal(std::string_view text, std::size_t length) {
    auto& pieces = result_.pieces_;
    if (pieces.empty() || pieces.back().kind != Piece::Kind::literal)
      pieces.emplace_back(Piece::Kind::literal);
    pieces.back().text += text;
    quotes_.read(text);
    before_ += text;
    at_ += length;
  }
  void copy(std::size_t length) { literal(std::string_view(result_.text_).substr(at_, length), length); }

  void open_brace(std::string_view rest) {
    if (const std::optional<Substitution> found = substitution_at(rest)) {
      result_.pieces_.push_back(piece(*found));
      quotes_.read_word();
      before_ += ' ';
      at_ += found->length;
    } else {
      check_slip(rest);
      open_.push_back(Brace::plain);
      copy(1);
    }
  }

  /// A brace that stays is no mistake, unless a param stands in it as other tools would have it: { x },
  /// {x!r}, or {x without its end.
  void check_slip(std::string_view rest) const {
    const std::size_t begin = rest.find_first_not_of(' ', 1);
    if (begin == std::string_view::npos) return;
    const std::size_t end = std::min(rest.size(), rest.find_first_of(" !}", begin));
    const std::string_view name = rest.substr(begin, end - begin);
    const bool is_param =
        std::ranges::any_of(params_, [&](const Param& param) { return param.name == name; });
    if (!is_param) return;
    const std::string_view after = rest.substr(std::min(rest.size(), rest.find_first_not_of(' ', end)));
    const std::string_view conversion = rest.substr(end, 2);
    const bool converts = conversion == "!r" || conversion == "!s" || conversion == "!a";
    if (end == rest.size() || converts || after.starts_with('}')) {
      throw TemplateError(
          at_ + begin, fmt::format("'{}' stands in a brace, but is not replaced: write {{{}}}, or {{{{ for "
                                   "a brace that is to stay",
                                   name, name));
    }
  }

  void close_brace(std::string_view rest) {
    const bool closes_doubled = !open_.empty() && open_.back() == Brace::doubled;
    if (!open_.empty()) open_.pop_back();
    literal("}", closes_doubled && rest.substr(0, 2) == "}}" ? 2 : 1);
  }

  Piece piece(const Substitution& found) const {
    Piece result = named(found);
    result.offset = at_ + 1;
    if (result_.quoting_ == Quoting::sql) {
      check_sql(found);
    } else if (found.format == "raw") {
      result.raw = true;
    } else {
      check_quotes(result, found);
    }
    result.percent_encoded = found.format == "url";
    if (!result.raw && !result.percent_encoded && !found.format.empty()) {
      const auto offset = static_cast<std::size_t>(found.format.data() - result_.text_.data());
      check_format(found.format, type_of_piece(result), offset);
      result.format = found.format;
    }
    return result;
  }

  /// A text is quoted where it needs to be: within quotes of the template that would end them.
  void check_quotes(const Piece& piece, const Substitution& found) const {
    using State = ShellQuotes::State;
    const bool is_quoted = quotes_.state() == State::in_single || quotes_.state() == State::in_double;
    if (result_.quoting_ != Quoting::shell || !is_quoted || type_of_piece(piece) != Type::text) return;
    const std::string name = fmt::format("{}{}{}", found.name, found.part.empty() ? "" : ".", found.part);
    throw TemplateError(
        at_ + 1, fmt::format("'{{{}}}' stands in quotes of the shell, but its value is quoted already: drop "
                             "the quotes, or write {{{}:raw}}",
                             name, name));
  }

  /// Values are bound: they are no text that could stand in quotes, or become a part of the statement.
  void check_sql(const Substitution& found) const {
    SqlQuotes quotes;
    quotes.read(before_);
    const std::string_view place = quotes.place();
    if (!place.empty()) {
      throw TemplateError(
          at_ + 1, fmt::format("'{{{}}}' stands in {}, but its value is bound to the "
                               "statement: {}",
                               found.name, place, place == "quotes" ? "drop the quotes" : "take it out"));
    }
    if (found.format == "raw") {
      throw TemplateError(at_ + 1, fmt::format("'{{{}:raw}}' is not possible in SQL: values are bound to the "
                                               "statement, never pasted into it",
                                               found.name));
    }
  }

  Piece named(const Substitution& found) const {
    for (std::size_t slot = 0; slot < params_.size(); ++slot) {
      if (params_[slot].name == found.name) return param(slot, found.part);
    }
    if (found.name == "env") return environment(found.part);
    for (const BuiltIn& built_in : built_ins) {
      if (built_in.name != found.name) continue;
      if (!found.part.empty()) {
        throw TemplateError(at_ + 1, fmt::format("'{}' has no part '{}'", found.name, found.part));
      }
      return Piece(built_in.kind);
    }
    std::vector<std::string> known{"env"};
    for (const Param& each : params_) known.push_back(each.name);
    for (const BuiltIn& built_in : built_ins) known.emplace_back(built_in.name);
    const std::string hint = did_you_mean(found.name, known);
    throw TemplateError(at_ + 1, fmt::format("unknown name '{}' in braces{}", found.name,
                                             hint.empty() ? "; write {{ for a brace that is to stay" : hint));
  }

  Piece param(std::size_t slot, std::string_view part) const {
    Piece result{Piece::Kind::param};
    result.slot = slot;
    result.part = part;
    if (part.empty()) return result;
    if (params_[slot].type != Type::text) {
      throw TemplateError(
          at_ + 1,
          fmt::format("'{}' has no part '{}': it is {} {}, not a path", params_[slot].name, part,
                      params_[slot].type == Type::integer ? "an" : "a", name_of(params_[slot].type)));
    }
    if (std::find(std::begin(path_parts), std::end(path_parts), part) == std::end(path_parts)) {
      throw TemplateError(at_ + 1,
                          fmt::format("unknown part '{}' of '{}'; a path has stem, name, dir and ext", part,
                                      params_[slot].name));
    }
    return result;
  }

  Piece environment(std::string_view name) const {
    if (name.empty()) throw TemplateError(at_ + 1, "'env' needs the name of a variable: {env.HOME}");
    Piece result{Piece::Kind::environment};
    result.text = name;
    return result;
  }

  Type type_of_piece(const Piece& piece) const {
    switch (piece.kind) {
      case Piece::Kind::param:
        return piece.part.empty() ? params_[piece.slot].type : Type::text;
      case Piece::Kind::tmp:
      case Piece::Kind::environment:
        return Type::text;
      default:
        return Type::integer;
    }
  }

  struct BuiltIn {
    std::string_view name;
    Piece::Kind kind;
  };
  static constexpr BuiltIn built_ins[] = {{"index", Piece::Kind::index},   {"seed", Piece::Kind::seed},
                                          {"seed31", Piece::Kind::seed31}, {"attempt", Piece::Kind::attempt},
                                          {"rank", Piece::Kind::rank},     {"slot", Piece::Kind::slot},
                                          {"tmp", Piece::Kind::tmp}};

  Template& result_;
  const std::vector<Param>& params_;
  std::size_t at_ = 0;
  std::vector<Brace> open_;
  ShellQuotes quotes_;
  std::string before_;  // what stands before this place, without what is substituted
};

Template::Template(std::string_view text, const std::vector<Param>& params, Quoting quoting)
    : text_(text), quoting_(quoting) {
  Parser(*this, params).parse();
}

}  // namespace fanfold
