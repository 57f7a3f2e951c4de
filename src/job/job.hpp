// A job: what one TOML file defines, checked and compiled.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/bytes.hpp"
#include "core/cpu_level.hpp"
#include "expr/program.hpp"
#include "job/diagnostic.hpp"
#include "job/source_info.hpp"
#include "job/task_space.hpp"
#include "job/template.hpp"
#include "kernel/registry.hpp"
#include "reduce/reduction.hpp"

namespace fanfold {

/// What the command line says about a job. Each is checked as its key in the file would be.
struct JobOverrides {
  std::optional<std::uint64_t> seed;                     ///< --seed
  std::vector<std::pair<std::string, std::string>> run;  ///< keys of [run] and their texts: {"retries", "3"}
  /// Keys of [cluster] and their texts. For `submit` alone: not sent to ranks, not recorded.
  std::vector<std::pair<std::string, std::string>> cluster;
  /// --set KEY=VALUE, in their order: keys of [task] and [params], dotted or not, and values in TOML's
  /// syntax.
  std::vector<std::pair<std::string, std::string>> set;
  bool commands = false;  ///< --commands: the file is a list of command lines
};

/// All that a job is made from: what rank zero sends to the other ranks, which need no file.
struct JobSource {
  std::string file;    ///< the path as the user gave it, for messages
  std::string folder;  ///< absolute: what relative paths mean
  std::string text;    ///< of the TOML file
  JobOverrides overrides;
  /// An input that was read on rank zero.
  struct Input {
    Input() : Input({}, {}) {}
    Input(std::string of, std::string text)
        : key(std::move(of)), data(std::make_shared<const std::string>(std::move(text))) {}

    std::string key;  ///< "params.file"
    /// Of a glob: the paths that it found, each ended by a NUL (the one byte no path has); else the text of a
    /// file. Shared: the axis that is made of it views into it.
    std::shared_ptr<const std::string> data;
    std::string error;  ///< why it could not be read; open_job reports it where the job names it
  };
  std::vector<Input> inputs;

  /// What executes a kernel of the user's own: see own_kernel.hpp. Not in the run file.
  struct Library {
    std::shared_ptr<const std::string>
        data;          ///< the bytes of a shared library; null: no kernel is the user's own
    std::string path;  ///< absolute, on rank zero: loaded from there where the same file is, so that it finds
                       ///< what is beside it
    CpuLevel level = CpuLevel::baseline;  ///< for which it was compiled here; baseline: unknown
  };
  Library library;
};
void encode(ByteWriter& out, const JobSource& source);
JobSource decode_job_source(ByteReader& in);

/// Where a kernel's parameter or a source's number comes from.
using Operand = std::variant<Value,         ///< the same for each task
                             std::size_t,   ///< a slot
                             expr::Program  ///< computed from slots
                             >;

/// A key of [task] that belongs to the source, see KeyKind.
struct SourceArgument {
  std::string name;
  /// text, shell: one; arguments: each ("" names); strings: each with its name; input: one, "file" if it is
  /// a path.
  std::vector<std::pair<std::string, Template>> templates;
  std::optional<Operand> number;              ///< number, seconds, bytes
  std::chrono::duration<double> duration{0};  ///< duration
  std::vector<std::int64_t> integers;         ///< integers
  std::vector<Operand> range;                 ///< range: first and end
  bool boolean = false;                       ///< boolean
};

struct SourceSpec {
  const SourceInfo* info = nullptr;
  std::vector<SourceArgument> arguments;  ///< the keys that the job gives; the source's own first
  std::size_t first_slot = 0;             ///< of its results, which follow one another
  const SourceArgument* find(std::string_view name) const;
};

struct KernelSpec {
  /// Of a kernel of the user's own it has the declaration only, and `library` what is executed.
  const Kernel* kernel = nullptr;
  std::shared_ptr<const Kernel> declared;  ///< owns such a one
  JobSource::Library library;
  std::string file;                 ///< of such a one, as the job names it; empty: it is built in
  std::vector<Operand> parameters;  ///< in the order of KernelInfo::parameters
  /// The slot of the texts that it takes as input, where the task has no source whose output it takes.
  std::optional<std::size_t> input;
  std::size_t first_slot = 0;           ///< of its results, which follow one another
  bool isolate = false;                 ///< it runs in a process of its own for each compute thread
  std::optional<std::uint64_t> memory;  ///< bytes that such a process may have
};

/// An entry of [values].
struct ValueSpec {
  struct Json {
    std::string pointer;  ///< RFC 6901, into the source's output
  };
  struct Regex {
    std::string pattern;  ///< RE2; the last match in the output; group 1, else all of it
  };
  struct Column {
    std::string name;  ///< of a table in CSV with a line of names and one row
  };
  std::string name;
  std::size_t slot = 0;
  Type type = Type::real;
  std::variant<expr::Program, Json, Regex, Column> how;
};

/// [run]: policy. It does not belong to the fingerprint.
struct RunPolicy {
  enum class Keep { automatic, all, none };
  enum class Print { nothing, as_they_end, in_order };
  std::uint32_t retries = 0;  ///< further attempts of a failed task that has a source; kernels fail for good
  /// How long a failed task rests before its second attempt; twice as long before each further one, but not
  /// longer than the limit.
  std::chrono::duration<double> backoff{0.2};
  std::chrono::duration<double> backoff_limit{60};
  std::optional<std::chrono::duration<double>> timeout;  ///< of one attempt of a source
  std::chrono::duration<double> grace{2};                ///< of a program, from SIGTERM to SIGKILL
  std::uint64_t output_limit = 1 << 20;                  ///< bytes of each output of a task that are recorded
  Print print = Print::nothing;                          ///< of what tasks write, on our own output
  std::optional<std::uint64_t> memory;  ///< bytes of each node that tasks may reserve; none: all it has
  bool stop_on_failure = false;
  std::optional<std::uint64_t> max_failures;  ///< the run is stopped when more tasks than this have failed
  std::optional<double> max_failure_share;    ///< the same, as a share of N
  Keep keep = Keep::automatic;
  std::optional<std::uint32_t> io_threads;       ///< per rank; none: found while it runs
  std::optional<std::uint32_t> compute_threads;  ///< per rank
  std::optional<std::uint64_t> chunk;            ///< tasks per chunk; none: by measured cost
  std::optional<std::chrono::duration<double>> walltime;
};

/// [cluster]: what `submit` asks a batch system for. It does not belong to the fingerprint. What is none or
/// empty is not asked for.
struct ClusterRequest {
  std::string scheduler;  ///< "slurm", "sge", "pbs" or "lsf"
  std::optional<std::uint32_t> nodes;
  std::optional<std::uint32_t> ranks_per_node;
  std::optional<std::uint32_t> cpus_per_rank;
  std::optional<std::chrono::duration<double>> time;  ///< of one allocation
  std::string queue;                                  ///< or partition
  std::string account;
  std::optional<std::uint32_t> array;  ///< allocations that share the tasks
  std::string parallel_environment;    ///< of Grid Engine
  std::vector<std::string> setup;      ///< lines of shell before the run
};

/// A checked job. Immutable after open_job; shared by all threads of a rank.
class Job {
 public:
  std::string name;
  std::string folder;  ///< JobSource::folder: what a source's relative paths mean
  std::uint64_t seed = 0;
  TaskSpace space;
  std::optional<SourceSpec> source;
  std::optional<KernelSpec> kernel;
  std::vector<ValueSpec> values;
  std::optional<expr::Program>
      where;                          ///< over params: tasks that do not meet it are left out, see TaskFilter
  std::optional<expr::Program> cost;  ///< [task] cost: relative cost of a task from its params; longest first
  /// Columns: params, then results of the source, of the kernel, then values; and constants.
  expr::Scope scope;
  std::size_t param_slots = 0;
  reduce::Plan reductions;
  /// Something needs the source's `value`: a task whose output is not one number fails.
  bool uses_value = false;
  RunPolicy run;
  ClusterRequest cluster;

