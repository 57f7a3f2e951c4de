// Feeds arbitrary bytes to open_job as a job file: it must open the job or throw JobError, whatever they are.
// What opens is asked for its first and last task.
#include <cstddef>
#include <cstdint>
#include <string>

#include "job/fake_sources.hpp"
#include "job/job.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fanfold;
  JobSource source;
  source.file = "fuzz.toml";
  source.folder = "/";
  source.text.assign(reinterpret_cast<const char*>(data), size);
  source.inputs = {{"params.file", std::string("a.txt\0b.txt\0", 12)}};
  try {
    const auto job = open_job(source, test::fake_sources());
    job->space.params_of(TaskIndex(0));
    job->space.params_of(TaskIndex(job->size() - 1));
  } catch (const JobError&) {
  }
  return 0;
}
