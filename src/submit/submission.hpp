// What is submitted to a batch system: a run, and what it asks for.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "job/job.hpp"

namespace fanfold {

struct Submission {
  std::string asked;     ///< the user's command line, which the script quotes
  std::string job_name;  ///< as the job has it; see batch_name
  std::string program;   ///< absolute path of fanfold
  std::string folder;    ///< absolute: where the user is, and where the run is to run
  std::string run_file;  ///< as the user gave it; of an array: of which the parts are made
  /// What `run` is given besides -n, --run, --part and threads: the job file and --set, say.
  std::vector<std::string> run_words;
  ClusterRequest cluster;
  /// Ranks are started by srun, which may end them all when one dies; else by `fanfold run -n`.
  bool by_srun = false;
  /// Which threads a rank is told to have: those that the job does not say itself.
  bool sets_io_threads = true;
  bool sets_compute_threads = true;
  std::vector<std::string> extra;  ///< flags for the batch system, as the user gave them

  std::uint32_t nodes() const { return cluster.nodes.value_or(1); }
  std::uint32_t ranks_per_node() const { return cluster.ranks_per_node.value_or(1); }
  std::uint64_t ranks() const { return std::uint64_t{nodes()} * ranks_per_node(); }
  /// True if nothing is said of CPUs: then each rank is to have its share of whole nodes.
  bool wants_whole_nodes() const { return !cluster.cpus_per_rank && !cluster.ranks_per_node; }
  std::uint32_t cpus_per_rank() const { return cluster.cpus_per_rank.value_or(1); }
};

/// The files of a submission stand beside its run file.
std::string script_path(const std::string& run_file);
std::string log_path(const std::string& run_file);
/// A path in a directive: in double quotes if it has blanks.
std::string directive_path(const std::string& path);
/// The run file of part k (from 1) of an array: "pi.part3.run". `part` may be what stands for k in a script.
std::string part_run_file(const std::string& run_file, const std::string& part);

/// How long before the end of an allocation the run is asked to stop.
std::chrono::seconds notice_before_end(const ClusterRequest& request);

/// The name as every batch system takes it: letters, digits, '_', '-' and '.', a letter first.
std::string batch_name(const std::string& job_name);

/// "12:00:00"; seconds are rounded up.
std::string clock_text(std::chrono::duration<double> time);

}  // namespace fanfold
