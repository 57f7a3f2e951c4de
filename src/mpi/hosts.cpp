#include "mpi/hosts.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <future>
#include <memory>
#include <optional>

#include "core/error.hpp"
#include "core/file_descriptor.hpp"
#include "core/host.hpp"
#include "exec/short_command.hpp"
#include "job/read_file.hpp"

namespace fanfold {
namespace {

constexpr std::string_view blanks = " \t\r\n";

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t begin = text.find_first_not_of(separators);
    if (begin == std::string_view::npos) return parts;
    text.remove_prefix(begin);
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value == 0) return std::nullopt;
  return value;
}

void add(std::vector<Host>& hosts, std::string_view name, std::uint32_t slots) {
  const auto known = std::ranges::find(hosts, name, &Host::name);
  if (known == hosts.end()) {
    hosts.push_back({std::string(name), slots});
  } else {
    known->slots += slots;
  }
}

/// "nodea:2" or "nodea". False if it is neither.
bool add_word(std::vector<Host>& hosts, std::string_view word) {
  const std::size_t colon = word.find(':');
  const std::optional<std::uint32_t> slots =
      colon == std::string_view::npos ? 1 : number(word.substr(colon + 1));
  if (!slots || colon == 0) return false;
  add(hosts, word.substr(0, colon), *slots);
  return true;
}

/// Slurm writes "n[1-2,5]", and "2(x3),1" for the ranks of each.
std::vector<Host> slurm_hosts() {
  const std::string list = environment_text("SLURM_JOB_NODELIST");
  if (list.empty()) return {};
  const ChildEnd end = run_short_command({"scontrol", "show", "hostnames", list});
  if (end.exit_code != 0) return {};
  std::vector<std::uint32_t> slots;
  std::string tasks = environment_text("SLURM_TASKS_PER_NODE");
  if (tasks.empty()) tasks = environment_text("SLURM_JOB_CPUS_PER_NODE");
  for (const std::string_view word : split(tasks, ",")) {
    const std::size_t bracket = word.find("(x");
    const std::uint32_t each = number(word.substr(0, bracket)).value_or(1);
    const std::uint32_t times = bracket == std::string_view::npos
                                    ? 1
                                    : number(word.substr(bracket + 2, word.size() - bracket - 3)).value_or(1);
    slots.insert(slots.end(), std::min(times, 1U << 20), each);
  }
  std::vector<Host> hosts;
  for (const std::string_view name : split(end.output, blanks))
    add(hosts, name, hosts.size() < slots.size() ? slots[hosts.size()] : 1);
  return hosts;
}

/// Files of the other schedulers: names alone, once for each slot, or "name slots …" (Grid Engine).
std::vector<Host> hosts_of_file(const std::string& path) {
  std::vector<Host> hosts;
  if (path.empty()) return hosts;
  const std::string text = read_file("the host file of the scheduler", path);
  for (const std::string_view line : split(text, "\n")) {
    const std::vector<std::string_view> words = split(line, blanks);
    if (words.empty()) continue;
    add(hosts, words[0], words.size() > 1 ? number(words[1]).value_or(1) : 1);
  }
  return hosts;
}

bool answers(const std::string& host) {
  if (is_this_host(host)) return true;
  if (!environment_text("SLURM_JOB_ID").empty()) {
    return run_short_command({"srun", "--overlap", "-N1", "-n1", "-w", host, "true"}).exit_code == 0;
  }
  std::string agent = environment_text("OMPI_MCA_plm_rsh_agent");
  if (agent.empty()) agent = "ssh";
  std::vector<std::string> words;
  for (const std::string_view word : split(agent.substr(0, agent.find(':')), blanks))
    words.emplace_back(word);
  if (words[0] == "ssh") words.insert(words.end(), {"-x", "-o", "BatchMode=yes", "-o", "ConnectTimeout=8"});
  words.push_back(host);
  words.emplace_back("true");
  return run_short_command(std::move(words)).exit_code == 0;
}

}  // namespace

