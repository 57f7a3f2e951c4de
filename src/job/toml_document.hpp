// A TOML file as a tree that keeps the order of the file and knows where everything stands in it. Only
// toml_document.cpp knows the library that parses it.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "job/diagnostic.hpp"

namespace fanfold {

struct TomlEntry;

/// A value of a TOML file. Which members mean something depends on `kind`.
struct TomlNode {
  enum class Kind { integer, real, boolean, text, time, list, table };
  Kind kind = Kind::table;
  Place place;  ///< of its first character
  std::int64_t integer = 0;
  double real = 0;
  bool boolean = false;
  std::string text;
  std::vector<TomlNode> items;     ///< list
  std::vector<TomlEntry> entries;  ///< table: in the order of the file

  bool is(Kind wanted) const { return kind == wanted; }
  bool is_number() const { return kind == Kind::integer || kind == Kind::real; }
  /// The entry of a table with this key, or null.
  const TomlEntry* find(std::string_view key) const;
};

struct TomlEntry {
  std::string key;
  Place place;  ///< of the key
  TomlNode node;
};

/// Where a key of a section stands; line 0 if it is not in the file.
Place place_of(const TomlNode& root, std::string_view section, std::string_view key);

/// A text as a basic string of TOML, in its quotes.
std::string toml_string(const std::string& text);

/// "an integer", "a string", "a list" …
std::string_view describe(TomlNode::Kind kind);

/// The file is not TOML.
class TomlError : public std::runtime_error {
 public:
  TomlError(Place place, const std::string& message) : std::runtime_error(message), place_(place) {}
  Place place() const { return place_; }

 private:
  Place place_;
};

/// A parsed file. Refers to the text that it was made from.
class TomlDocument {
 public:
  /// Throws TomlError.
  explicit TomlDocument(std::string_view text);

  const TomlNode& root() const { return root_; }
  TomlNode& root() { return root_; }

  /// The place of byte `offset` of a string: inside the string if it stands in the file character for
  /// character, as one-line strings without escapes do; else where the string begins. A place of line 0 is
  /// not in the file, and stays as it is.
  Place place_in(const TomlNode& string, std::size_t offset) const;

 private:
  std::string_view text_;
  TomlNode root_;
};

}  // namespace fanfold
