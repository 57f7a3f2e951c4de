// The source `sql`: the rows of a statement, with one connection for each I/O thread.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>

#include "core/module.hpp"
#include "exec/source.hpp"
#include "exec/source_numbers.hpp"
#include "exec/sql_connection.hpp"
#include "job/sql_quotes.hpp"

namespace fanfold {
namespace {

constexpr double default_max_rows_bytes = 64 << 20;
constexpr std::string_view sqlite_scheme = "sqlite:";
constexpr std::string_view postgresql_schemes[] = {"postgresql://", "postgres://"};

/// What is wrong with a location, as far as its beginning says it: behind a name in braces anything may
/// follow.
std::string fault_of_location(std::string_view text) {
  const std::string_view fixed = text.substr(0, text.find('{'));
  const auto can_be = [&](std::string_view scheme) {
    return fixed.starts_with(scheme) || (fixed.size() < text.size() && scheme.starts_with(fixed));
  };
  if (can_be(sqlite_scheme) || std::ranges::any_of(postgresql_schemes, can_be)) return {};
  return fmt::format("'{}' is no database: it begins with sqlite: or postgresql://", text);
}

/// Some databases would leave the second away without a word.
std::string fault_of_statement(std::string_view text) {
  return has_second_statement(text) ? "a task runs one statement: there is another behind the ';'" : "";
}

class Sql final : public Source {
 public:
  explicit Sql(const Job& job)
      : statement_(job.source->arguments.at(0).templates.at(0).second),
        database_(job.source->find("database")),
        folder_(job.folder),
        numbers_(*job.source) {}

  Retrieved retrieve(const Retrieval& retrieval) const override {
    const Template::Bound bound = statement_.bind(retrieval.context);
    Retrieved retrieved;
    const SqlOptions options = options_of(retrieval.context, retrieval.timeout, max_bytes(retrieval));
    const std::shared_ptr<SqlConnection> connection =
        connection_of(retrieval.context.slot, options, retrieved.error);
    if (!connection) {
      retrieved.status = Status::failed;
      retrieved.error = "cannot open the database: " + retrieved.error;
      return retrieved;
    }
    SqlResult result = connection->run(bound.text, bound.values);
    // The next attempt connects again.
    if (result.connection_lost) forget(retrieval.context.slot);
    if (result.end == SqlResult::End::timed_out) {
      retrieved.status = Status::timed_out;
      retrieved.error = fmt::format("timed out after {} s", retrieval.timeout->count());
    } else if (result.end == SqlResult::End::failed) {
      retrieved.status = Status::failed;
      retrieved.error = std::move(result.error);
    } else {
      retrieved.results = {static_cast<std::int64_t>(result.rows)};
      retrieved.output = std::move(result.table);
    }
    return retrieved;
  }

  std::string obstacle(const TemplateContext& context) const override {
    statement_.bind(context);  // are its variables set?
    try {
      options_of(context, {}, 0);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return {};
  }

  void interrupt() const override {
    const std::lock_guard lock(mutex_);
    interrupted_ = true;
    for (const auto& [slot, open] : connections_) open.connection->interrupt();
  }

 private:
  struct Open {
    SqlOptions options;
    std::shared_ptr<SqlConnection> connection;
  };

  std::uint64_t max_bytes(const Retrieval& retrieval) const {
    const double bytes = numbers_.of("max_bytes", retrieval.numbers).value_or(default_max_rows_bytes);
    if (bytes >= 0 && bytes < 0x1p53) return static_cast<std::uint64_t>(bytes);
    throw std::runtime_error(fmt::format("'max_bytes' is no number of bytes: {}", bytes));
  }

  /// Throws std::runtime_error if there is no such database, as far as can be seen from here.
  SqlOptions options_of(const TemplateContext& context, std::optional<std::chrono::duration<double>> timeout,
                        std::uint64_t max_bytes) const {
    const Template& text = database_->templates.front().second;
    std::string location = text.render(context);
    SqlOptions options;
    options.timeout = timeout;
    options.max_bytes = max_bytes;
    if (location.starts_with(sqlite_scheme)) {
      options.location = path_of_file(location.substr(sqlite_scheme.size()));
      return options;
    }
    if (std::ranges::any_of(postgresql_schemes, [&](auto scheme) { return location.starts_with(scheme); })) {
      options.backend = SqlOptions::Backend::postgresql;
      options.location = std::move(location);
      return options;
    }
    throw std::runtime_error(fmt::format("'{}' is no database: it begins with sqlite: or postgresql://",
                                         text.preview(context, true)));
  }

  /// SQLite would make a file that is not there.
  std::string path_of_file(std::string path) const {
    if (path.starts_with("//")) path.erase(0, 2);
    const std::string full = (std::filesystem::path(folder_) / path).string();
    if (std::filesystem::exists(full)) return full;
    throw std::runtime_error(fmt::format("cannot open the database '{}': No such file or directory", path));
  }

  /// That of the slot; a new one if it has none, or one to another database. Null, and why, if that fails.
  std::shared_ptr<SqlConnection> connection_of(std::uint32_t slot, const SqlOptions& options,
                                               std::string& error) const {
    {
      const std::lock_guard lock(mutex_);
      if (interrupted_) {
        error = "interrupted";
        return nullptr;
      }
      const auto found = connections_.find(slot);
      if (found != connections_.end() && found->second.options.location == options.location &&
          found->second.options.max_bytes == options.max_bytes) {
        return found->second.connection;
      }
    }
    std::shared_ptr<SqlConnection> connection(module_function<decltype(fanfold_open_database)>(
        "SQL", "libfanfold_sql.so", "fanfold_open_database")(options, error));
    if (!connection) return nullptr;
    const std::lock_guard lock(mutex_);
    connections_[slot] = {options, connection};
    if (interrupted_) connection->interrupt();
    return connection;
  }

  void forget(std::uint32_t slot) const {
    const std::lock_guard lock(mutex_);
    connections_.erase(slot);
  }

  const Template& statement_;             // of the job, which outlives its executor
  const SourceArgument* const database_;  // as well
  std::string folder_;
  SourceNumbers numbers_;
  mutable std::mutex mutex_;
  mutable bool interrupted_ = false;
  mutable std::map<std::uint32_t, Open> connections_;  // by slot: no other thread uses it
};

}  // namespace

SourceType sql_source() {
  static const SourceInfo info = [] {
    SourceInfo sql;
    sql.name = "sql";
    sql.summary = "runs a statement in a database and takes its rows";
    sql.keys = {{.name = "sql",
                 .kind = KeyKind::statement,
                 .description = "the statement; values are bound to it, never pasted into it",
                 .fault = fault_of_statement},
                {.name = "database",
                 .description = "\"sqlite:data.db\", or \"postgresql://user@host/name\"",
                 .is_needed = true,
                 .fault = fault_of_location},
                {"max_bytes", KeyKind::bytes, "longer rows, as text, fail: 64 MiB"}};
    sql.results = {{"rows", Type::integer, "rows of the answer, or rows changed"}};
    sql.has_output = true;
    return sql;
  }();
  return {&info, [](const Job& job) -> std::unique_ptr<Source> { return std::make_unique<Sql>(job); }};
}

}  // namespace fanfold
