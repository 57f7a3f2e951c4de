#include "sql/statement.hpp"

#include <variant>

namespace fanfold {

BoundStatement::BoundStatement(soci::session& session, const std::string& text,
                               const std::vector<Value>& values)
    : statement_(session) {
  statement_.alloc();
  statement_.prepare(text);
  integers_.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string name = "p" + std::to_string(i);
    if (const auto* integer = std::get_if<std::int64_t>(&values[i])) {
      integers_.push_back(*integer);
      statement_.exchange(soci::use(integers_.back(), name));
    } else if (const auto* real = std::get_if<double>(&values[i])) {
      statement_.exchange(soci::use(*real, name));
    } else {
      statement_.exchange(soci::use(std::get<std::string>(values[i]), name));
    }
  }
  statement_.define_and_bind();
}

}  // namespace fanfold
