#pragma once

namespace fanfold {

/// A visitor of a std::variant made from one lambda for each alternative.
template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <typename... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

}  // namespace fanfold
