#include "doctor/rank_view.hpp"

#include <sys/resource.h>

#include <cstdlib>
#include <filesystem>
#include <limits>

#include "core/host.hpp"

namespace fanfold {
namespace {

constexpr const char* thread_variables[] = {
    "OMP_NUM_THREADS",     "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS", "OMP_PROC_BIND",        "OMP_PLACES"};

std::uint64_t open_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return std::numeric_limits<std::uint64_t>::max();
  return limit.rlim_cur;
}

}  // namespace

RankView look_around() {
  RankView view;
  view.host = host_name();
  view.allowed_cpus = static_cast<std::uint32_t>(allowed_cpus());
  view.online_cpus = static_cast<std::uint32_t>(online_cpus());
  view.open_files = open_file_limit();
  std::error_code error;
  view.temporary_folder = std::filesystem::temp_directory_path(error).string();
  const std::filesystem::space_info space = std::filesystem::space(view.temporary_folder, error);
  view.temporary_bytes = error ? 0 : space.available;
  for (const char* name : thread_variables) {
    if (const char* const value = std::getenv(name))
      view.thread_variables.push_back(std::string(name) + "=" + value);
  }
  return view;
}

void encode(ByteWriter& out, const RankView& view) {
  out.zigzag(view.rank);
  out.text(view.host);
  for (const std::uint64_t number :
       {std::uint64_t{view.ranks_on_host}, std::uint64_t{view.allowed_cpus}, std::uint64_t{view.online_cpus},
        std::uint64_t{view.io_threads}, std::uint64_t{view.compute_threads}, view.open_files,
        view.temporary_bytes}) {
    out.varint(number);
  }
  out.text(view.temporary_folder);
  out.varint(view.thread_variables.size());
  for (const std::string& variable : view.thread_variables) out.text(variable);
}

RankView decode_rank_view(ByteReader& in) {
  RankView view;
  view.rank = static_cast<std::int32_t>(in.zigzag());
  view.host = in.text();
  view.ranks_on_host = static_cast<std::uint32_t>(in.varint());
  view.allowed_cpus = static_cast<std::uint32_t>(in.varint());
  view.online_cpus = static_cast<std::uint32_t>(in.varint());
  view.io_threads = static_cast<std::uint32_t>(in.varint());
  view.compute_threads = static_cast<std::uint32_t>(in.varint());
  view.open_files = in.varint();
  view.temporary_bytes = in.varint();
  view.temporary_folder = in.text();
  view.thread_variables.resize(in.count(1));
  for (std::string& variable : view.thread_variables) variable = in.text();
  in.expect_end();
  return view;
}

}  // namespace fanfold
