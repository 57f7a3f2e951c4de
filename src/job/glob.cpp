#include "job/glob.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <system_error>

#include "core/error.hpp"

namespace fanfold {
namespace {

namespace fs = std::filesystem;

bool has_wildcard(const std::string& part) { return part.find_first_of("*?[") != std::string::npos; }

bool matches(const std::string& part, const std::string& name) {
  return ::fnmatch(part.c_str(), name.c_str(), FNM_PERIOD) == 0;
}

class Search {
 public:
  Search(std::string_view pattern, const fs::path& folder) : folder_(folder) {
    for (std::size_t at = 0; at <= pattern.size();) {
      const std::size_t slash = std::min(pattern.find('/', at), pattern.size());
      const std::string_view part = pattern.substr(at, slash - at);
      const bool repeats = part == "**" && !parts_.empty() && parts_.back() == "**";
      if (!part.empty() && !repeats) parts_.emplace_back(part);
      at = slash + 1;
    }
    root_ = !pattern.empty() && pattern.front() == '/' ? "/" : "";
  }

  std::vector<std::string> find() {
    if (!parts_.empty()) search(root_, 0);
    std::sort(found_.begin(), found_.end());
    found_.erase(std::unique(found_.begin(), found_.end()),
                 found_.end());  // "**/a/**" finds a file several times
    return std::move(found_);
  }

 private:
  /// Looks below `base` (empty, or ending with a slash) for the parts from `part` on.
  void search(const std::string& base, std::size_t part) {
    const std::string& wanted = parts_[part];
    const bool is_last = part + 1 == parts_.size();
    if (wanted == "**") {
      search_all(base, part);
    } else if (!has_wildcard(wanted)) {
      visit(base + wanted, part, is_last);
    } else {
      for (const std::string& name : names_in(base)) {
        if (matches(wanted, name)) visit(base + name, part, is_last);
      }
    }
  }

  void visit(const std::string& path, std::size_t part, bool is_last) {
    std::error_code ignored;  // what cannot be looked at is not a file that matches
    const fs::path full = folder_ / path;
    if (is_last) {
      if (fs::is_regular_file(full, ignored)) found_.push_back(path);
    } else if (fs::is_directory(full, ignored)) {
      search(path + "/", part + 1);
    }
  }

  /// `**`: the next parts here and in all folders below; as the last part, all files below.
  void search_all(const std::string& base, std::size_t part) {
    const bool is_last = part + 1 == parts_.size();
    if (!is_last) search(base, part + 1);
    for (const std::string& name : names_in(base)) {
      if (name.front() == '.') continue;
      std::error_code ignored;
      const fs::file_status status = fs::symlink_status(folder_ / (base + name), ignored);
      if (status.type() == fs::file_type::directory) {
        search_all(base + name + "/", part);
      } else if (is_last) {
        visit(base + name, part, true);
      }
    }
  }

  std::vector<std::string> names_in(const std::string& base) const {
    const fs::path folder = folder_ / base;
    std::error_code error;
    if (!fs::is_directory(folder, error)) return {};
    std::vector<std::string> names;
    for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
         entry.increment(error)) {
      names.push_back(entry->path().filename().string());
    }
    if (error)
      throw UsageError(fmt::format("cannot read the folder '{}': {}", folder.string(), error.message()));
    return names;
  }

  fs::path folder_;
  std::string root_;
  std::vector<std::string> parts_;
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> find_files(std::string_view pattern, const fs::path& folder) {
  return Search(pattern, folder).find();
}

}  // namespace fanfold
