// The source read: ranges, compressed files, blocks of lines.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include "exec_job.hpp"
#include "job/job.hpp"

namespace fanfold {
namespace {

using test::Folder;
using test::job_of;
using test::Reported;
using test::run_all;

std::string gzip(const std::string& text) {
  z_stream stream = {};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

/// What one retrieval gives.
Retrieved retrieved(const std::string& folder, const std::string& keys) {
  const auto job = job_of("[task]\nread = 'file'\n" + keys, folder);
  const auto source = make_source(*job);
  TemplateContext context;
  std::vector<double> numbers;
  for (const SourceArgument& argument : job->source->arguments) {
    const auto add = [&](const Operand& operand) {
      numbers.push_back(std::get<double>(std::get<Value>(operand)));
    };
    if (argument.number) add(*argument.number);
    for (const Operand& operand : argument.range) add(operand);
  }
  return source->retrieve({context, numbers, {}});
}

std::string contents(const std::string& text, const std::string& keys = "") {
  const Folder folder;
  folder.write("file", text);
  const Retrieved result = retrieved(folder.path(), keys);
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(result.results, std::vector<Value>{static_cast<std::int64_t>(result.output.size())});
  return result.output;
}

std::string read_error(const std::string& text, const std::string& keys = "") {
  const Folder folder;
  folder.write("file", text);
  const Retrieved result = retrieved(folder.path(), keys);
  EXPECT_EQ(result.status, Status::failed);
  return result.error;
}

TEST(Read, TakesARange) {
  EXPECT_EQ(contents("0123456789", "bytes = [0, 4]"), "0123");
  EXPECT_EQ(contents("0123456789", "bytes = [3, 4]"), "3");
  EXPECT_EQ(contents("0123456789", "bytes = [7, 100]"), "789");
  EXPECT_EQ(contents("0123456789", "bytes = [4, 4]"), "");
  EXPECT_EQ(contents("0123456789", "bytes = [100, 200]"), "");
  EXPECT_EQ(read_error("0123456789", "bytes = [4, 3]"),
            "cannot read 'file': 'bytes' ends at 3, before it begins at 4");
  EXPECT_EQ(read_error("0123456789", "bytes = [-1, 3]"),
            "cannot read 'file': 'bytes' is no number of bytes: -1");
  EXPECT_EQ(read_error("0123456789", "bytes = [0.5, 3]"),
            "cannot read 'file': 'bytes' is no number of bytes: 0.5");
}

TEST(Read, TakesARangeThatParamsSay) {
  const Folder folder;
  folder.write("file", "0123456789");
  const auto job = job_of(
      "params.i = { count = 5 }\n[task]\nread = 'file'\nbytes = ['2 * i', '2 * i + 2']\n[values]\n"
      "x = { regex = '.*', type = 'text' }\nstart = \"bytes * i\"",
      folder.path());
  const Reported reported = run_all(*job);
  EXPECT_EQ(reported.outcome(3).error, "");
  EXPECT_EQ(reported.outcome(3).values.front(), Value(std::int64_t{2}));
}

TEST(Read, DecompressesByContent) {
  const std::string text(300'000, 'x');
  EXPECT_EQ(contents(gzip(text)), text);
  EXPECT_EQ(contents(zstd(text)), text);
  EXPECT_EQ(contents(gzip("one\n") + gzip("") + gzip("two\n")), "one\ntwo\n");
  EXPECT_EQ(contents(zstd("one\n") + zstd("") + zstd("two\n")), "one\ntwo\n");
  EXPECT_EQ(contents(gzip("one\n") + std::string(500, '\0')), "one\n");
  EXPECT_EQ(contents(gzip("one\n"), "decompress = false"), gzip("one\n"));
  EXPECT_EQ(contents(gzip("one\n"), "bytes = [0, 2]"), "\x1F\x8B");
  EXPECT_EQ(contents("prefix" + gzip("one\n"), "bytes = [6, 1000]\ndecompress = true"), "one\n");
  EXPECT_EQ(contents("\x1F"), "\x1F");
  EXPECT_EQ(contents(""), "");
}

TEST(Read, SaysWhatIsWrongWithAnArchive) {
  const std::string whole = gzip("some text that is compressed");
  const std::string frame = zstd("some text that is compressed");
  EXPECT_EQ(read_error(whole.substr(0, whole.size() - 3)), "cannot read 'file': its gzip data ends early");
  EXPECT_EQ(read_error(whole.substr(0, 5)), "cannot read 'file': its gzip data ends early");
  EXPECT_EQ(read_error(frame.substr(0, frame.size() - 3)), "cannot read 'file': its zstd data ends early");
  EXPECT_EQ(read_error(whole + "tail"), "cannot read 'file': other bytes follow its gzip data");
  EXPECT_EQ(read_error(frame + "tail"),
            "cannot read 'file': its zstd data is damaged: Unknown frame descriptor");
  std::string damaged = whole;
  damaged[damaged.size() - 6] ^= 1;
  EXPECT_EQ(read_error(damaged), "cannot read 'file': its gzip data is damaged: incorrect data check");
}

TEST(Read, KeepsItsLimit) {
  const std::string bomb = gzip(std::string(50'000'000, '\0'));
  ASSERT_LT(bomb.size(), 100'000U);
  EXPECT_EQ(read_error(bomb, "max_bytes = '1MB'"),
            "cannot read 'file': it has more than 1000000 bytes, see max_bytes");
  EXPECT_EQ(read_error("0123456789", "max_bytes = 9"),
            "cannot read 'file': it has more than 9 bytes, see max_bytes");
  EXPECT_EQ(contents("0123456789", "max_bytes = 10"), "0123456789");
}

/// A job that reads the blocks of a file, as rank zero reads it.
std::unique_ptr<const Job> blocks_job(const Folder& folder, const std::string& keys) {
  const std::string file = folder.write(
      "job.toml", "[params]\npart = { blocks = 'file', " + keys + " }\n[task]\nread = '{part}'\n");
  return open_job(read_job(file, {}), source_registry());
}

std::vector<std::string> blocks_of(const Job& job) {
  const auto source = make_source(job);
  std::vector<std::string> blocks;
  for (std::uint64_t task = 0; task < job.size(); ++task) {
    TemplateContext context;
    context.task = TaskIndex(task);
    context.params = job.space.params_of(context.task);
    Retrieved result = source->retrieve({context, {}, {}});
    EXPECT_EQ(result.error, "");
    blocks.push_back(std::move(result.output));
  }
  return blocks;
}

TEST(Blocks, HaveTheLinesThatBeginInThem) {
  const Folder folder;
  folder.write("file", "aa\nb\ncccccccccc\nd\n\nee");
  EXPECT_THAT(blocks_of(*blocks_job(folder, "size = 4")),
              testing::ElementsAre("aa\nb\n", "cccccccccc\n", "", "", "d\n\nee", ""));
}

TEST(Blocks, CanHaveTheHeaderEach) {
  const Folder folder;
  folder.write("file", "x,y\n1,2\n3,4\n5,6\n");
  EXPECT_THAT(blocks_of(*blocks_job(folder, "size = 8, header = true")),
              testing::ElementsAre("x,y\n1,2\n", "x,y\n3,4\n5,6\n"));
}

RC_GTEST_PROP(Blocks, AreTheFileWhenPutTogether, ()) {
  const auto text = *rc::gen::container<std::string>(
      rc::gen::weightedElement<char>({{4, 'a'}, {3, '\n'}, {1, '\r'}, {1, '\0'}, {1, 'z'}}));
  RC_PRE(!text.empty());
  const Folder folder;
  folder.write("file", text);
  const auto size = *rc::gen::inRange(1, 12);
  const auto job = blocks_job(folder, "size = " + std::to_string(size));
  RC_ASSERT(job->size() ==
            (text.size() + static_cast<std::size_t>(size) - 1) / static_cast<std::size_t>(size));
  std::string together;
  for (const std::string& block : blocks_of(*job)) {
    const bool begins_a_line =
        together.empty() || together.back() == '\n';  // RC_ASSERT evaluates both sides of ||
    RC_ASSERT(begins_a_line || block.empty());
    together += block;
  }
  RC_ASSERT(together == text);
}

TEST(Blocks, HaveLinesThatAreLongerThanWhatIsSearchedAtOnce) {
  const Folder folder;
  const std::string text = "first\n" + std::string(300'000, 'x') + "\nlast";
  folder.write("file", text);
  const auto blocks = blocks_of(*blocks_job(folder, "size = 100_000"));
  ASSERT_EQ(blocks.size(), 4U);
  EXPECT_EQ(blocks[0] + blocks[3], text);
}

TEST(Blocks, FailWhenTheFileHasChanged) {
  const Folder folder;
  folder.write("file", "one\ntwo\n");
  const auto job = blocks_job(folder, "size = 4");
  folder.write("file", "one\ntwo\nthree\n");
  TemplateContext context;
  context.params = job->space.params_of(TaskIndex(0));
  EXPECT_EQ(make_source(*job)->retrieve({context, {}, {}}).error,
            "cannot read 'file': it has 14 bytes, but had 8 when the job was read");
}

TEST(Blocks, AreNoPartOfAPath) {
  const Folder folder;
  folder.write("file", "one\n");
  const std::string job =
      folder.write("job.toml", "[params]\npart = { blocks = 'file' }\n[task]\nread = 'data/{part}'\n");
  try {
    open_job(read_job(job, {}), source_registry());
    FAIL() << "it is a mistake";
  } catch (const JobError& mistake) {
    EXPECT_THAT(mistake.what(), testing::HasSubstr("'part' is a block of a file: write read = \"{part}\""));
  }
}

TEST(Blocks, AreOfPlainFilesThatAreThere) {
  const Folder folder;
  const auto mistake = [&](const std::string& keys) -> std::string {
    try {
      blocks_job(folder, keys);
      return "";
    } catch (const JobError& error) {
      return error.what();
    }
  };
  EXPECT_THAT(mistake("size = 4"),
              testing::HasSubstr("cannot read the file 'file': No such file or directory"));
  folder.write("file", "");
  EXPECT_THAT(mistake("size = 4"), testing::HasSubstr("the file 'file' is empty"));
  folder.write("file", gzip("one\n"));
  EXPECT_THAT(mistake("size = 4"),
              testing::HasSubstr("is compressed: only plain files can be cut into blocks"));
  folder.write("file", std::string(1000, 'x'));
  EXPECT_THAT(mistake("size = 0"), testing::HasSubstr("'size' must be at least one byte"));
  EXPECT_THAT(mistake("sise = 1"), testing::HasSubstr("did you mean 'size'?"));
}

}  // namespace
}  // namespace fanfold
