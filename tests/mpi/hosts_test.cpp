#include "mpi/hosts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/host.hpp"
#include "mpi/mpirun_command.hpp"

namespace fanfold {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <typename Call>
std::string error_of(const Call& call) {
  try {
    call();
  } catch (const UsageError& error) {
    return error.what();
  }
  return {};
}

TEST(Hosts, AreNamesWithRanks) {
  EXPECT_THAT(parse_hosts("nodea:2,nodeb,nodea"), ElementsAre(Host{"nodea", 3}, Host{"nodeb", 1}));
  EXPECT_EQ(to_text(parse_hosts("nodea:2,nodeb")), "nodea:2,nodeb:1");
  EXPECT_EQ(slots_of(parse_hosts("nodea:2,nodeb")), 3U);
  for (const char* wrong : {"nodea:0", "nodea:x", ":2", "nodea:2:3", "nodea:"})
    EXPECT_THAT(error_of([&] { parse_hosts(wrong); }), HasSubstr("is not a host, or a host and its ranks"))
        << wrong;
  EXPECT_EQ(error_of([] { parse_hosts(","); }), "--hosts names no host");
}

TEST(Hosts, AreReadFromAFile) {
  const char* const text = "# ours\nnodea slots=4\n\nnodeb:2  # slow\nnodec";
  EXPECT_THAT(parse_hostfile(text, "h"), ElementsAre(Host{"nodea", 4}, Host{"nodeb", 2}, Host{"nodec", 1}));
  EXPECT_EQ(error_of([] { parse_hostfile("nodea\nnodeb slots=two\n", "my hosts"); }),
            "my hosts:2: expected a host, such as 'nodea', 'nodea slots=2' or 'nodea:2'");
  EXPECT_EQ(error_of([] { parse_hostfile("# none\n", "my hosts"); }), "my hosts: names no host");
}

TEST(Hosts, ThisOneIsKnownByItsNamesAndAddresses) {
  EXPECT_TRUE(is_this_host(host_name()));
  EXPECT_TRUE(is_this_host("localhost"));
  EXPECT_TRUE(is_this_host("127.0.0.1"));
  EXPECT_FALSE(is_this_host("198.51.100.7"));  // RFC 5737: nobody's
}

TEST(MpirunCommand, HasHostsOnlyWhereTheyAreGiven) {
  EXPECT_THAT(
      mpirun_words(2, {}, {"fanfold", "run"}),
      ElementsAre("mpirun", "-n", "2", "--bind-to", "none", "--oversubscribe", "-q", "fanfold", "run"));
  EXPECT_THAT(mpirun_words(3, parse_hosts("a:2,b"), {"fanfold"}),
              ElementsAre("mpirun", "-n", "3", "--bind-to", "none", "--oversubscribe", "-q", "--host",
                          "a:2,b:1", "fanfold"));
}

TEST(MpirunCommand, OfALaterStartGoesOnInsteadOfStartingAnew) {
  EXPECT_THAT(command_to_go_on({"fanfold", "run", "j.toml", "--fresh", "--retry-failed", "--json"}, true),
              ElementsAre("fanfold", "run", "j.toml", "--json"));
  EXPECT_THAT(command_to_go_on({"fanfold", "run", "j.toml"}, false),
              ElementsAre("fanfold", "run", "j.toml", "--coordinate-only"));
  EXPECT_THAT(command_to_go_on({"fanfold", "run", "--coordinate-only"}, false),
              ElementsAre("fanfold", "run", "--coordinate-only"));
}

}  // namespace
}  // namespace fanfold
