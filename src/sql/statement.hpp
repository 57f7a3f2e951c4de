// A statement of SOCI with its values bound.
#pragma once

#include <soci/soci.h>
#include <fanfold/column.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace fanfold {

/// Prepares a statement and binds its values; they are sent beside it, never as a part of it. Throws
/// soci::soci_error. `values` must stay where they are until the statement ends.
class BoundStatement {
 public:
  BoundStatement(soci::session& session, const std::string& text, const std::vector<Value>& values);
  ~BoundStatement() { statement_.clean_up(); }
  BoundStatement(const BoundStatement&) = delete;
  BoundStatement& operator=(const BoundStatement&) = delete;

  /// Runs it. True: it is at its first row.
  bool execute() { return statement_.execute(true); }
  std::uint64_t changed_rows() {
    return static_cast<std::uint64_t>(std::max(0LL, statement_.get_affected_rows()));
  }

  /// Rows are read from the backend's own handle: SOCI's dynamic rows would cut SQLite's integers to 32 bits,
  /// round its computed reals to 15 digits, and drop PostgreSQL's fractions of seconds.
  template <typename Backend>
  Backend& backend() {
    return *static_cast<Backend*>(statement_.get_backend());
  }

 private:
  std::vector<long long> integers_;  // SOCI binds by address
  soci::statement statement_;
};

}  // namespace fanfold
