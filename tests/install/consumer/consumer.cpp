// A kernel that knows nothing of fanfold but its installed headers.
#include <fanfold/kernel.hpp>

#include <cstdio>

namespace {

class Doubling final : public fanfold::Kernel {
 public:
  Doubling() {
    info_.name = "doubling";
    info_.parameters.push_back({"x", fanfold::Type::integer, "any integer", {}, {}});
    info_.results.push_back({"twice", fanfold::Type::integer, "2 x"});
  }
  const fanfold::KernelInfo& info() const override { return info_; }
  void run(const fanfold::Batch& batch, fanfold::Results& results) const override {
    for (std::size_t task = 0; task < batch.size(); ++task) {
      results.integers(0)[task] = 2 * batch.integers(0)[task];
    }
  }

 private:
  fanfold::KernelInfo info_;
};

}  // namespace

int main() {
  const Doubling kernel;
  const fanfold::RandomBlock zeros = fanfold::philox4x32({0, 0, 0, 0}, {0, 0});
  std::printf("%s %08x\n", kernel.info().name.c_str(), static_cast<unsigned>(zeros[0]));
}
