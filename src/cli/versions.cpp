#include "cli/versions.hpp"

#include <fmt/format.h>
#include <spdlog/version.h>
#include <boost/version.hpp>

#include <CLI/Version.hpp>
#include <nlohmann/json.hpp>
#include <vector>

#include "cli/text_table.hpp"
#include "core/error.hpp"
#include "core/module.hpp"
#include "core/simd_target.hpp"
#include "core/version.hpp"
#include "journal/versions.hpp"
#include "mpi/load.hpp"

namespace fanfold {
namespace {

std::string mpi_text() {
  try {
    return mpi_library_version();
  } catch (const UsageError& error) {
    return error.what();
  }
}

/// What a module says of its libraries.
std::string module_text(const std::string& what, const std::string& file, const char* function) {
  try {
    return module_function<const char*()>(what, file, function)();
  } catch (const UsageError& error) {
    return error.what();
  }
}

std::string simd_text() {
  return fmt::format("{} in use; of {} on this CPU; {} compiled", simd_target(),
                     fmt::join(simd_targets(), ", "), fmt::join(compiled_simd_targets(), ", "));
}

/// From a number such as 107400: 100,000 for the major, 100 for the minor version.
std::string boost_version() {
  return fmt::format("{}.{}.{}", BOOST_VERSION / 100'000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100);
}

std::string compiler() {
#ifdef __clang__
  return fmt::format("Clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#else
  return fmt::format("GCC {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
}

}  // namespace

std::string versions_text() {
  apply_simd_environment();
  const std::vector<std::vector<std::string>> rows = {
      {"MPI", mpi_text()},
      {"SIMD", simd_text()},
      {"Highway", FANFOLD_HIGHWAY_VERSION},
      {"SQLite", sqlite_version()},
      {"zstd", zstd_version()},
      {"libcurl", module_text("HTTP", "libfanfold_http.so", "fanfold_http_library_version")},
      {"SOCI", module_text("SQL", "libfanfold_sql.so", "fanfold_sql_library_version")},
      {"Boost", boost_version()},
      {"RE2", FANFOLD_RE2_VERSION},
      {"nlohmann-json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                                    NLOHMANN_JSON_VERSION_PATCH)},
      {"toml++", FANFOLD_TOMLPLUSPLUS_VERSION},
      {"CLI11", CLI11_VERSION},
      {"spdlog", fmt::format("{}.{}.{}", SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH)},
      {"fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10'000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
      {"compiler", compiler()},
  };
  std::string text = "fanfold " + version() + "\n" + table_text(rows, 0);
  text.pop_back();  // whoever prints it ends the line
  return text;
}

}  // namespace fanfold