  std::uint64_t size() const { return space.size(); }
  /// True if per-task values of kernel-only tasks go into the run file.
  bool keeps_values() const;
  /// The slots that are kept and shown for each task: results and values, not params.
  std::vector<std::size_t> value_slots() const;

  /// What makes it this job and no other: key and value of all that changes a task or its values ("params.x",
  /// "task.samples", "seed" …; inputs by hash), and the entries of [reduce] ("reduce.x"), which may change
  /// where values are kept. [run], [cluster] and `name` are not in it. In the order of the file.
  struct FingerprintEntry {
    std::string key;
    std::string value;
    bool operator==(const FingerprintEntry&) const = default;
  };
  std::vector<FingerprintEntry> fingerprint;

  /// The random key of what a kernel draws, and of {seed}; the stream of a task.
  RandomKey kernel_key() const;
  /// [task] seed_by: the slots whose positions on their axes number the random stream of a task, so that
  /// tasks that differ in other params only draw the same numbers. None: each task has a stream of its own.
  std::optional<std::vector<std::size_t>> seed_slots;
  std::uint64_t stream_of(TaskIndex task) const;
  /// {seed} of a task: 63 bits.
  std::uint64_t seed_of(TaskIndex task) const;

  Job() = default;
  Job(Job&&) = default;
  Job& operator=(Job&&) = default;
};

/// Reads a job file and the inputs that it names. "-" is standard input. Throws UsageError if a file cannot
/// be read.
/// A kernel of the user's own is loaded, and compiled for the CPUs of `choose_level` if need be.
JobSource read_job(const std::filesystem::path& file, const JobOverrides& overrides,
                   const std::function<CpuLevel()>& choose_level = cpu_level);

/// Makes a job of a file of command lines: one task for each line that is not blank, run by the source
/// `shell` in the current folder, with the line as the param `command`. The name of the job is the file's
/// stem. "-" is standard input. Throws UsageError if the file cannot be read or has no line.
JobSource read_commands(const std::string& file, const JobOverrides& overrides);

/// Parses, checks and compiles a job. Touches no file. Throws JobError with everything that is wrong.
std::unique_ptr<const Job> open_job(const JobSource& source, const SourceRegistry& sources);

/// A duration as job files and flags write it: "250ms", "30s", "5m", "1.5h", "2d", or a number of seconds.
std::optional<std::chrono::duration<double>> parse_duration(std::string_view text);

/// The time of an allocation as batch systems write it: a number of minutes, "12:00:00" or "2-12:00:00"; or a
/// duration with its unit.
std::optional<std::chrono::duration<double>> parse_allocation_time(std::string_view text);

/// A size in bytes as job files and flags write it: "500MB", "64MiB", "1.5GiB", "2G" (as GiB), or a number of
/// bytes.
std::optional<std::uint64_t> parse_bytes(std::string_view text);

}  // namespace fanfold
