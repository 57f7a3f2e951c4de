// What a rank sees of the machine that it runs on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/bytes.hpp"

namespace fanfold {

struct RankView {
  std::int32_t rank = 0;
  std::string host;
  std::uint32_t ranks_on_host = 1;
  std::uint32_t allowed_cpus = 1;  ///< on which it may run
  std::uint32_t online_cpus = 1;   ///< of the host
  /// The threads that `run` would start here.
  std::uint32_t io_threads = 1;
  std::uint32_t compute_threads = 1;
  std::uint64_t open_files = 0;  ///< how many it may have (the soft limit)
  std::string temporary_folder;
  std::uint64_t temporary_bytes = 0;  ///< free there
  /// "OMP_NUM_THREADS=4": what sets the threads of programs and libraries.
  std::vector<std::string> thread_variables;
  bool operator==(const RankView&) const = default;
};

/// Of this process; threads and ranks are for the caller to say.
RankView look_around();

void encode(ByteWriter& out, const RankView& view);
/// Throws DecodeError.
RankView decode_rank_view(ByteReader& in);

}  // namespace fanfold
