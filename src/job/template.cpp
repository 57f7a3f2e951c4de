#include "job/template.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <utility>

#include "core/nearest.hpp"
#include "expr/ast.hpp"
#include "job/shell_quotes.hpp"

namespace fanfold {
namespace {

constexpr std::string_view path_parts[] = {"stem", "name", "dir", "ext"};

/// Widths and precisions have at most this many digits: "{x:999999999d}" would fill the memory.
constexpr std::size_t most_format_digits = 4;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_character(char c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c);
}
bool is_alignment(char c) { return c == '<' || c == '>' || c == '^'; }

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

/// True if the format sets fill, alignment and width only: what works for text too.
bool is_alignment_only(std::string_view format) {
  std::size_t at = 0;
  if (format.size() >= 2 && is_alignment(format[1])) {
    at = 2;
  } else if (!format.empty() && is_alignment(format[0])) {
    at = 1;
  }
  return (at == format.size() || format[at] != '0') &&
         std::all_of(format.begin() + static_cast<std::ptrdiff_t>(at), format.end(), is_digit);
}

/// A value in a format of fmt. A real whose format only aligns it is written as without a format, then
/// aligned.
std::string formatted(const Value& value, const std::string& format) {
  if (format.empty()) return to_text(value);
  if (type_of(value) == Type::real && is_alignment_only(format)) {
    const bool has_alignment = is_alignment(format[0]) || (format.size() > 1 && is_alignment(format[1]));
    return fmt::format(fmt::runtime(fmt::format("{{:{}{}}}", has_alignment ? "" : ">", format)),
                       to_text(value));
  }
  const std::string pattern = fmt::format("{{:{}}}", format);
  return std::visit([&](const auto& held) { return fmt::format(fmt::runtime(pattern), held); }, value);
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

std::string path_part(const std::string& text, std::string_view part) {
  const std::filesystem::path path(text);
  if (part == "stem") return path.stem().string();
  if (part == "name") return path.filename().string();
  if (part == "ext") return path.extension().string();
  const std::string folder = path.parent_path().string();
  return folder.empty() ? "." : folder;
}

std::string environment_variable(const std::string& name, std::size_t offset) {
  const char* const value = std::getenv(name.c_str());
  if (value == nullptr) throw TemplateError(offset, "the environment variable " + name + " is not set");
  return value;
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
    at_ += length;
  }
  void copy(std::size_t length) { literal(std::string_view(result_.text_).substr(at_, length), length); }

  void open_brace(std::string_view rest) {
    if (const std::optional<Substitution> found = substitution_at(rest)) {
      result_.pieces_.push_back(piece(*found));
      quotes_.read_word();
      at_ += found->length;
    } else {
      open_.push_back(Brace::plain);
      copy(1);
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
    if (found.format == "raw") {
      result.raw = true;
    } else {
      check_quotes(result, found);
    }
    if (!result.raw && !found.format.empty()) {
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
};

Template::Template(std::string_view text, const std::vector<Param>& params, Quoting quoting)
    : text_(text), quoting_(quoting) {
  Parser(*this, params).parse();
}

std::string Template::render(const TemplateContext& context) const {
  std::string result;
  for (const Piece& piece : pieces_) result += piece.rendered(context, quoting_);
  return result;
}

std::string Template::preview(const TemplateContext& context, bool place_is_known) const {
  std::string result;
  for (const Piece& piece : pieces_) {
    result += piece.is_known(place_is_known) ? piece.rendered(context, quoting_) : piece.name_in_braces();
  }
  return result;
}

std::string Template::Piece::rendered(const TemplateContext& context, Quoting quoting) const {
  if (kind == Kind::literal) return text;
  Value substituted = value(context);
  if (!part.empty()) substituted = path_part(std::get<std::string>(substituted), part);
  const std::string written = formatted(substituted, format);
  return quoting == Quoting::shell && !raw ? quote_for_shell(written) : written;
}

bool Template::Piece::is_known(bool place_is_known) const {
  switch (kind) {
    case Kind::rank:
    case Kind::slot:
      return place_is_known;
    case Kind::tmp:
      return false;
    case Kind::environment:
      return std::getenv(text.c_str()) != nullptr;
    default:
      return true;
  }
}

/// Of those that may be unknown.
std::string Template::Piece::name_in_braces() const {
  if (kind == Kind::environment) return "{env." + text + "}";
  return kind == Kind::rank ? "{rank}" : kind == Kind::slot ? "{slot}" : "{tmp}";
}

Value Template::Piece::value(const TemplateContext& context) const {
  switch (kind) {
    case Kind::literal:
      return text;
    case Kind::param:
      return context.params[slot];
    case Kind::index:
      return static_cast<std::int64_t>(context.task.value());
    case Kind::seed:
      return static_cast<std::int64_t>(context.seed);
    case Kind::seed31:
      return static_cast<std::int64_t>(context.seed & 0x7FFFFFFF);
    case Kind::attempt:
      return static_cast<std::int64_t>(context.attempt.value());
    case Kind::rank:
      return static_cast<std::int64_t>(context.rank.value());
    case Kind::slot:
      return static_cast<std::int64_t>(context.slot);
    case Kind::tmp:
      return context.tmp;
    case Kind::environment:
      return environment_variable(text, offset);
  }
  return {};
}

bool Template::is_constant() const {
  return std::all_of(pieces_.begin(), pieces_.end(),
                     [](const Piece& piece) { return piece.kind == Piece::Kind::literal; });
}

bool Template::depends_on_execution() const {
  return std::any_of(pieces_.begin(), pieces_.end(), [](const Piece& piece) {
    return piece.kind == Piece::Kind::rank || piece.kind == Piece::Kind::slot ||
           piece.kind == Piece::Kind::tmp;
  });
}

bool Template::uses_tmp() const {
  return std::any_of(pieces_.begin(), pieces_.end(),
                     [](const Piece& piece) { return piece.kind == Piece::Kind::tmp; });
}

std::vector<std::size_t> Template::slots() const {
  std::vector<std::size_t> slots;
  for (const Piece& piece : pieces_) {
    if (piece.kind == Piece::Kind::param) slots.push_back(piece.slot);
  }
  std::sort(slots.begin(), slots.end());
  slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
  return slots;
}

std::string quote_for_shell(std::string_view text) {
  constexpr std::string_view plain = "@%+=:,./-_";
  const auto is_plain = [&](char c) {
    return is_name_character(c) || plain.find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string to_text(const Value& value) {
  switch (type_of(value)) {
    case Type::integer:
      return fmt::format("{}", std::get<std::int64_t>(value));
    case Type::real:
      break;
    case Type::text:
      return std::get<std::string>(value);
  }
  const double number = std::get<double>(value);
  if (std::isnan(number)) return "nan";  // fmt writes the sign bit of a NaN, which means nothing
  std::string text = fmt::format("{}", number);
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

}  // namespace fanfold
