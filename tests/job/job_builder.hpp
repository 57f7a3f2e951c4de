// Jobs from their text, for tests.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "fake_sources.hpp"
#include "job/job.hpp"

namespace fanfold::test {

inline JobSource source_of(std::string text) {
  JobSource source;
  source.file = "job.toml";
  source.folder = "/data";
  source.text = std::move(text);
  return source;
}

inline std::unique_ptr<const Job> open(const JobSource& source) { return open_job(source, fake_sources()); }
inline std::unique_ptr<const Job> open(std::string text) { return open(source_of(std::move(text))); }

/// What a user sees of a job file; empty if nothing is wrong with it.
inline std::string errors_of(const JobSource& source) {
  try {
    open(source);
    return "";
  } catch (const JobError& error) {
    return error.what();
  }
}
inline std::string errors_of(std::string text) { return errors_of(source_of(std::move(text))); }

/// An entry of the fingerprint, or "none".
inline std::string fingerprint_of(const Job& job, const std::string& key) {
  for (const Job::FingerprintEntry& entry : job.fingerprint) {
    if (entry.key == key) return entry.value;
  }
  return "none";
}

}  // namespace fanfold::test
