// Job files and the files that they name, on a real file system.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "fake_sources.hpp"
#include "job/glob.hpp"
#include "job/job.hpp"

namespace fanfold::test {
namespace {

namespace fs = std::filesystem;

class ReadJobTest : public testing::Test {
 protected:
  ReadJobTest() {
    std::string pattern = (fs::temp_directory_path() / "fanfold-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~ReadJobTest() override { fs::remove_all(folder_); }

  fs::path write(const std::string& name, const std::string& text = "") {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }
  std::vector<std::string> found(const std::string& pattern) { return find_files(pattern, folder_); }

  fs::path folder_;
};

using Names = std::vector<std::string>;

TEST_F(ReadJobTest, names_the_job_that_is_there_for_one_that_is_not) {
  write("pi.toml");
  write("sub/heat.toml");
  write("pi.txt");
  const auto error_of = [this](const std::string& name) {
    try {
      read_job(folder_ / name, {});
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const auto cannot_read = [this](const std::string& name) {
    return "cannot read the job file '" + (folder_ / name).string() + "': No such file or directory";
  };
  const std::string pi = "; did you mean '" + (folder_ / "pi.toml").string() + "'?";
  EXPECT_EQ(error_of("pi.tml"), cannot_read("pi.tml") + pi);
  EXPECT_EQ(error_of("Pi.toml"), cannot_read("Pi.toml") + pi);
  EXPECT_EQ(error_of("pi"), cannot_read("pi") + pi);
  EXPECT_EQ(error_of("sub/haet.toml"),
            cannot_read("sub/haet.toml") + "; did you mean '" + (folder_ / "sub/heat.toml").string() + "'?");
  EXPECT_EQ(error_of("weather.toml"), cannot_read("weather.toml"));
  EXPECT_EQ(error_of("ab.toml"), cannot_read("ab.toml")) << "the extension is no likeness";
  EXPECT_EQ(error_of("nowhere/pi.toml"), cannot_read("nowhere/pi.toml"));
}

TEST_F(ReadJobTest, names_the_source_of_a_kernel_that_is_not_there) {
  const JobSource source = read_job(write("job.toml", "[task]\nkernel = \"nosuch.cpp\"\n"), {});
  ASSERT_EQ(source.inputs.size(), 1U);
  EXPECT_EQ(source.inputs[0].error,
            "cannot read the kernel '" + (folder_ / "nosuch.cpp").string() + "': No such file or directory");
}

TEST_F(ReadJobTest, globs_in_byte_order) {
  for (const char* const name : {"b.txt", "a.txt", "B.txt", "é.txt", "c.dat", ".hidden.txt", "sub/d.txt"})
    write(name);
  EXPECT_EQ(found("*.txt"), (Names{"B.txt", "a.txt", "b.txt", "é.txt"}));
  EXPECT_EQ(found("?.txt"), (Names{"B.txt", "a.txt", "b.txt"}));
  EXPECT_EQ(found("[ab].*"), (Names{"a.txt", "b.txt"}));
  EXPECT_EQ(found("[!ab].*"), (Names{"B.txt", "c.dat"}));
  EXPECT_EQ(found(".h*"), (Names{".hidden.txt"}));
  EXPECT_EQ(found("sub"), Names{});
  EXPECT_EQ(found("*/d.txt"), (Names{"sub/d.txt"}));
  EXPECT_EQ(found("./a.txt"), (Names{"./a.txt"}));
  EXPECT_EQ(found((folder_ / "c.*").string()), (Names{(folder_ / "c.dat").string()}));
  EXPECT_EQ(found("nothing/*.txt"), Names{});
  EXPECT_EQ(found(""), Names{});
}

TEST_F(ReadJobTest, globs_through_folders_of_any_depth) {
  for (const char* const name : {"top.txt", "a/one.txt", "a/b/two.txt", "a/b/c/two.dat", ".git/x.txt"})
    write(name);
  fs::create_directory_symlink(folder_, folder_ / "a" / "loop");
  EXPECT_EQ(found("**/*.txt"), (Names{"a/b/two.txt", "a/one.txt", "top.txt"}));
  EXPECT_EQ(found("a/**/two.*"), (Names{"a/b/c/two.dat", "a/b/two.txt"}));
  EXPECT_EQ(found("**/b/**/two.*"), (Names{"a/b/c/two.dat", "a/b/two.txt"}));
  EXPECT_EQ(found("a/**"), (Names{"a/b/c/two.dat", "a/b/two.txt", "a/one.txt"}));
  EXPECT_EQ(found("**/**/one.txt"), (Names{"a/one.txt"}));
}

TEST_F(ReadJobTest, reads_the_files_of_a_glob_beside_the_job_file) {
  write("data/new\nline.txt");
  write("data/plain.txt");
  const fs::path file =
      write("job.toml", "[params]\nfile = { glob = \"data/*\" }\n[task]\nread = \"{file}\"\n");
  const JobSource source = read_job(file, {});
  EXPECT_EQ(source.file, file.string());
  EXPECT_EQ(source.folder, folder_.string());
  const auto job = open_job(source, fake_sources());
  EXPECT_EQ(job->size(), 2U);
  EXPECT_EQ(job->space.params_of(TaskIndex(0)), (std::vector<Value>{std::string("data/new\nline.txt")}));
}

TEST_F(ReadJobTest, leaves_what_is_wrong_with_a_text_to_open_job) {
  EXPECT_EQ(read_job(write("job.toml", "[params\n"), {}).text, "[params\n");
  EXPECT_TRUE(read_job(write("odd.toml", "params = 3\n"), {}).inputs.empty());
}

TEST_F(ReadJobTest, says_why_a_file_cannot_be_read) {
  const auto message = [](const fs::path& file) {
    try {
      read_job(file, {});
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  const std::string missing = (folder_ / "missing.toml").string();
  EXPECT_EQ(message(missing), "cannot read the job file '" + missing + "': No such file or directory");
  EXPECT_EQ(message(folder_), "cannot read the job file '" + folder_.string() + "': it is a folder");
}

TEST(Examples, open) {
  const fs::path jobs = FANFOLD_JOBS;
  const auto pi = open_job(read_job(jobs / "pi.toml", {}), fake_sources());
  EXPECT_EQ(pi->size(), 1000U);
  const auto word_count = open_job(read_job(jobs / "word_count.toml", {}), fake_sources());
  EXPECT_EQ(word_count->size(), 3U);
}

}  // namespace
}  // namespace fanfold::test
