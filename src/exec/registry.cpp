// The sources that a job can name: one line each, in the order in which messages list them. A source NAME is
// one file that defines `SourceType NAME_source()`.
#include <cassert>

#include "exec/source.hpp"

#define FANFOLD_SOURCES(source) \
  source(command) source(shell) source(worker) source(read) source(http) source(sql) source(sleep)

namespace fanfold {

#define FANFOLD_DECLARE_SOURCE(name) SourceType name##_source();
FANFOLD_SOURCES(FANFOLD_DECLARE_SOURCE)
#undef FANFOLD_DECLARE_SOURCE

const std::vector<SourceType>& source_types() {
#define FANFOLD_LIST_SOURCE(name) name##_source(),
  static const std::vector<SourceType> types = {FANFOLD_SOURCES(FANFOLD_LIST_SOURCE)};
#undef FANFOLD_LIST_SOURCE
  return types;
}

const SourceRegistry& source_registry() {
  static const SourceRegistry registry = [] {
    SourceRegistry infos;
    for (const SourceType& type : source_types()) infos.push_back(type.info);
    return infos;
  }();
  return registry;
}

std::unique_ptr<Source> make_source(const Job& job) {
  for (const SourceType& type : source_types()) {
    if (type.info == job.source->info) return type.make(job);
  }
  assert(false && "the job's source is none of the program's");
  return nullptr;
}

}  // namespace fanfold