std::vector<Host> parse_hosts(std::string_view text) {
  std::vector<Host> hosts;
  for (const std::string_view word : split(text, ",")) {
    if (!add_word(hosts, word))
      throw UsageError(
          fmt::format("--hosts: '{}' is not a host, or a host and its ranks such as nodea:2", word));
  }
  if (hosts.empty()) throw UsageError("--hosts names no host");
  return hosts;
}

std::vector<Host> parse_hostfile(std::string_view text, const std::filesystem::path& path) {
  std::vector<Host> hosts;
  std::size_t line_number = 0;
  while (!text.empty()) {
    ++line_number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::vector<std::string_view> words = split(line.substr(0, line.find('#')), blanks);
    if (words.empty()) continue;
    bool understood = words.size() <= 2;
    if (words.size() == 2) {
      const std::optional<std::uint32_t> slots =
          words[1].starts_with("slots=") ? number(words[1].substr(6)) : std::nullopt;
      understood = slots.has_value();
      if (slots) add(hosts, words[0], *slots);
    } else if (understood) {
      understood = add_word(hosts, words[0]);
    }
    if (!understood) {
      throw UsageError(fmt::format("{}:{}: expected a host, such as 'nodea', 'nodea slots=2' or 'nodea:2'",
                                   path.string(), line_number));
    }
  }
  if (hosts.empty()) throw UsageError(fmt::format("{}: names no host", path.string()));
  return hosts;
}

std::string to_text(const std::vector<Host>& hosts) {
  std::string text;
  for (const Host& host : hosts)
    text += fmt::format("{}{}:{}", text.empty() ? "" : ",", host.name, host.slots);
  return text;
}

std::uint32_t slots_of(const std::vector<Host>& hosts) {
  std::uint32_t slots = 0;
  for (const Host& host : hosts) slots += host.slots;
  return slots;
}

bool is_this_host(const std::string& name) {
  const std::string ours = host_name();
  if (name == ours || name == "localhost" || name == ours.substr(0, ours.find('.')) ||
      name.substr(0, name.find('.')) == ours) {
    return true;
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(name.c_str(), nullptr, &hints, &found) != 0) return false;
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, freeaddrinfo);
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    // Only addresses of this machine can be bound to.
    const FileDescriptor socket(::socket(address->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (socket.is_open() && bind(socket.get(), address->ai_addr, address->ai_addrlen) == 0) return true;
  }
  return false;
}

bool has_allocation() {
  for (const char* name : {"SLURM_JOB_NODELIST", "PE_HOSTFILE", "PBS_NODEFILE", "LSB_HOSTS"}) {
    if (std::getenv(name) != nullptr) return true;
  }
  return false;
}

std::vector<Host> allocated_hosts() {
  try {
    if (std::vector<Host> hosts = slurm_hosts(); !hosts.empty()) return hosts;
    if (std::vector<Host> hosts = hosts_of_file(environment_text("PE_HOSTFILE")); !hosts.empty())
      return hosts;
    if (std::vector<Host> hosts = hosts_of_file(environment_text("PBS_NODEFILE")); !hosts.empty())
      return hosts;
    std::vector<Host> hosts;
    for (const std::string_view name : split(environment_text("LSB_HOSTS"), blanks)) add(hosts, name, 1);
    return hosts;
  } catch (const Error&) {
    return {};
  }
}

std::vector<Host> answering(const std::vector<Host>& hosts) {
  std::vector<std::future<bool>> asked;
  asked.reserve(hosts.size());
  for (const Host& host : hosts) {
    asked.push_back(std::async(std::launch::async, [&host] { return answers(host.name); }));
  }
  std::vector<Host> there;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (asked[i].get()) there.push_back(hosts[i]);
  }
  return there;
}

}  // namespace fanfold
