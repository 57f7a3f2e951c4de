// The hosts that ranks may run on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace fanfold {

struct Host {
  std::string name;
  std::uint32_t slots = 1;  ///< ranks
  bool operator==(const Host&) const = default;
};

/// "nodea:2,nodeb" → nodea with 2 slots and nodeb with one; a host that is named again gets more. Throws
/// UsageError.
std::vector<Host> parse_hosts(std::string_view text);

/// The text of a host file: a line for each host, "nodea", "nodea slots=2" (Open MPI) or "nodea:2"; `#`
/// begins a comment. `path` is for messages. Throws UsageError with the line.
std::vector<Host> parse_hostfile(std::string_view text, const std::filesystem::path& path);

/// "nodea:2,nodeb:1", as mpirun takes it.
std::string to_text(const std::vector<Host>& hosts);

/// All slots together.
std::uint32_t slots_of(const std::vector<Host>& hosts);

/// True if the name is this machine's, by its name or by its addresses.
bool is_this_host(const std::string& name);

/// The hosts of the allocation that a scheduler gave to this process, empty if there is none or it cannot be
/// read.
std::vector<Host> allocated_hosts();

/// True if a scheduler gave an allocation: then mpirun finds its hosts by itself.
bool has_allocation();

/// Those of the hosts that can be reached in the way in which mpirun reaches them; this one always can. Takes
/// ten seconds at most.
std::vector<Host> answering(const std::vector<Host>& hosts);

}  // namespace fanfold
