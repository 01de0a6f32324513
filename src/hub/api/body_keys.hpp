// The keys that the object in a request's body may have, as a table per topic: an unknown key or a value of the wrong
// type is refused before anything is done (reference rest-api.md §3).
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace jhub::hub::api {

struct BodyKey {
    std::string_view name;
    bool (*accepts)(Json const&);
    std::string_view wanted; // "a text", to be read after "name must be"
};

[[nodiscard]] constexpr BodyKey text_key(std::string_view name)
{
    return {name, [](Json const& value) { return value.is_string(); }, "a text"};
}
[[nodiscard]] constexpr BodyKey flag_key(std::string_view name)
{
    return {name, [](Json const& value) { return value.is_boolean(); }, "true or false"};
}
[[nodiscard]] constexpr BodyKey list_key(std::string_view name)
{
    return {name, [](Json const& value) { return value.is_array(); }, "a list"};
}
[[nodiscard]] constexpr BodyKey object_key(std::string_view name)
{
    return {name, [](Json const& value) { return value.is_object(); }, "an object"};
}

// Errc::invalid_argument names the key. body must be an object.
[[nodiscard]] Result<> check_keys(Json const& body, std::span<BodyKey const> keys);

// body[key] as texts; empty when the key is missing or null. Errc::invalid_argument for anything else and for more than
// ten thousand entries.
[[nodiscard]] Result<std::vector<std::string>> text_list(Json const& body, char const* key);

} // namespace jhub::hub::api
