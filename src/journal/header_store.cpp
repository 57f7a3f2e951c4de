#include "journal/header_store.hpp"
#include "journal/row_checksum.hpp"

#include <algorithm>
#include <string>

#include "journal/blob.hpp"
#include "journal/compression.hpp"

namespace fanfold {
namespace {

// Inputs are cut into pieces: SQLite takes no blob over 10^9 bytes, and a packed copy of one piece is small.
constexpr std::size_t piece_bytes = 16 << 20;

// Before the keys of --set in the table of overrides; keys of [run] have no space.
const std::string set_prefix = "set ";
// For --commands; no key of [run] has this name.
const std::string commands_key = "commands";

template <typename T>
void write_meta(SQLite::Database& database, const char* key, const T& value) {
  SQLite::Statement row(database, "INSERT INTO meta(key, value) VALUES(?, ?)");
  row.bind(1, key);
  row.bind(2, value);
  row.exec();
}

SQLite::Statement meta(const SQLite::Database& database, const char* key) {
  SQLite::Statement row(database, "SELECT value FROM meta WHERE key = ?");
  row.bind(1, key);
  if (!row.executeStep()) throw DecodeError(std::string("it has no ") + key);
  return row;
}

std::string text_meta(const SQLite::Database& database, const char* key) {
  return meta(database, key).getColumn(0).getString();
}

std::int64_t integer_meta(const SQLite::Database& database, const char* key) {
  return meta(database, key).getColumn(0).getInt64();
}

void write_pair(SQLite::Statement& row, const std::string& key, const std::string& value) {
  row.tryReset();
  row.bindNoCopy(1, key);
  row.bindNoCopy(2, value);
  row.exec();
}

void write_inputs(SQLite::Database& database, const std::vector<JobSource::Input>& inputs) {
  SQLite::Statement input_row(database, "INSERT INTO inputs(id, key) VALUES(?, ?)");
  SQLite::Statement piece_row(database, insert_into("input_pieces"));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    input_row.tryReset();
    input_row.bind(1, static_cast<std::int64_t>(i));
    input_row.bindNoCopy(2, inputs[i].key);
    input_row.exec();
    const std::span<const std::byte> data = std::as_bytes(std::span(*inputs[i].data));
    for (std::size_t begin = 0; begin < data.size(); begin += piece_bytes) {
      const Bytes piece = pack(data.subspan(begin, std::min(piece_bytes, data.size() - begin)));
      piece_row.tryReset();
      piece_row.bind(1, static_cast<std::int64_t>(i));
      piece_row.bind(2, static_cast<std::int64_t>(begin / piece_bytes));
      bind_blob(piece_row, 3, piece);
      piece_row.exec();
    }
  }
}

std::vector<JobSource::Input> read_inputs(const SQLite::Database& database) {
  std::vector<JobSource::Input> inputs;
  SQLite::Statement input_row(database, "SELECT id, key FROM inputs ORDER BY id");
  SQLite::Statement piece_row(database, "SELECT data FROM input_pieces WHERE input = ? ORDER BY piece");
  while (input_row.executeStep()) {
    std::string data;
    piece_row.tryReset();
    piece_row.bind(1, input_row.getColumn(0).getInt64());
    while (piece_row.executeStep()) {
      const Bytes piece = unpack(blob_of(piece_row, 0));
      data.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    }
    inputs.emplace_back(input_row.getColumn(1).getString(), std::move(data));
  }
  return inputs;
}

void write_job(SQLite::Database& database, const JobSource& job) {
  write_meta(database, "job_file", job.file);
  write_meta(database, "job_folder", job.folder);
  write_meta(database, "job_text", job.text);
  if (job.overrides.seed) write_meta(database, "seed", signed_of(*job.overrides.seed));
  SQLite::Statement override_row(database, "INSERT INTO overrides(key, value) VALUES(?, ?)");
  for (const auto& [key, value] : job.overrides.run) write_pair(override_row, key, value);
  for (const auto& [key, value] : job.overrides.set) write_pair(override_row, set_prefix + key, value);
  if (job.overrides.commands) write_pair(override_row, commands_key, job.file);
  write_inputs(database, job.inputs);
}

JobSource read_job_source(const SQLite::Database& database) {
  JobSource job;
  job.file = text_meta(database, "job_file");
  job.folder = text_meta(database, "job_folder");
  job.text = text_meta(database, "job_text");
  SQLite::Statement seed(database, "SELECT value FROM meta WHERE key = 'seed'");
  if (seed.executeStep()) job.overrides.seed = unsigned_of(seed.getColumn(0).getInt64());
  SQLite::Statement override_row(database, "SELECT key, value FROM overrides ORDER BY id");
  while (override_row.executeStep()) {
    const std::string key = override_row.getColumn(0).getString();
    if (key == commands_key) {
      job.overrides.commands = true;
      continue;
    }
    const bool is_set = key.starts_with(set_prefix);
    auto& overrides = is_set ? job.overrides.set : job.overrides.run;
    overrides.emplace_back(is_set ? key.substr(set_prefix.size()) : key,
                           override_row.getColumn(1).getString());
  }
  job.inputs = read_inputs(database);
  return job;
}

}  // namespace

void write_header(SQLite::Database& database, const RunHeader& header) {
  database.exec(
      "DELETE FROM meta; DELETE FROM overrides; DELETE FROM fingerprint; DELETE FROM inputs; "
      "DELETE FROM input_pieces");
  write_meta(database, "fanfold_version", header.fanfold_version);
  write_meta(database, "job_name", header.job_name);
  write_meta(database, "tasks", signed_of(header.tasks));
  write_meta(database, "keeps_values", header.keeps_values ? 1 : 0);
  write_meta(database, "created", header.created);
  write_meta(database, "host", header.host);
  if (header.adopted) {
    write_meta(database, "adopted_from", header.adopted->file);
    write_meta(database, "adopted_tasks", signed_of(header.adopted->tasks));
  }
  write_job(database, header.job);
  SQLite::Statement row(database, "INSERT INTO fingerprint(key, value) VALUES(?, ?)");
  for (const Job::FingerprintEntry& entry : header.fingerprint) write_pair(row, entry.key, entry.value);
}

RunHeader read_header(const SQLite::Database& database) {
  RunHeader header;
  SQLite::Statement version(database, "PRAGMA user_version");
  if (version.executeStep()) header.version = version.getColumn(0).getInt();
  header.fanfold_version = text_meta(database, "fanfold_version");
  header.job_name = text_meta(database, "job_name");
  header.tasks = unsigned_of(integer_meta(database, "tasks"));
  header.keeps_values = integer_meta(database, "keeps_values") != 0;
  header.created = text_meta(database, "created");
  header.host = text_meta(database, "host");
  SQLite::Statement adopted(database, "SELECT value FROM meta WHERE key = 'adopted_from'");
  if (adopted.executeStep()) {
    header.adopted = {adopted.getColumn(0).getString(), unsigned_of(integer_meta(database, "adopted_tasks"))};
  }
  header.job = read_job_source(database);
  SQLite::Statement row(database, "SELECT key, value FROM fingerprint ORDER BY id");
  while (row.executeStep()) {
    header.fingerprint.push_back({row.getColumn(0).getString(), row.getColumn(1).getString()});
  }
  return header;
}

}  // namespace fanfold
