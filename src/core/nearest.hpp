// The nearest valid choice, for error messages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fanfold {

/// Of the candidates, the one most likely meant: the smallest Damerau-Levenshtein distance, capitals or not,
/// if that is at most a third of the longer length (at least 1); the first of equals. Empty without one.
std::string_view nearest(std::string_view word, const std::vector<std::string>& candidates);

/// "; did you mean 'samples'?", or "" if no candidate is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace fanfold
