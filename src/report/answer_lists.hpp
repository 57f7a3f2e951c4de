// Answers that are lists, as text: rankings, histograms, collections.
#pragma once

#include <string>
#include <vector>

#include "job/job.hpp"
#include "reduce/answer.hpp"

namespace fanfold {

/// The number of characters of a UTF-8 text: the columns that it takes, for most scripts.
std::size_t column_count(const std::string& text);
/// The text and spaces up to a width in columns.
std::string padded(const std::string& text, std::size_t width);
/// Lines of cells in columns that are two spaces apart; the last column is not padded. Each line begins with
/// `indent` and ends with a line feed.
std::string aligned(const std::vector<std::vector<std::string>>& lines, const std::string& indent = "");

/// A table of the tasks: number, value, params. Long ones are cut, and say so.
std::string ranking_text(const Job& job, const reduce::Ranking& ranking, const std::string& indent);
/// A table of the bins: from, to, count and a bar. Those below and above have a line if there are any.
std::string histogram_text(const reduce::Histogram& histogram, const std::string& indent);
/// The first values, separated by commas, and how many more there are.
std::string collection_text(const reduce::Collection& collection);

}  // namespace fanfold
