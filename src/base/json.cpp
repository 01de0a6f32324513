#include "base/json.hpp"

#include <cmath>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "base/strings.hpp"

namespace jhub {
namespace {

void write_string(std::string& out, std::string const& text)
{
    // The library escapes exactly as Python does ("\u00e9", surrogate pairs, short forms of control characters).
    out += nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

void write(std::string& out, Json const& value)
{
    if (value.is_object()) {
        out += '{';
        bool first = true;
        for (auto const& [key, item] : value.items()) {
            if (!std::exchange(first, false))
                out += ", ";
            write_string(out, key);
            out += ": ";
            write(out, item);
        }
        out += '}';
    } else if (value.is_array()) {
        out += '[';
        bool first = true;
        for (auto const& item : value) {
            if (!std::exchange(first, false))
                out += ", ";
            write(out, item);
        }
        out += ']';
    } else if (value.is_string()) {
        write_string(out, value.get_ref<std::string const&>());
    } else {
        out += value.dump();
    }
}

// Depth of nesting without building a value: brackets outside strings.
bool deeper_than(std::string_view text, int limit)
{
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char const c = text[i];
        if (in_string) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > limit)
                return true;
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return false;
}

// Two values for one key are a mistake or an attempt to be understood differently elsewhere.
Json parse_unique(std::string_view text)
{
    std::vector<std::set<std::string>> open; // the keys of each object around
    std::string twice;
    auto const see = [&](int, Json::parse_event_t event, Json& value) {
        if (event == Json::parse_event_t::object_start)
            open.emplace_back();
        else if (event == Json::parse_event_t::object_end)
            open.pop_back();
        else if (event == Json::parse_event_t::key && !open.back().insert(value.get<std::string>()).second)
            twice = value.get<std::string>();
        return true;
    };
    Json value = Json::parse(text, see);
    if (!twice.empty())
        throw Json::other_error::create(501, "the key \"" + twice + "\" stands twice in an object", nullptr);
    return value;
}

} // namespace

std::string to_python_json(Json const& value)
{
    std::string out;
    write(out, value);
    return out;
}

Result<Json> parse_json(std::string_view text, int depth_limit)
{
    if (deeper_than(text, depth_limit))
        return fail(Errc::invalid_argument, fmt::format("JSON nested deeper than {} levels", depth_limit));
    if (text.starts_with("\xEF\xBB\xBF"))
        return fail(Errc::invalid_argument, "Invalid JSON: it begins with a byte order mark");
    try {
        return parse_unique(text);
    } catch (Json::exception const& error) {
        return fail(Errc::invalid_argument, fmt::format("Invalid JSON: {}", printable(error.what())));
    }
}

} // namespace jhub
