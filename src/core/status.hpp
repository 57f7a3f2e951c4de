// How a task ended.
#pragma once

#include <cstdint>
#include <string_view>

namespace fanfold {

/// How a task ended. The numbers are part of the run file and of messages: do not renumber.
enum class Status : std::uint8_t {
  succeeded = 0,
  failed = 1,     ///< its source, kernel or values reported an error
  timed_out = 2,  ///< it ran past its timeout and was ended
};

inline constexpr Status last_status = Status::timed_out;

constexpr std::string_view name_of(Status status) {
  switch (status) {
    case Status::succeeded:
      return "succeeded";
    case Status::failed:
      return "failed";
    case Status::timed_out:
      return "timed out";
  }
  return "failed";
}

}  // namespace fanfold
