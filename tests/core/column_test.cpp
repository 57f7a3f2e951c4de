// Columns: views of the values of many tasks, and the buffers that own them.
#include <fanfold/column.hpp>

#include <gmock/gmock.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/column_buffer.hpp"

namespace fanfold {
namespace {

using testing::Each;
using testing::ElementsAre;

TEST(ConstColumn, HasTheTypeOfItsValues) {
  const std::vector<std::int64_t> integers{1, 2, 3};
  const std::vector<double> reals{0.5, 1.5};
  const std::vector<std::string_view> texts{"a"};
  EXPECT_EQ(ConstColumn(std::span(integers)).type(), Type::integer);
  EXPECT_EQ(ConstColumn(std::span(reals)).type(), Type::real);
  EXPECT_EQ(ConstColumn(std::span(texts)).type(), Type::text);
  EXPECT_EQ(ConstColumn(std::span(integers)).size(), 3U);
  EXPECT_THAT(ConstColumn(std::span(reals)).reals(), ElementsAre(0.5, 1.5));
  EXPECT_EQ(ConstColumn().size(), 0U);
}

TEST(ConstColumn, RowsAreAViewOfTheSameMemory) {
  const std::vector<std::int64_t> values{10, 11, 12, 13};
  const ConstColumn column{std::span(values)};
  EXPECT_THAT(column.rows(1, 2).integers(), ElementsAre(11, 12));
  EXPECT_EQ(column.rows(1, 2).integers().data(), &values[1]);
  EXPECT_EQ(column.rows(4, 0).size(), 0U);
  EXPECT_THAT(column.rows(1, 3).rows(1, 2).integers(), ElementsAre(12, 13));
}

TEST(ConstColumn, CopiesAValueOut) {
  std::string text = "before";
  const std::vector<std::string_view> texts{text};
  const Value copy = ConstColumn(std::span(texts)).value(0);
  text = "after!";
  EXPECT_EQ(copy, Value("before"));
  EXPECT_EQ(type_of(copy), Type::text);
  EXPECT_EQ(name_of(type_of(copy)), "text");
}

TEST(ColumnBuffer, HoldsEachType) {
  ColumnBuffer buffer;
  buffer.reset(Type::integer, 2);
  buffer.integers()[0] = -1;
  buffer.integers()[1] = 1;
  EXPECT_THAT(buffer.view().integers(), ElementsAre(-1, 1));
  buffer.reset(Type::real, 1);
  buffer.reals()[0] = 0.25;
  EXPECT_THAT(buffer.view().reals(), ElementsAre(0.25));
  EXPECT_EQ(buffer.type(), Type::real);
}

TEST(ColumnBuffer, KeepsItsMemoryAndAlignsIt) {
  ColumnBuffer buffer;
  buffer.reset(Type::integer, 1000);
  const void* const memory = buffer.integers().data();
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % 64, 0U);
  buffer.reset(Type::real, 10);
  EXPECT_EQ(buffer.size(), 10U);
  EXPECT_EQ(static_cast<const void*>(buffer.reals().data()), memory);
  buffer.reset(Type::integer, 1000);
  EXPECT_EQ(static_cast<const void*>(buffer.integers().data()), memory);
}

TEST(ColumnBuffer, TextsAreEmptyAtFirstAndOwnedOnRequest) {
  ColumnBuffer buffer;
  buffer.reset(Type::text, 100);
  EXPECT_THAT(buffer.view().texts(), Each(std::string_view()));
  for (std::size_t row = 0; row < 100; ++row) {
    std::string text = "short" + std::to_string(row);  // small enough to lie inside of its string object
    buffer.texts()[row] = buffer.own(text);
    text.assign(text.size(), '?');
  }
  EXPECT_EQ(buffer.view().texts()[0], "short0");
  EXPECT_EQ(buffer.view().texts()[99], "short99");
  buffer.reset(Type::text, 1);
  EXPECT_THAT(buffer.view().texts(), ElementsAre(""));
}

}  // namespace
}  // namespace fanfold
