#include "exec/temporary_folder.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <system_error>

namespace fanfold {

TemporaryFolder::TemporaryFolder() {
  const char* parent = std::getenv("TMPDIR");
  if (parent == nullptr || *parent == '\0') parent = "/tmp";
  path_ = fmt::format("{}/fanfold-XXXXXX", parent);
  if (mkdtemp(path_.data()) == nullptr) {
    const std::string why = std::generic_category().message(errno);
    throw std::runtime_error(fmt::format("cannot make a temporary folder in '{}': {}", parent, why));
  }
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
  if (error) spdlog::warn("cannot remove the temporary folder '{}': {}", path_, error.message());
}

}  // namespace fanfold
