#include "config/value.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/encoding.hpp"
#include "base/strings.hpp"

namespace jhub::config {
namespace {

Json part(Json const& lazy, char const* name)
{
    auto const found = lazy.find(name);
    if (found == lazy.end())
        return Json::array();
    auto const* items = elements(*found);
    return items == nullptr ? *found : *items;
}

void append_all(Json& list, Json const& more)
{
    for (auto const& item : more)
        list.push_back(item);
}

void add_unique(Json& list, Json const& more)
{
    for (auto const& item : more)
        if (std::ranges::find(list, item) == list.end())
            list.push_back(item);
}

Json replay_on_list(Json const& lazy, Json const& initial)
{
    std::vector<Json> items(initial.begin(), initial.end());
    for (auto const& insertion : part(lazy, "inserts")) {
        auto const& pair = *elements(insertion);
        auto const size = static_cast<std::int64_t>(items.size());
        auto index = pair[0].get<std::int64_t>();
        index = std::clamp<std::int64_t>(index < 0 ? index + size : index, 0, size);
        items.insert(items.begin() + index, pair[1]);
    }
    Json result = part(lazy, "prepend");
    append_all(result, items);
    append_all(result, part(lazy, "extend"));
    return result;
}

bool is_plain_dictionary(Json const& value)
{
    return value.is_object() && !(value.size() == 1 && value.begin().key().starts_with('$'));
}

std::string repr_text(std::string const& text)
{
    char const quote = text.contains('\'') && !text.contains('"') ? '"' : '\'';
    std::string out(1, quote);
    for (char const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        if (c == '\n')
            out += "\\n";
        else if (c == '\t')
            out += "\\t";
        else if (c == '\r')
            out += "\\r";
        else if (c == '\\' || c == quote)
            out += {'\\', c};
        else if (byte < 0x20 || byte == 0x7F)
            out += fmt::format("\\x{:02x}", byte);
        else
            out += c;
    }
    return out + quote;
}

std::string repr_bytes(std::string const& bytes)
{
    std::string out = "b'";
    for (char const c : bytes) {
        auto const byte = static_cast<unsigned char>(c);
        if (c == '\'' || c == '\\')
            out += {'\\', c};
        else if (byte < 0x20 || byte >= 0x7F)
            out += fmt::format("\\x{:02x}", byte);
        else
            out += c;
    }
    return out + "'";
}

std::string repr_items(Json const& items)
{
    std::vector<std::string> texts;
    for (auto const& item : items)
        texts.push_back(python_repr(item));
    return join(texts, ", ");
}

std::string repr_pairs(Json const& value)
{
    std::vector<std::string> texts;
    for (auto const& [key, item] : value.items())
        texts.push_back(fmt::format("{}: {}", repr_text(key), python_repr(item)));
    return fmt::format("{{{}}}", join(texts, ", "));
}

std::string repr_dict(Json const& pairs)
{
    std::vector<std::string> texts;
    for (auto const& pair : pairs)
        texts.push_back(fmt::format("{}: {}", python_repr(pair[0]), python_repr(pair[1])));
    return fmt::format("{{{}}}", join(texts, ", "));
}

std::string repr_tagged(std::string const& tag, Json const& content)
{
    if (tag == "$set")
        return content.empty() ? "set()" : fmt::format("{{{}}}", repr_items(content));
    if (tag == "$tuple")
        return content.size() == 1 ? fmt::format("({},)", python_repr(content[0]))
                                   : fmt::format("({})", repr_items(content));
    if (tag == "$bytes")
        return repr_bytes(hex_decode(content.get<std::string>()).value_or(""));
    if (tag == "$path")
        return fmt::format("PosixPath({})", repr_text(content.get<std::string>()));
    if (tag == "$dict")
        return repr_dict(content);
    if (tag == "$section")
        return repr_pairs(content);
    if (tag == "$lazy")
        return fmt::format("<LazyConfigValue {}>", repr_pairs(content));
    if (tag == "$live")
        return fmt::format("<{} {}>", content.value("kind", "object"), content.value("name", "?"));
    return content.is_string() ? content.get<std::string>() : content.dump();
}

std::string repr_float(double value)
{
    auto const text = fmt::format("{}", value);
    return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

bool names_a_secret(std::string_view name)
{
    constexpr std::array words{"token", "password", "secret", "passwd", "api_key", "private_key"};
    auto const lowered = to_lower(name);
    return std::ranges::any_of(words, [&](char const* word) { return lowered.contains(word); });
}

// user:password@ in a URL keeps the user only.
std::string without_password(std::string text)
{
    auto const start = text.find("://");
    if (start == std::string::npos)
        return text;
    auto const end = text.find_first_of("/?#", start + 3);
    auto const at = text.substr(0, end).rfind('@');
    auto const colon = text.find(':', start + 3);
    if (at != std::string::npos && colon < at)
        text.replace(colon + 1, at - colon - 1, "[secret]");
    return text;
}

} // namespace

Json const* tagged(Json const& value, std::string_view tag)
{
    return value.is_object() && value.size() == 1 && value.begin().key() == tag ? &*value.begin() : nullptr;
}

Json with_tag(std::string_view tag, Json content)
{
    Json value = Json::object();
    value[std::string(tag)] = std::move(content);
    return value;
}

Json const* elements(Json const& value)
{
    if (value.is_array())
        return &value;
    auto const* set = tagged(value, "$set");
    return set != nullptr ? set : tagged(value, "$tuple");
}

Json without_live(Json const& value)
{
    if (!value.is_structured())
        return value;
    Json rest = value.is_array() ? Json::array() : Json::object();
    for (auto const& [name, item] : value.items()) {
        if (tagged(item, "$live") != nullptr)
            continue;
        if (value.is_array())
            rest.push_back(without_live(item));
        else
            rest[name] = without_live(item);
    }
    return rest;
}

std::optional<std::string> find_live(Json const& value)
{
    if (auto const* live = tagged(value, "$live"))
        return fmt::format("{} {}", live->value("kind", "object"), live->value("name", "?"));
    if (value.is_structured())
        for (auto const& item : value)
            if (auto found = find_live(item))
                return found;
    return std::nullopt;
}

std::optional<Json> replay(Json const& lazy, Json const& initial)
{
    bool const fits_list = lazy.contains("extend") || lazy.contains("prepend") || lazy.contains("inserts");
    auto const update = lazy.find("update");
    auto const* added = update == lazy.end() ? nullptr : elements(*update);
    if (initial.is_array() && update == lazy.end())
        return replay_on_list(lazy, initial);
    if (auto const* set = tagged(initial, "$set");
        set != nullptr && !fits_list && (update == lazy.end() || added != nullptr)) {
        Json items = *set;
        if (added != nullptr)
            add_unique(items, *added);
        return with_tag("$set", items);
    }
    if (is_plain_dictionary(initial) && !fits_list && (update == lazy.end() || is_plain_dictionary(*update))) {
        Json result = initial;
        if (update != lazy.end())
            result.update(*update);
        return result;
    }
    return std::nullopt;
}

Json merge_lazy(Json const& earlier, Json const& later)
{
    Json merged = Json::object();
    auto const join_lists = [&](char const* name, Json const& first, Json const& second) {
        Json list = part(first, name);
        append_all(list, part(second, name));
        if (!list.empty())
            merged[name] = list;
    };
    join_lists("extend", earlier, later);
    join_lists("prepend", later, earlier);
    join_lists("inserts", earlier, later);
    if (earlier.contains("update") || later.contains("update")) {
        auto const& first = earlier.contains("update") ? earlier["update"] : later["update"];
        merged["update"] =
            later.contains("update") ? replay({{"update", later["update"]}}, first).value_or(later["update"]) : first;
    }
    return merged;
}

std::string python_repr(Json const& value)
{
    switch (value.type()) {
    case Json::value_t::null:
        return "None";
    case Json::value_t::boolean:
        return value.get<bool>() ? "True" : "False";
    case Json::value_t::number_float:
        return repr_float(value.get<double>());
    case Json::value_t::string:
        return repr_text(value.get<std::string>());
    case Json::value_t::array:
        return fmt::format("[{}]", repr_items(value));
    case Json::value_t::object:
        return is_plain_dictionary(value) ? repr_pairs(value) : repr_tagged(value.begin().key(), *value.begin());
    default:
        return value.dump();
    }
}

std::string kind_of(Json const& value)
{
    if (value.is_object() && !is_plain_dictionary(value)) {
        auto const tag = value.begin().key();
        if (tag == "$live")
            return "a " + value.begin()->value("kind", "object");
        return tag == "$dict" ? "a dictionary" : tag == "$number" ? "a number" : "a " + tag.substr(1);
    }
    if (value.is_number_integer())
        return "an integer";
    return value.is_null()      ? "None"
           : value.is_boolean() ? "a boolean"
           : value.is_number()  ? "a number"
           : value.is_string()  ? "a text"
           : value.is_array()   ? "a list"
                                : "a dictionary";
}

Json without_secrets(Json const& value)
{
    if (value.is_string())
        return without_password(value.get<std::string>());
    if (!value.is_structured())
        return value;
    Json copy = value;
    if (copy.is_array()) {
        for (auto& item : copy)
            item = without_secrets(item);
        return copy;
    }
    for (auto const& [name, item] : value.items())
        copy[name] = names_a_secret(name) && item.is_string() && !item.get_ref<std::string const&>().empty()
                         ? Json("[secret]")
                         : without_secrets(item);
    return copy;
}

} // namespace jhub::config
