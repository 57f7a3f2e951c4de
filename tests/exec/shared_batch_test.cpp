// What two processes see of the same batch.
#include "exec/shared_batch.hpp"

#include <gmock/gmock.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace fanfold::test {
namespace {

using ::testing::ElementsAreArray;

TEST(SharedBatch, HasWhatWasShared) {
  for (const std::size_t rows : {1, 2, 3, 1000}) {
    KernelInfo info;
    info.takes_input = true;
    info.parameters = {
        {"i", Type::integer, "", {}, {}}, {"t", Type::text, "", {}, {}}, {"x", Type::real, "", {}, {}}};
    info.results = {{"y", Type::real, ""}, {"z", Type::integer, ""}};
    std::vector<std::int64_t> integers;
    std::vector<std::string> texts;
    std::vector<double> reals;
    std::vector<std::uint64_t> streams;
    for (std::size_t row = 0; row < rows; ++row) {
      integers.push_back(-static_cast<std::int64_t>(row));
      texts.push_back(std::string(row % 7, 't'));
      reals.push_back(0.5 * static_cast<double>(row));
      streams.push_back(row << 40);
    }
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    const std::vector<std::string_view> inputs(rows, "bytes");
    const std::vector<ConstColumn> columns{ConstColumn(std::span<const std::int64_t>(integers)),
                                           ConstColumn(std::span<const std::string_view>(views)),
                                           ConstColumn(std::span<const double>(reals))};
    const Batch batch(rows, columns, inputs, {1, 2}, streams, nullptr);

    const int file = memfd_create("shared_batch_test", 0);
    SharedMemory ours{FileDescriptor(file)};
    SharedMemory theirs{FileDescriptor(dup(file))};
    const SharedLayout layout = share(batch, info, 2, ours);
    SharedBatch shared(info, theirs);
    const Batch seen = shared.batch();

    ASSERT_EQ(seen.size(), rows);
    EXPECT_THAT(seen.integers(0), ElementsAreArray(integers));
    EXPECT_THAT(seen.texts(1), ElementsAreArray(views));
    EXPECT_THAT(seen.reals(2), ElementsAreArray(reals));
    EXPECT_THAT(seen.random_streams(), ElementsAreArray(streams));
    EXPECT_EQ(seen.random_key(), batch.random_key());
    EXPECT_EQ(seen.input(rows - 1), "bytes");
    EXPECT_FALSE(seen.stop_requested());
    for (std::size_t result = 0; result < 2; ++result) {
      EXPECT_EQ(shared.result(result) - theirs.data(), static_cast<std::ptrdiff_t>(layout.results[result]));
    }
  }
}

TEST(SharedNote, IsRefusedWhenItIsCutShort) {
  ByteWriter out;
  encode(out, SharedNote{300, 2, "why"});
  for (std::size_t size = 0; size < out.size(); ++size) {
    ByteReader in(std::span(out.bytes()).first(size));
    EXPECT_THROW(decode_shared_note(in), DecodeError);
  }
  ByteReader in(out.bytes());
  const SharedNote note = decode_shared_note(in);
  EXPECT_EQ(note.row, 300U);
  EXPECT_EQ(note.result, 2U);
  EXPECT_EQ(note.text, "why");
}

}  // namespace
}  // namespace fanfold::test
