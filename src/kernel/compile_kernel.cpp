#include "kernel/compile_kernel.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <system_error>

#include "core/stable_hash.hpp"

namespace fanfold {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

/// Beside the program (a build folder), or in the include folder of the installation.
fs::path include_folder() {
  const fs::path program = fs::read_symlink("/proc/self/exe");
  for (const fs::path& folder :
       {program.parent_path() / "include", program.parent_path().parent_path() / "include",
        program.parent_path().parent_path() / FANFOLD_INCLUDE_FOLDER}) {
    if (fs::exists(folder / "fanfold" / "kernel.hpp")) return folder;
  }
  throw CompileError(
      "fanfold's headers are not where the program is installed: <fanfold/kernel.hpp> was not found");
}

/// Runs the compiler and returns what it wrote. Throws CompileError with that if it fails.
void run_compiler(const std::vector<std::string>& command) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw CompileError(std::strerror(errno));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
  std::vector<char*> words;
  for (const std::string& word : command)
    words.push_back(const_cast<char*>(word.c_str()));  // exec does not write
  words.push_back(nullptr);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, words[0], &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string output;
  char piece[4096];
  for (ssize_t size = 0; error == 0 && (size = read(ends[0], piece, sizeof piece)) != 0;) {
    if (size > 0) output.append(piece, static_cast<std::size_t>(size));
    if (size < 0 && errno != EINTR) break;
  }
  close(ends[0]);
  if (error != 0) {
    throw CompileError(
        fmt::format("no compiler: cannot start '{}': {}; install one, or name yours in $CXX ($CC for C)",
                    command.front(), std::generic_category().message(error)));
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  while (output.ends_with('\n')) output.pop_back();
  throw CompileError(output.empty() ? fmt::format("'{}' failed without a word", command.front()) : output);
}

/// The files that a rule of make names behind its colon.
std::vector<std::string> prerequisites(const std::string& rule) {
  std::vector<std::string> files(1);
  for (std::size_t i = rule.find(": ") + 2; i < rule.size(); ++i) {
    const char next = i + 1 < rule.size() ? rule[i + 1] : '\0';
    if (rule[i] == '\\' && (next == ' ' || next == '#' || next == '\\')) {
      files.back() += rule[++i];
    } else if (rule[i] == '\\' || rule[i] == '\n' || rule[i] == ' ') {
      if (!files.back().empty()) files.emplace_back();
    } else {
      files.back() += rule[i];
    }
  }
  if (files.back().empty()) files.pop_back();
  return files;
}

/// One compilation, and where the cache has its parts: KEY.headers names the headers that the source included
/// when it was compiled last; they and KEY name the library.
class Compilation {
 public:
  explicit Compilation(const KernelSource& source)
      : source_(source), folder_(kernel_cache()), includes_(include_folder()) {
    const std::optional<std::string> text = content_of(source.file);
    if (!text) throw CompileError(fmt::format("cannot read it: {}", std::strerror(errno)));
    text_ = *text;
    is_c_ = source.file.extension() == ".c";
    const char* const chosen = std::getenv(is_c_ ? "CC" : "CXX");
    command_ = words_of(chosen == nullptr ? "" : chosen);
    if (command_.empty()) command_ = {is_c_ ? "cc" : "c++"};
    for (const char* const option :
         {is_c_ ? "-std=gnu17" : "-std=c++20", "-O3", "-ffp-contract=off", "-fPIC", "-shared"})
      command_.emplace_back(option);
    if (std::string march = compiler_option(source.level); !march.empty())
      command_.push_back(std::move(march));
    command_.push_back("-I" + includes_.string());
    command_.insert(command_.end(), source.flags.begin(), source.flags.end());
    key_ = stable_hash(fmt::format("{}\n{}\n{}\n{}", text_, source.file.string(), fmt::join(command_, "\n"),
                                   identity_of_compiler()));
  }

  CompiledKernel run() {
    if (std::optional<CompiledKernel> known = find()) return *known;
    compile();
    if (std::optional<CompiledKernel> made = find()) return *made;
    throw CompileError(fmt::format("the cache '{}' lost what was compiled", folder_.string()));
  }

