#include "journal/adopt_tasks.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include "journal/connection.hpp"
#include "journal/copy_tasks.hpp"
#include "journal/header_store.hpp"
#include "journal/new_run_file.hpp"
#include "journal/state_store.hpp"

namespace fanfold {
namespace {

void copy(const std::filesystem::path& from, const MovedList& tasks, bool keeps_values,
          SQLite::Database& to) {
  try {
    const std::unique_ptr<SQLite::Database> database = open_to_read(from, Sharing::automatic);
    SQLite::Transaction one_state(*database);
    TaskCopy copied(*database, to, "0");
    copied.rows(tasks);
    if (keeps_values) copied.kept_values(tasks);
  } catch (const DecodeError& error) {
    throw_read_error(from, error);
  }
}

}  // namespace

void create_with_adopted(const std::filesystem::path& path, const RunHeader& header, const RunState& state,
                         const std::filesystem::path& from, const MovedList& tasks) {
  create_run_file(path, [&](SQLite::Database& database) {
    write_header(database, header);
    copy(from, tasks, header.keeps_values, database);
    StateWriter(database).write_checkpoint(state);
  });
}

}  // namespace fanfold
