#include <algorithm>
#include <array>

#include "reduce/aggregates/kinds.hpp"

namespace fanfold::reduce {
namespace {

// Sorted by name.
constexpr std::array kinds = {
    &all_kind,        //
    &any_kind,        //
    &argmax_kind,     //
    &argmin_kind,     //
    &bottom_kind,     //
    &collect_kind,    //
    &count_kind,      //
    &first_kind,      //
    &histogram_kind,  //
    &max_kind,        //
    &mean_kind,       //
    &median_kind,     //
    &min_kind,        //
    &picture_kind,    //
    &product_kind,    //
    &quantile_kind,   //
    &sem_kind,        //
    &std_kind,        //
    &sum_kind,        //
    &top_kind,        //
    &var_kind,        //
};

}  // namespace

std::span<const AggregateKind* const> aggregate_kinds() { return kinds; }

const AggregateKind* find_aggregate(std::string_view name) {
  const auto found =
      std::find_if(kinds.begin(), kinds.end(), [&](const AggregateKind* kind) { return kind->name == name; });
  return found == kinds.end() ? nullptr : *found;
}

}  // namespace fanfold::reduce
