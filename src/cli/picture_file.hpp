// --picture FILE of run and results.
#pragma once

#include <string>
#include <vector>

#include "job/job.hpp"

namespace fanfold {

/// Before anything runs: throws UsageError if the job makes no picture or the file could not be written.
void check_picture_file(const Job& job, const std::string& path);

/// Writes the pictures of an answer: the first to `path`, others to that name with -2, -3 … before its
/// ending. Throws RunError if there is none, or if one cannot be written.
void write_pictures(const std::vector<reduce::Answer>& answers, const std::string& path);

}  // namespace fanfold
