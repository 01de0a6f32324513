// Is this value right for this option, and what does it become? (reference config.md §0)
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"
#include "config/options.hpp"

namespace jhub::config {

// The default as a value; a dynamic one is the empty value of its type.
[[nodiscard]] Json default_value(Option const& option);

// A value of a configuration file. The result is in the option's own form: texts, integers, arrays (sets without
// duplicates), objects with texts as keys, byte sizes as integers, bytes as hexadecimal texts.
// The error says what is wrong without naming option or value: "an integer is expected, not a text".
[[nodiscard]] Result<Json> check_value(Option const& option, Json const& value);

// The same for a value that may stay in Python (functions in it): its plain part, without the functions; the default
// when the whole value is a function. Errors as check_value, and for a live object that is no function.
[[nodiscard]] Result<Json> check_plain_part(Option const& option, Json const& value);

// The texts of the command line, each from one --Class.name=text, as the value that a file would have given.
[[nodiscard]] Result<Json> parse_texts(Option const& option, std::vector<std::string> const& texts,
                                       std::string const& home);

// True when the option takes several texts: --Spawner.args=a --Spawner.args=b.
[[nodiscard]] bool takes_several(Option const& option);

// "1.5G" and numbers → bytes.
[[nodiscard]] Result<Json> parse_byte_size(Json const& value);

} // namespace jhub::config
