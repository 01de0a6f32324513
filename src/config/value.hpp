// Python values in JSON. What JSON has no word for is an object with one key that begins with "$":
//   {"$set": [...]}  {"$tuple": [...]}  {"$bytes": "6869"}  {"$path": "/srv"}  {"$number": "inf"}
//   {"$dict": [[key, value], ...]}   {"$section": {...}}
//   {"$lazy": {"update", "extend", "prepend", "inserts"}}   changes to a default (c.A.b.append(…))
//   {"$handler": {"file"}}  {"$handler": {"stream"}}            handlers of Python's logging module
//   {"$live": {"name", "kind", "at"}}                       stays in Python: a function, class or object; "at" is the
//                                                           name under which the Python process finds it again
// src/python/host/encode.py writes the same.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace jhub::config {

// The content behind a tag ("$set"), or nullptr when the value does not carry it.
[[nodiscard]] Json const* tagged(Json const& value, std::string_view tag);
[[nodiscard]] Json with_tag(std::string_view tag, Json content);

// The elements of a list, tuple or set; nullptr for anything else.
[[nodiscard]] Json const* elements(Json const& value);

// The first live object in the value or inside it: "function shape", "class my.Spawner"; nullopt when there is none.
[[nodiscard]] std::optional<std::string> find_live(Json const& value);

// The value without the live objects inside it: such entries of dictionaries and lists are left out.
[[nodiscard]] Json without_live(Json const& value);

// Replays recorded changes on a container; nullopt when they do not fit it (append() on a set, say): Python's traitlets
// leaves the container as it is then.
[[nodiscard]] std::optional<Json> replay(Json const& lazy_content, Json const& initial);
// The later recorder on top of the earlier one.
[[nodiscard]] Json merge_lazy(Json const& earlier, Json const& later);

// As Python's repr() writes it.
[[nodiscard]] std::string python_repr(Json const& value);
// The kind of the value in words: "a text", "a list".
[[nodiscard]] std::string kind_of(Json const& value);

// A copy without secrets: entries of dictionaries with telling names (api_token, PASSWORD), passwords in URLs.
[[nodiscard]] Json without_secrets(Json const& value);

// A Python literal, as in ast.literal_eval: texts, bytes, numbers, True, False, None, lists, tuples, sets,
// dictionaries. Errc::invalid_argument with the position; nesting is bounded.
[[nodiscard]] Result<Json> parse_literal(std::string_view text);

} // namespace jhub::config
