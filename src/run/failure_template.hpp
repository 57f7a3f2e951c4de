// What lines about failures have in common.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace fanfold {

/// The line with what may differ from task to task masked, so that "cannot open out/17.txt" and "cannot open
/// out/18.txt" are one failure: "cannot open out/#.txt". `params` are the task's params that are texts.
///
/// - a param that stands between other characters than letters, digits and _ is …, as is what is in quotes
///   ('…', "…", `…`), but not what is quoted after "in": there our own messages name an expression of the
///   job;
/// - numbers are #, with sign, fraction and exponent; as are hexadecimal words of four and more digits and
///   words like 0x7f;
/// - numbers after "code", "signal", "status", "errno" or "error" stay: they say what happened;
/// - the name of a temporary folder, which follows /tmp/, is …
///
/// At most 500 bytes of the line are looked at.
std::string failure_template(std::string_view line, std::span<const std::string> params);

}  // namespace fanfold
