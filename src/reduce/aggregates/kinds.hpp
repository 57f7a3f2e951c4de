// The aggregates that there are, each defined in a file of this folder.
#pragma once

#include "reduce/aggregate.hpp"

namespace fanfold::reduce {

extern const AggregateKind all_kind;
extern const AggregateKind any_kind;
extern const AggregateKind argmax_kind;
extern const AggregateKind argmin_kind;
extern const AggregateKind bottom_kind;
extern const AggregateKind collect_kind;
extern const AggregateKind count_kind;
extern const AggregateKind first_kind;
extern const AggregateKind histogram_kind;
extern const AggregateKind max_kind;
extern const AggregateKind mean_kind;
extern const AggregateKind median_kind;
extern const AggregateKind min_kind;
extern const AggregateKind picture_kind;
extern const AggregateKind product_kind;
extern const AggregateKind quantile_kind;
extern const AggregateKind sem_kind;
extern const AggregateKind std_kind;
extern const AggregateKind sum_kind;
extern const AggregateKind top_kind;
extern const AggregateKind var_kind;

}  // namespace fanfold::reduce
