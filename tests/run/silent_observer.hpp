// Says nothing of a run.
#pragma once

#include "run/run_options.hpp"

namespace fanfold {

class SilentObserver final : public RunObserver {
  void on_start(std::uint64_t, std::uint64_t) override {}
  void on_progress(const Snapshot&) override {}
  void on_end(const Snapshot&) override {}
};

}  // namespace fanfold
