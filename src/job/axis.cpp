// The axes whose values are stored or follow from a formula of plain operations. Each is a sequence: an
// element type, a size, and at(position) or fill(first, rows); SequenceAxis makes an Axis of it whose loops
// the compiler sees through.
#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <utility>

#include "job/task_space.hpp"

namespace fanfold {
namespace {

template <typename Element>
std::span<Element> rows_of(ColumnBuffer& out) {
  if constexpr (std::is_same_v<Element, std::int64_t>) {
    return out.integers();
  } else if constexpr (std::is_same_v<Element, double>) {
    return out.reals();
  } else {
    return out.texts();
  }
}

template <typename Element>
constexpr Type type_of_element = std::is_same_v<Element, std::int64_t> ? Type::integer
                                 : std::is_same_v<Element, double>     ? Type::real
                                                                       : Type::text;

template <typename Sequence>
class SequenceAxis final : public Axis {
 public:
  using Element = typename Sequence::Element;
  explicit SequenceAxis(Sequence sequence) : sequence_(std::move(sequence)) {}

  Type type() const override { return type_of_element<Element>; }
  std::uint64_t size() const override { return sequence_.size(); }
  void fill(std::uint64_t first, std::size_t count, ColumnBuffer& out, std::size_t row) const override {
    const std::span<Element> rows = rows_of<Element>(out).subspan(row, count);
    if constexpr (requires { sequence_.fill(first, rows); }) {
      sequence_.fill(first, rows);
    } else {
      for (std::size_t i = 0; i < count; ++i) rows[i] = sequence_.at(first + i);
    }
  }
  std::string_view text_cause() const override {
    if constexpr (requires { sequence_.text_cause(); }) return sequence_.text_cause();
    return {};
  }

 private:
  Sequence sequence_;
};

template <typename Sequence>
std::unique_ptr<Axis> make_axis(Sequence sequence) {
  return std::make_unique<SequenceAxis<Sequence>>(std::move(sequence));
}

/// Values that are stored as `Stored` and read as `Element`: texts are read as views of the stored strings.
template <typename Stored, typename ElementType = Stored>
class ListSequence {
 public:
  using Element = ElementType;
  explicit ListSequence(const std::vector<Value>& values) {
    values_.reserve(values.size());
    for (const Value& value : values) values_.push_back(std::get<Stored>(value));
  }
  std::uint64_t size() const { return values_.size(); }
  Element at(std::uint64_t position) const { return values_[position]; }

 private:
  std::vector<Stored> values_;
};

template <typename ElementType>
class NumberSequence {
 public:
  using Element = ElementType;
  explicit NumberSequence(std::vector<Element> values) : values_(std::move(values)) {}
  std::uint64_t size() const { return values_.size(); }
  void fill(std::uint64_t first, std::span<Element> rows) const {
    std::copy_n(values_.begin() + static_cast<std::ptrdiff_t>(first), rows.size(), rows.begin());
  }

 private:
  std::vector<Element> values_;
};

class TextSequence {
 public:
  using Element = std::string_view;
  TextSequence(std::vector<std::string_view> values, std::shared_ptr<const std::string> text,
               std::string cause)
      : values_(std::move(values)), text_(std::move(text)), cause_(std::move(cause)) {}
  std::uint64_t size() const { return values_.size(); }
  std::string_view at(std::uint64_t position) const { return values_[position]; }
  std::string_view text_cause() const { return cause_; }

 private:
  std::vector<std::string_view> values_;
  std::shared_ptr<const std::string> text_;
  std::string cause_;
};

class CountSequence {
 public:
  using Element = std::int64_t;
  explicit CountSequence(std::uint64_t count) : count_(count) {}
  std::uint64_t size() const { return count_; }
  std::int64_t at(std::uint64_t position) const { return static_cast<std::int64_t>(position); }

 private:
  std::uint64_t count_;
};

/// Calls `point` with the positions first, first + 1 … as doubles. Below 2^53 they come from 32-bit integers,
/// for which every SIMD target has a conversion; a 64-bit one only AVX-512 has.
template <typename Point>
void fill_points(std::uint64_t first, std::span<double> rows, Point point) {
  constexpr std::size_t block = 4096;
  for (std::size_t done = 0; done < rows.size(); done += block) {
    const auto position = static_cast<std::int64_t>(first + done);
    const auto count = static_cast<std::int32_t>(std::min(block, rows.size() - done));
    double* const out = rows.data() + done;
    if (position + count <= (std::int64_t{1} << 53)) {
      const auto base = static_cast<double>(position);
      for (std::int32_t i = 0; i < count; ++i) out[i] = point(base + static_cast<double>(i));
    } else {
      for (std::int32_t i = 0; i < count; ++i) out[i] = point(static_cast<double>(position + i));
    }
  }
}

/// Point i is from + (to − from)·i / (steps − 1), each operation rounded once, held back so that it does not
/// pass `to`: every operation is monotone in i, so the points are. The last point is `to` itself. Ends so far
/// apart that a product would overflow are scaled by a power of two, which rounds nothing but what is
/// negligible beside them.
class LinearSequence {
 public:
  using Element = double;
  LinearSequence(double from, double to, std::uint64_t steps) : from_(from), to_(to), steps_(steps) {
    if (!std::isfinite((to - from) * intervals())) scale_ = 0x1p-65;
    scaled_from_ = from * scale_;
    scaled_width_ = to * scale_ - scaled_from_;
    unscale_ = 1 / scale_;
    low_ = std::min(from, to);
    high_ = std::max(from, to);
  }
  std::uint64_t size() const { return steps_; }
  void fill(std::uint64_t first, std::span<double> rows) const {
    const double from = scaled_from_;
    const double width = scaled_width_;
    const double divisor = intervals();
    fill_points(first, rows, [=, unscale = unscale_, low = low_, high = high_](double i) {
      return std::min(std::max((from + width * i / divisor) * unscale, low), high);
    });
    if (rows.empty()) return;
    if (first + rows.size() == steps_) rows.back() = to_;
    if (first == 0) rows.front() = from_;
  }

