#include "report/json_literal.hpp"

#include <nlohmann/json.hpp>

namespace fanfold {

std::string json_literal(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace fanfold
