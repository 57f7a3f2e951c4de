// Kernels of the user's own: how they are named, and what is kept of them.
#include "job/own_kernel.hpp"

#include <gmock/gmock.h>

#include "core/bytes.hpp"

namespace fanfold::test {
namespace {

TEST(KernelPath, IsWhatHasADotOrASlash) {
  EXPECT_TRUE(is_kernel_path("./libheat.so:heat"));
  EXPECT_TRUE(is_kernel_path("heat.cpp"));
  EXPECT_TRUE(is_kernel_path("/opt/heat"));
  EXPECT_FALSE(is_kernel_path("heat"));
}

TEST(KernelPath, HasANameBehindAColon) {
  const KernelPath library = parse_kernel_path("../a:b/libheat.so:heat");
  EXPECT_EQ(library.file, "../a:b/libheat.so");
  EXPECT_EQ(library.name, "heat");
  EXPECT_FALSE(library.is_source);
  const KernelPath source = parse_kernel_path("a:b/heat.cpp");
  EXPECT_EQ(source.file, "a:b/heat.cpp");
  EXPECT_EQ(source.name, "");
  EXPECT_TRUE(source.is_source);
  EXPECT_TRUE(parse_kernel_path("heat.c:heat").is_source);
}

OwnKernel any_kernel() {
  OwnKernel kernel;
  kernel.named = "./libheat.so:heat";
  kernel.content = "0123";
  kernel.info.name = "heat";
  kernel.info.summary = "a rod cools";
  kernel.info.draws_random = true;
  kernel.info.parameters = {{"cells", Type::integer, "of a rod", Value(std::int64_t{-5}), 1.0},
                            {"length", Type::real, "of the rod", Value(0.5), {}, "m"},
                            {"metal", Type::text, "of the rod", {}, {}}};
  kernel.info.results = {{"middle", Type::real, "temperature", "°C"}, {"name", Type::text, "of the metal"}};
  return kernel;
}

TEST(OwnKernel, IsDecodedAsItWasEncoded) {
  const OwnKernel before = any_kernel();
  const OwnKernel kernel = decode_own_kernel(encode_own_kernel(before));
  EXPECT_EQ(kernel.named, before.named);
  EXPECT_EQ(kernel.content, before.content);
  EXPECT_EQ(kernel.info.name, "heat");
  EXPECT_EQ(kernel.info.summary, "a rod cools");
  EXPECT_TRUE(kernel.info.draws_random);
  EXPECT_FALSE(kernel.info.takes_input);
  ASSERT_EQ(kernel.info.parameters.size(), 3U);
  EXPECT_EQ(kernel.info.parameters[0].default_value, Value(std::int64_t{-5}));
  EXPECT_EQ(kernel.info.parameters[0].minimum, 1.0);
  EXPECT_EQ(kernel.info.parameters[1].default_value, Value(0.5));
  EXPECT_EQ(kernel.info.parameters[2].type, Type::text);
  EXPECT_FALSE(kernel.info.parameters[2].default_value);
  ASSERT_EQ(kernel.info.results.size(), 2U);
  EXPECT_EQ(kernel.info.results[1].name, "name");
  EXPECT_EQ(kernel.info.parameters[1].unit, "m");
  EXPECT_EQ(kernel.info.results[0].unit, "°C");
}

/// What a version without units wrote.
std::string without_units(const OwnKernel& kernel) {
  std::size_t bytes = 0;
  for (const Parameter& parameter : kernel.info.parameters) bytes += 1 + parameter.unit.size();
  for (const Result& result : kernel.info.results) bytes += 1 + result.unit.size();
  const std::string all = encode_own_kernel(kernel);
  return all.substr(0, all.size() - bytes);
}

TEST(OwnKernel, OfRunFilesWithoutUnitsIsDecoded) {
  const OwnKernel kernel = decode_own_kernel(without_units(any_kernel()));
  EXPECT_EQ(kernel.info.results[0].description, "temperature");
  EXPECT_EQ(kernel.info.results[0].unit, "");
}

TEST(OwnKernel, IsRefusedWhenItIsCutShort) {
  const std::string bytes = encode_own_kernel(any_kernel());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    if (size == without_units(any_kernel()).size()) continue;
    EXPECT_THROW(decode_own_kernel(bytes.substr(0, size)), DecodeError) << size;
  }
}

}  // namespace
}  // namespace fanfold::test