 private:
  /// A compiler that was replaced has another size or time.
  std::string identity_of_compiler() const {
    std::error_code error;
    fs::path file = command_.front();
    const char* const path = std::getenv("PATH");
    std::istringstream folders(path == nullptr ? "" : path);
    for (std::string folder; !file.has_parent_path() && std::getline(folders, folder, ':');) {
      if (access((fs::path(folder) / file).c_str(), X_OK) == 0) file = fs::path(folder) / file;
    }
    file = fs::canonical(file, error);
    if (error) return {};
    return fmt::format("{} {} {}", file.string(), fs::file_size(file, error),
                       fs::last_write_time(file, error).time_since_epoch().count());
  }

  std::optional<CompiledKernel> find() const {
    const std::optional<std::string> headers = content_of(folder_ / (key_ + ".headers"));
    if (!headers) return std::nullopt;
    std::string all = key_;
    std::string given = fmt::format("{}\n{}\n", text_, fmt::join(source_.flags, "\n"));
    std::istringstream lines(*headers);
    for (std::string line; std::getline(lines, line);) {
      const std::optional<std::string> content = content_of(line);
      if (!content) return std::nullopt;
      all += *content;
      if (!line.starts_with(includes_.string())) given += *content;  // ours are not the user's
    }
    CompiledKernel found{folder_ / (stable_hash(all) + ".so"), stable_hash(given)};
    if (!fs::exists(found.library)) return std::nullopt;
    return found;
  }

  void compile() {
    std::error_code error;
    fs::create_directories(folder_, error);
    std::string temporary = (folder_ / "compiling-XXXXXX").string();
    const int file = mkstemp(temporary.data());
    if (file < 0) {
      throw CompileError(
          fmt::format("cannot write to the cache of compiled kernels, '{}': {}; set XDG_CACHE_HOME",
                      folder_.string(), std::strerror(errno)));
    }
    close(file);
    const std::string rule = temporary + ".d";
    std::vector<std::string> command = command_;
    const fs::path near = source_.file.lexically_proximate(fs::current_path());
    command.push_back(near.string().starts_with("..") ? source_.file.string() : near.string());
    for (const std::string& word :
         {std::string("-MMD"), std::string("-MF"), rule, std::string("-o"), temporary})
      command.push_back(word);
    try {
      run_compiler(command);
      keep(temporary, rule);
    } catch (...) {
      fs::remove(temporary, error);
      fs::remove(rule, error);
      throw;
    }
  }

  /// Files come into the cache by renaming: nobody sees half of one.
  void keep(const std::string& library, const std::string& rule) {
    std::string all = key_;
    std::string headers;
    for (const std::string& name : prerequisites(content_of(rule).value_or(""))) {
      const fs::path file = fs::absolute(name).lexically_normal();
      if (file == source_.file) continue;
      headers += file.string() + "\n";
      all += content_of(file).value_or("");
    }
    std::ofstream(rule, std::ios::binary) << headers;
    fs::rename(library, folder_ / (stable_hash(all) + ".so"));
    fs::rename(rule, folder_ / (key_ + ".headers"));
  }

  const KernelSource& source_;
  fs::path folder_;
  fs::path includes_;
  std::string text_;
  bool is_c_ = false;
  std::vector<std::string> command_;
  std::string key_;
};

}  // namespace

fs::path kernel_cache() {
  const auto variable = [](const char* name) {
    const char* const value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  if (const std::string cache = variable("XDG_CACHE_HOME"); !cache.empty())
    return fs::path(cache) / "fanfold/kernels";
  if (const std::string home = variable("HOME"); !home.empty())
    return fs::path(home) / ".cache/fanfold/kernels";
  throw CompileError("there is no place for compiled kernels: set XDG_CACHE_HOME or HOME");
}

CompiledKernel compile_kernel(const KernelSource& source) { return Compilation(source).run(); }

}  // namespace fanfold
