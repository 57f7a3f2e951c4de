#include "job/template.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <utility>

#include "core/utf8.hpp"
#include "job/template_format.hpp"

namespace fanfold {
namespace {

std::string path_part(const std::string& text, std::string_view part) {
  const std::filesystem::path path(text);
  if (part == "stem") return path.stem().string();
  if (part == "name") return path.filename().string();
  if (part == "ext") return path.extension().string();
  const std::string folder = path.parent_path().string();
  return folder.empty() ? "." : folder;
}

std::string quote_for_sql(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted.append(c == '\'' ? 2 : 1, c);
  return quoted + "'";
}

std::string environment_variable(const std::string& name, std::size_t offset) {
  const char* const value = std::getenv(name.c_str());
  if (value == nullptr) throw TemplateError(offset, "the environment variable " + name + " is not set");
  return value;
}

}  // namespace

std::string Template::render(const TemplateContext& context) const {
  std::string result;
  for (const Piece& piece : pieces_) result += piece.rendered(context, quoting_);
  return result;
}

std::string Template::preview(const TemplateContext& context, bool place_is_known) const {
  std::string result;
  for (const Piece& piece : pieces_) {
    const bool is_quoted = quoting_ == Quoting::shell && piece.kind != Piece::Kind::literal && !piece.raw;
    result += !piece.is_known(place_is_known) ? piece.name_in_braces()
              : is_quoted                     ? quote_for_paste(to_text(piece.substituted(context)))
                                              : piece.rendered(context, quoting_);
  }
  return result;
}

std::string Template::Piece::rendered(const TemplateContext& context, Quoting quoting) const {
  if (kind == Kind::literal) return text;
  const Value written = substituted(context);
  if (quoting == Quoting::shell && !raw) return quote_for_shell(to_text(written));
  const bool is_text = type_of(written) == Type::text;
  return quoting == Quoting::sql && is_text ? quote_for_sql(to_text(written)) : to_text(written);
}

Value Template::Piece::substituted(const TemplateContext& context) const {
  Value result = value(context);
  if (!part.empty()) result = path_part(std::get<std::string>(result), part);
  if (!format.empty()) result = formatted(result, format);
  if (percent_encoded) result = percent_encode(to_text(result));
  return result;
}

Template::Bound Template::bind(const TemplateContext& context) const {
  Bound bound;
  for (const Piece& piece : pieces_) {
    if (piece.kind == Piece::Kind::literal) {
      bound.text += piece.text;
    } else {
      bound.text += fmt::format(":p{}", bound.values.size());
      bound.values.push_back(piece.substituted(context));
    }
  }
  return bound;
}

bool Template::Piece::is_known(bool place_is_known) const {
  switch (kind) {
    case Kind::rank:
    case Kind::slot:
      return place_is_known;
    case Kind::tmp:
    case Kind::environment:
      return false;
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

std::string Template::task_name() const {
  using PieceKind = Piece::Kind;
  for (const Piece& piece : pieces_) {
    const bool is_same = piece.kind == PieceKind::literal || piece.kind == PieceKind::rank ||
                         piece.kind == PieceKind::slot || piece.kind == PieceKind::environment;
    if (!is_same) return text_.substr(piece.offset, text_.find_first_of(":.}", piece.offset) - piece.offset);
  }
  return {};
}

bool Template::uses_tmp() const {
  return std::any_of(pieces_.begin(), pieces_.end(),
                     [](const Piece& piece) { return piece.kind == Piece::Kind::tmp; });
}

std::vector<std::string> Template::environment() const {
  std::vector<std::string> names;
  for (const Piece& piece : pieces_) {
    if (piece.kind == Piece::Kind::environment) names.push_back(piece.text);
  }
  return names;
}

std::optional<std::size_t> Template::sole_param() const {
  if (pieces_.size() != 1 || pieces_[0].kind != Piece::Kind::param) return std::nullopt;
  if (!pieces_[0].part.empty() || !pieces_[0].format.empty()) return std::nullopt;
  return pieces_[0].slot;
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

std::string percent_encode(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (is_name_character(c) || c == '-' || c == '.' || c == '~') {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
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

std::string quote_for_paste(std::string_view text) {
  if (std::none_of(text.begin(), text.end(), is_control_character)) return quote_for_shell(text);
  std::string quoted = "$'";
  for (const char c : text) {
    if (c == '\n') {
      quoted += "\\n";
    } else if (c == '\t') {
      quoted += "\\t";
    } else if (is_control_character(c)) {
      quoted += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
    } else {
      if (c == '\'' || c == '\\') quoted += '\\';
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
