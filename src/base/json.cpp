#include "base/json.hpp"

#include <algorithm>
#include <unordered_set>
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

// Builds the value in one pass. Two values for one key are a mistake or an attempt to be understood differently
// elsewhere, so keys are unique here; the library's own builder would look through the whole object for each key.
class Builder final : public nlohmann::json_sax<Json> {
  public:
    Json value;
    std::string problem; // why it cannot be built

    bool null() override { return add(Json()) != nullptr; }
    bool boolean(bool flag) override { return add(flag) != nullptr; }
    bool number_integer(number_integer_t number) override { return add(number) != nullptr; }
    bool number_unsigned(number_unsigned_t number) override { return add(number) != nullptr; }
    bool number_float(number_float_t number, string_t const&) override { return add(number) != nullptr; }
    bool string(string_t& text) override { return add(std::move(text)) != nullptr; }
    bool binary(binary_t&) override { return false; } // not in JSON
    bool start_array(std::size_t) override { return open(Json::array()); }
    bool end_array() override { return close(); }
    bool start_object(std::size_t) override { return open(Json::object()); }
    bool end_object() override { return close(); }
    bool key(string_t& name) override
    {
        auto& [container, keys] = open_.back();
        auto& members = container->get_ref<Json::object_t&>();
        if (has_key(members, keys, name)) {
            problem = "the key \"" + name + "\" stands twice in an object";
            return false;
        }
        Members& list = members; // the plain list below the map: to append looks for nothing
        list.emplace_back(std::move(name), Json());
        return true;
    }
    bool parse_error(std::size_t, std::string const&, nlohmann::detail::exception const& error) override
    {
        // The library's text begins with a number of its own: "[json.exception.parse_error.101] parse error at line 3".
        std::string_view text = error.what();
        if (auto const at = text.find("at line "); at != std::string_view::npos)
            text.remove_prefix(at);
        problem = text;
        return false;
    }

  private:
    using Members = Json::object_t::Container;
    using Keys = std::unordered_set<std::string>;
    struct Open {
        Json* container;
        Keys keys; // of an object with many
    };
    static constexpr std::size_t few = 16; // looking through so many is quicker than hashing

    static bool has_key(Members const& members, Keys& keys, std::string const& name)
    {
        if (members.size() < few)
            return std::ranges::find(members, name, &Members::value_type::first) != members.end();
        if (keys.empty())
            for (auto const& member : members)
                keys.insert(member.first);
        return !keys.insert(name).second;
    }

    // Only the innermost container grows, so the places of the others stay.
    Json* add(Json item)
    {
        Json* place = &value;
        if (!open_.empty() && open_.back().container->is_array())
            place = &open_.back().container->get_ref<Json::array_t&>().emplace_back();
        else if (!open_.empty())
            place = &open_.back().container->get_ref<Json::object_t&>().back().second;
        *place = std::move(item);
        return place;
    }
    bool open(Json container)
    {
        open_.push_back({add(std::move(container)), {}});
        return true;
    }
    bool close()
    {
        open_.pop_back();
        return true;
    }

    std::vector<Open> open_;
};

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
    Builder builder;
    if (!Json::sax_parse(text, &builder))
        return fail(Errc::invalid_argument, fmt::format("Invalid JSON: {}", printable(builder.problem)));
    return std::move(builder.value);
}

} // namespace jhub
