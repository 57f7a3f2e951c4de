#include "cli/picture_file.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "core/error.hpp"
#include "report/png.hpp"

namespace fanfold {
namespace {

std::filesystem::path numbered(const std::filesystem::path& path, std::size_t number) {
  if (number == 1) return path;
  return path.parent_path() / fmt::format("{}-{}{}", path.stem().string(), number, path.extension().string());
}

void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) throw RunError(fmt::format("cannot write the picture '{}'", path.string()));
}

}  // namespace

void check_picture_file(const Job& job, const std::string& path) {
  if (path.empty()) return;
  if (!job.reductions.has_picture()) {
    throw UsageError("--picture: no entry of [reduce] is a picture, such as `image = \"picture(tile)\"`");
  }
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (!folder.empty() && !std::filesystem::is_directory(folder)) {
    throw UsageError(fmt::format("picture '{}': there is no folder '{}'", path, folder.string()));
  }
}

void write_pictures(const std::vector<reduce::Answer>& answers, const std::string& path) {
  std::size_t number = 0;
  for (const reduce::Answer& answer : answers) {
    for (const reduce::AnswerRow& row : answer.rows) {
      if (const auto* picture = std::get_if<reduce::Picture>(&row.value)) {
        write_file(numbered(path, ++number), png_of(*picture));
      }
    }
  }
  if (number == 0) throw RunError("there is no picture to write");
}

}  // namespace fanfold
