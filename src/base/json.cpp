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

// Two values for one key are a mistake or an attempt to be understood differently elsewhere. A pass of its own: the
// library's parser with a callback looks through the whole parent at the end of each object.
class KeyWatch final : public nlohmann::json_sax<Json> {
  public:
    std::string twice; // the first key that stands twice in an object

    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(number_integer_t) override { return true; }
    bool number_unsigned(number_unsigned_t) override { return true; }
    bool number_float(number_float_t, string_t const&) override { return true; }
    bool string(string_t&) override { return true; }
    bool binary(binary_t&) override { return true; }
    bool start_array(std::size_t) override { return true; }
    bool end_array() override { return true; }
    bool start_object(std::size_t) override
    {
        open_.emplace_back();
        return true;
    }
    bool end_object() override
    {
        open_.pop_back();
        return true;
    }
    bool key(string_t& name) override
    {
        if (open_.back().insert(name).second)
            return true;
        twice = name;
        return false;
    }
    bool parse_error(std::size_t, std::string const&, nlohmann::detail::exception const&) override { return false; }

  private:
    std::vector<std::set<std::string>> open_; // the keys of each object around
};

Json parse_unique(std::string_view text)
{
    KeyWatch watch;
    Json::sax_parse(text, &watch);
    if (!watch.twice.empty())
        throw Json::other_error::create(501, "the key \"" + watch.twice + "\" stands twice in an object", nullptr);
    return Json::parse(text);
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
