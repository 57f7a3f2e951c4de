// Environment variables that a job uses: their values may be secrets.
#pragma once

#include <string>
#include <vector>

#include "job/job.hpp"

namespace fanfold {

/// The values that {env.NAME} has in the templates of a job's source. Immutable; for many threads.
class Secrets {
 public:
  explicit Secrets(const Job& job);

  bool empty() const { return secrets_.empty(); }
  /// The text with "{env.NAME}" where the value of NAME stood, as it is, encoded as in a URL, or escaped as
  /// in JSON. Values of less than four bytes stay: they are in every text, and no secrets.
  std::string conceal(std::string text) const;

 private:
  struct Secret {
    std::string name;
    std::string value;
  };
  std::vector<Secret> secrets_;  // the longest first: one may be a part of another
};

}  // namespace fanfold