 private:
  double intervals() const { return static_cast<double>(std::max<std::uint64_t>(steps_ - 1, 1)); }

  double from_;
  double to_;
  std::uint64_t steps_;
  double scale_ = 1;
  double scaled_from_;
  double scaled_width_;
  double unscale_;
  double low_;
  double high_;
};

class IntegerStepSequence {
 public:
  using Element = std::int64_t;
  IntegerStepSequence(std::int64_t from, std::int64_t to, std::int64_t step) : from_(from), step_(step) {
    assert(step != 0 && (step > 0 ? from <= to : from >= to));
    // In unsigned arithmetic, where the distance between any two integers has a value.
    const auto distance = step > 0 ? static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from)
                                   : static_cast<std::uint64_t>(from) - static_cast<std::uint64_t>(to);
    const auto stride = step > 0 ? static_cast<std::uint64_t>(step) : 0 - static_cast<std::uint64_t>(step);
    const std::uint64_t steps = distance / stride;
    size_ = steps == std::numeric_limits<std::uint64_t>::max() ? steps : steps + 1;
  }
  std::uint64_t size() const { return size_; }
  std::int64_t at(std::uint64_t position) const {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(from_) +
                                     position * static_cast<std::uint64_t>(step_));
  }

 private:
  std::int64_t from_;
  std::int64_t step_;
  std::uint64_t size_;
};

/// Point i is from + i·step, each operation rounded once, held back so that it does not pass `to`. A point
/// that would pass `to` by rounding only (from = 0, to = 0.3, step = 0.1) is a point, and is `to`.
class RealStepSequence {
 public:
  using Element = double;
  RealStepSequence(double from, double to, double step)
      : from_(from), step_(step), low_(std::min(from, to)), high_(std::max(from, to)) {
    assert(step != 0 && (step > 0 ? from <= to : from >= to));
    const double exact = std::isfinite(to - from) ? (to - from) / step : to / step - from / step;
    const double nearest = std::nearbyint(exact);
    const bool is_whole = std::abs(exact - nearest) <= 0x1p-50 * nearest;
    const double steps = is_whole ? nearest : std::floor(exact);
    size_ =
        steps < 0x1p63 ? static_cast<std::uint64_t>(steps) + 1 : std::numeric_limits<std::uint64_t>::max();
  }
  std::uint64_t size() const { return size_; }
  void fill(std::uint64_t first, std::span<double> rows) const {
    fill_points(first, rows, [from = from_, step = step_, low = low_, high = high_](double i) {
      return std::min(std::max(from + i * step, low), high);
    });
  }

 private:
  double from_;
  double step_;
  double low_;
  double high_;
  std::uint64_t size_;
};

}  // namespace

std::unique_ptr<Axis> make_list_axis(std::vector<Value> values) {
  assert(!values.empty());
  switch (type_of(values.front())) {
    case Type::integer:
      return make_axis(ListSequence<std::int64_t>(values));
    case Type::real:
      return make_axis(ListSequence<double>(values));
    case Type::text:
      return make_axis(ListSequence<std::string, std::string_view>(values));
  }
  return nullptr;
}

std::unique_ptr<Axis> make_number_axis(std::vector<std::int64_t> values) {
  return make_axis(NumberSequence<std::int64_t>(std::move(values)));
}

std::unique_ptr<Axis> make_number_axis(std::vector<double> values) {
  return make_axis(NumberSequence<double>(std::move(values)));
}

std::unique_ptr<Axis> make_text_axis(std::vector<std::string_view> values,
                                     std::shared_ptr<const std::string> text, std::string cause) {
  assert(!values.empty());
  return make_axis(TextSequence(std::move(values), std::move(text), std::move(cause)));
}

std::unique_ptr<Axis> make_count_axis(std::uint64_t count) { return make_axis(CountSequence(count)); }

std::unique_ptr<Axis> make_linear_axis(double from, double to, std::uint64_t steps) {
  return make_axis(LinearSequence(from, to, steps));
}

std::unique_ptr<Axis> make_step_axis(std::int64_t from, std::int64_t to, std::int64_t step) {
  return make_axis(IntegerStepSequence(from, to, step));
}

std::unique_ptr<Axis> make_step_axis(double from, double to, double step) {
  return make_axis(RealStepSequence(from, to, step));
}

}  // namespace fanfold
