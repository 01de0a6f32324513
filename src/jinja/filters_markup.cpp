// Filters about HTML and JSON: what is safe, what is escaped.
#include <array>
#include <cmath>

#include "jinja/call.hpp"
#include "jinja/failure.hpp"
#include "jinja/frame.hpp"
#include "jinja/json_text.hpp"
#include "jinja/operations.hpp"
#include "jinja/text.hpp"

namespace jhub::jinja {
namespace {

Value escape(Call const& call) { return Value::markup(escaped_value(call.input)); }

Value force_escape(Call const& call) { return Value::markup(escaped(call.input.to_text())); }

Value safe(Call const& call) { return Value::markup(call.input.to_text()); }

// The text between the tags, with blanks run together and entities read.
Value strip_tags(Call const& call)
{
    std::string const html = call.input.to_text();
    std::string text;
    std::string_view rest = html;
    while (!rest.empty()) {
        std::size_t const start = std::min(rest.find('<'), rest.size());
        text += rest.substr(0, start);
        rest.remove_prefix(start);
        if (rest.empty())
            break;
        bool const comment = rest.starts_with("<!--");
        std::size_t const end = rest.find(comment ? "-->" : ">");
        if (end == rest.npos) {
            text += rest;
            break;
        }
        rest.remove_prefix(end + (comment ? 3 : 1));
    }
    std::string out;
    for (char const c : text) {
        if (!is_blank(c))
            out += c;
        else if (!out.empty() && out.back() != ' ')
            out += ' ';
    }
    if (out.ends_with(' '))
        out.pop_back();
    return unescaped(out);
}

// {"class": "a", "id": none} becomes ` class="a"`.
Value xml_attributes(Call const& call)
{
    if (call.input.kind() != Value::Kind::dict)
        give_up("xmlattr needs a dict, not {}", call.input.type_name());
    std::string out;
    for (auto const& [key, value] : *call.input.dict()) {
        if (value.is_none() || value.is_undefined())
            continue;
        if (key.to_text().find_first_of(" \t\n\r\f/>=") != std::string::npos)
            give_up("Invalid character in attribute name: '{}'", key.to_text());
        out += (out.empty() ? "" : " ") + escaped_value(key) + "=\"" + escaped_value(value) + "\"";
    }
    if (!out.empty() && call.flag(0, true))
        out.insert(out.begin(), ' ');
    return call.frame.autoescape ? Value::markup(std::move(out)) : Value(std::move(out));
}

Value to_json(Call const& call)
{
    Value const* indent = call.get(0);
    return Value::markup(html_safe_json(call.input, indent && !indent->is_none() ? integer_of(*indent) : -1));
}

constexpr auto filters = std::to_array<FilterEntry>({
    {"escape", escape, ""},
    {"e", escape, ""},
    {"forceescape", force_escape, ""},
    {"safe", safe, ""},
    {"striptags", strip_tags, ""},
    {"xmlattr", xml_attributes, "autospace"},
    {"tojson", to_json, "indent"},
});

} // namespace

std::span<FilterEntry const> markup_filters() { return filters; }

} // namespace jhub::jinja
