#include "report/answer_lists.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "report/answers.hpp"
#include "report/quantity.hpp"

namespace fanfold {
namespace {

using Lines = std::vector<std::vector<std::string>>;

constexpr std::size_t most_lines = 100;
constexpr std::size_t most_values = 10;
constexpr std::size_t longest_bar = 40;

std::string rest_text(std::size_t all, std::string_view what) {
  if (all <= most_lines) return "";
  return fmt::format("… {} more {}; --json shows all\n", with_separators(all - most_lines), what);
}

/// Any count but 0 has a bar.
std::string bar(std::uint64_t count, std::uint64_t largest) {
  if (count == 0) return "";
  const double share = static_cast<double>(count) / static_cast<double>(largest);
  return std::string(std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(share * longest_bar))),
                     '#');
}

}  // namespace

std::size_t column_count(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](unsigned char byte) { return (byte & 0xC0) != 0x80; }));
}

std::string padded(const std::string& text, std::size_t width) {
  return text + std::string(width - std::min(width, column_count(text)), ' ');
}

std::string aligned(const Lines& lines, const std::string& indent) {
  std::vector<std::size_t> widths;
  for (const auto& line : lines) {
    widths.resize(std::max(widths.size(), line.size()));
    for (std::size_t column = 0; column < line.size(); ++column)
      widths[column] = std::max(widths[column], column_count(line[column]));
  }
  std::string text;
  for (const auto& line : lines) {
    std::string written = indent;
    for (std::size_t column = 0; column + 1 < line.size(); ++column)
      written += padded(line[column], widths[column]) + "  ";
    written += line.back();
    text += written.substr(0, written.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string ranking_text(const Job& job, const reduce::Ranking& ranking, const std::string& indent) {
  Lines lines = {{"task", "value", "params"}};
  for (std::size_t i = 0; i < std::min(ranking.places.size(), most_lines); ++i) {
    const auto& [task, value] = ranking.places[i];
    lines.push_back({std::to_string(task.value()), to_text(value), params_text(job, task)});
  }
  return aligned(lines, indent) + rest_text(ranking.places.size(), "tasks");
}

std::string histogram_text(const reduce::Histogram& histogram, const std::string& indent) {
  const std::uint64_t largest = std::max({*std::max_element(histogram.counts.begin(), histogram.counts.end()),
                                          histogram.below, histogram.above, std::uint64_t{1}});
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Lines lines = {{"from", "to", "count", ""}};
  const auto add = [&](double from, double to, std::uint64_t count) {
    lines.push_back({to_text(Value(from)), to_text(Value(to)), with_separators(count), bar(count, largest)});
  };
  if (histogram.below > 0) add(-infinity, histogram.edges.front(), histogram.below);
  for (std::size_t bin = 0; bin < std::min(histogram.counts.size(), most_lines); ++bin)
    add(histogram.edges[bin], histogram.edges[bin + 1], histogram.counts[bin]);
  if (histogram.above > 0) add(histogram.edges.back(), infinity, histogram.above);
  return aligned(lines, indent) + rest_text(histogram.counts.size(), "bins");
}

std::string collection_text(const reduce::Collection& collection) {
  std::string text;
  for (std::size_t i = 0; i < std::min(collection.values.size(), most_values); ++i) {
    if (!text.empty()) text += ", ";
    text += plain_text(collection.values[i]);
  }
  if (collection.values.size() > most_values)
    text += fmt::format(", … and {} more", with_separators(collection.values.size() - most_values));
  return "[" + text + "]";
}

}  // namespace fanfold
