#include "job/diagnostic.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace fanfold {
namespace {

/// In the order of the file; what has no place in it comes last.
void sort_by_place(std::vector<Diagnostic>& diagnostics) {
  const auto before = [](const Diagnostic& a, const Diagnostic& b) {
    if ((a.place.line == 0) != (b.place.line == 0)) return b.place.line == 0;
    return a.place < b.place;
  };
  std::stable_sort(diagnostics.begin(), diagnostics.end(), before);
}

/// A message about a command-line option begins with the option; it has the program's name instead of a
/// file's.
std::string line_of(std::string_view file, const Diagnostic& diagnostic) {
  const Place place = diagnostic.place;
  if (place.line > 0) return fmt::format("{}:{}:{}: {}", file, place.line, place.column, diagnostic.message);
  if (diagnostic.message.substr(0, 2) == "--") return "fanfold: " + diagnostic.message;
  return fmt::format("{}: {}", file, diagnostic.message);
}

}  // namespace

std::string diagnostic_lines(std::string_view file, std::vector<Diagnostic> diagnostics) {
  sort_by_place(diagnostics);
  std::string lines;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (!lines.empty()) lines += '\n';
    lines += line_of(file, diagnostic);
  }
  return lines;
}

JobError::JobError(std::string_view file, std::vector<Diagnostic> diagnostics)
    : UsageError(diagnostic_lines(file, diagnostics)), diagnostics_(std::move(diagnostics)) {
  sort_by_place(diagnostics_);
}

}  // namespace fanfold
