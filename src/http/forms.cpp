#include "http/forms.hpp"

#include <algorithm>
#include <optional>

#include "base/strings.hpp"
#include "http/head_parser.hpp"
#include "http/server.hpp"

namespace jhub::http {
namespace {

// "form-data; name=\"a\"; filename=\"b.txt\"" taken apart.
struct Parameters {
    std::string kind; // before the first ";", lower case
    std::vector<std::pair<std::string, std::string>> values;

    [[nodiscard]] std::optional<std::string> get(std::string_view name) const
    {
        for (auto const& [key, value] : values)
            if (equals_ignoring_case(key, name))
                return value;
        return std::nullopt;
    }
};

// One parameter's value at the start of text, which is shortened by it. nullopt for an unclosed quote. Browsers escape
// a quote as %22 and leave backslashes alone, so only \" is an escape.
std::optional<std::string> take_value(std::string_view& text)
{
    if (!text.starts_with('"')) {
        auto const end = std::min(text.find(';'), text.size());
        std::string const value(trim(text.substr(0, end)));
        text.remove_prefix(end);
        return value;
    }
    std::string value;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '"') {
            text.remove_prefix(i + 1);
            return value;
        }
        if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '"')
            ++i;
        value += text[i];
    }
    return std::nullopt;
}

std::optional<Parameters> parse_parameters(std::string_view text)
{
    Parameters parameters;
    auto const kind_end = std::min(text.find(';'), text.size());
    parameters.kind = to_lower(trim(text.substr(0, kind_end)));
    text.remove_prefix(kind_end);
    while (text.starts_with(';')) {
        text.remove_prefix(1);
        auto const equals = text.find('=');
        if (equals == std::string_view::npos)
            return trim(text).empty() ? std::optional(std::move(parameters)) : std::nullopt;
        std::string const name(trim(text.substr(0, equals)));
        text = text.substr(equals + 1);
        auto value = take_value(text);
        if (!value)
            return std::nullopt;
        parameters.values.emplace_back(name, std::move(*value));
        text = trim(text);
    }
    return text.empty() ? std::optional(std::move(parameters)) : std::nullopt;
}

std::unexpected<Error> malformed(std::string what)
{
    return fail(Errc::invalid_argument, "Malformed form: " + std::move(what));
}

Result<> add_part(std::string_view part, Form& form)
{
    auto const head_end = part.find("\r\n\r\n");
    if (head_end == std::string_view::npos)
        return malformed("a part without headers");
    auto const headers = parse_header_lines(part.substr(0, head_end + 4), {});
    if (!headers)
        return malformed("broken headers of a part");
    auto const disposition = parse_parameters(headers->get("Content-Disposition").value_or(""));
    auto const name = disposition ? disposition->get("name") : std::nullopt;
    if (!name || disposition->kind != "form-data")
        return malformed("a part without a name");
    std::string body(part.substr(head_end + 4));
    auto const filename = disposition->get("filename");
    if (!filename) {
        form.fields.emplace_back(*name, std::move(body));
        return {};
    }
    auto const type = headers->get("Content-Type").value_or("application/octet-stream");
    form.uploads.push_back({*name, *filename, std::string(type), std::move(body)});
    return {};
}

Result<Form> parse_multipart(std::string_view body, std::string const& boundary, FormLimits const& limits)
{
    if (boundary.empty() || boundary.size() > 70)
        return malformed("no usable boundary");
    std::string const delimiter = "\r\n--" + boundary;
    Form form;
    // The first delimiter stands at the very start; no browser sends a preamble.
    if (!body.starts_with(std::string_view(delimiter).substr(2)))
        return malformed("the boundary is missing");
    body.remove_prefix(delimiter.size() - 2);
    while (!body.starts_with("--")) {
        if (!body.starts_with("\r\n"))
            return malformed("a broken boundary");
        body.remove_prefix(2);
        auto const end = body.find(delimiter);
        if (end == std::string_view::npos)
            return malformed("the last boundary is missing");
        if (form.fields.size() + form.uploads.size() == limits.parts)
            return fail(Errc::too_large, "The form has too many parts");
        CHECK(add_part(body.substr(0, end), form));
        body.remove_prefix(end + delimiter.size());
    }
    return form;
}

} // namespace

Result<Form> parse_form(std::string_view content_type, std::string_view body, FormLimits const& limits)
{
    if (body.size() > limits.bytes)
        return fail(Errc::too_large, "The form is too large");
    if (body.empty())
        return Form{};
    auto const type = parse_parameters(content_type);
    if (type && type->kind == "application/x-www-form-urlencoded") {
        if (std::ranges::count(body, '&') >= static_cast<std::ptrdiff_t>(limits.fields))
            return fail(Errc::too_large, "The form has too many fields");
        return Form{parse_query(body), {}};
    }
    if (type && type->kind == "multipart/form-data")
        return parse_multipart(body, type->get("boundary").value_or(""), limits);
    return fail(Errc::invalid_argument, "Not a form: " + printable(content_type));
}

Result<Form> parse_form(Request const& request, FormLimits const& limits)
{
    return parse_form(request.headers.get("Content-Type").value_or(""), request.body, limits);
}

} // namespace jhub::http
