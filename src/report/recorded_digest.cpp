#include "report/recorded_digest.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "report/digest.hpp"
#include "report/quantity.hpp"

namespace fanfold {
namespace {

/// By execution and rank.
using Hosts = std::map<std::pair<std::uint32_t, Rank>, std::string>;

Hosts hosts_of(const RunFileReader& file) {
  Hosts hosts;
  file.for_each_event([&hosts](std::uint32_t execution, const Event& event) {
    if (event.kind == Event::Kind::rank_joined) hosts[{execution, event.rank}] = event.detail;
  });
  return hosts;
}

}  // namespace

std::string recorded_digest_text(const Job& job, const RunFileReader& file, const std::string& run_file) {
  FailureLog log(job.space);
  std::uint64_t failed = 0;
  Hosts hosts;
  file.at_one_state([&] {
    hosts = hosts_of(file);
    file.for_each_failure(
        [&](const AttemptRecord& attempt) {
          log.add(attempt.outcome, attempt.execution);
          ++failed;
        },
        [&](TaskRange tasks, const std::string& reason) {
          log.add(tasks, reason);
          failed += tasks.size();
        });
  });
  if (failed == 0) return {};
  const auto host_of = [&hosts](const FailureGroup& group) {
    const auto host = hosts.find({group.execution, *group.rank});
    return host == hosts.end() ? std::string() : host->second;
  };
  return fmt::format("{} failed:\n", count_of(failed, "task")) +
         digest_text(job, log.groups(), log.others(), {arguments_of(file.header().job), run_file, host_of});
}

}  // namespace fanfold
