#include "hub/dispatch/rest_api_document.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "http/status.hpp"
#include "rbac/scope_table.hpp"

namespace jhub::hub {
namespace {

constexpr std::string_view head =
    R"(# Generated: run the test RestApiDocument with JHUB_ACCEPT=1 to write this file anew.
openapi: 3.0.3
info:
  title: JupyterHub
  version: "5.5.1"
  description: >-
    Paths are below the hub's prefix, usually /hub. Any one of the scopes named opens a route; a scope may be restricted,
    such as servers!user=ada. What a restricted scope does not cover answers 404 as if it did not exist. Successful GET
    requests carry an ETag and answer 304 when If-None-Match names it. Errors of the API are {"status", "message"}.
servers:
  - url: /hub
)";

std::vector<std::string> words(std::string_view text)
{
    return text.empty() ? std::vector<std::string>{} : split(text, ' ');
}

// "/users/{user}/servers/{server?}" as OpenAPI writes it.
std::string openapi_path(std::string_view pattern)
{
    return replace_all(replace_all(std::string(pattern), "?}", "}"), "*}", "}");
}

std::string in_quotes(std::string_view text) { return "\"" + replace_all(std::string(text), "\"", "\\\"") + "\""; }

std::string parameters(Route const& route, RouteNote const& note)
{
    std::string out;
    for (auto const& segment : split(route.pattern, '/')) {
        if (!segment.starts_with('{'))
            continue;
        bool const may_be_empty = segment.contains('?');
        std::string const name = segment.substr(1, segment.find_first_of("?*}") - 1);
        out += fmt::format("        - {{name: {}, in: path, required: true, schema: {{type: string}}{}}}\n", name,
                           may_be_empty ? ", allowEmptyValue: true" : "");
    }
    for (auto const& name : words(note.query))
        out += fmt::format("        - {{name: {}, in: query, schema: {{type: string}}}}\n", name);
    return out.empty() ? "" : "      parameters:\n" + out;
}

std::string body(RouteNote const& note)
{
    auto fields = words(note.body);
    if (fields.empty())
        return "";
    bool const form = fields.front() == "form";
    bool const free = fields.front().starts_with('(');
    if (form || free)
        fields.erase(fields.begin());
    std::string out = fmt::format("      requestBody:\n        content:\n          {}:\n            schema:\n"
                                  "              type: object\n",
                                  form ? "application/x-www-form-urlencoded" : "application/json");
    std::string properties, required;
    for (auto const& field : fields) {
        auto const name = field.substr(0, field.find(':'));
        auto type = field.substr(field.find(':') + 1);
        if (type.ends_with('!')) {
            type.pop_back();
            required += (required.empty() ? "" : ", ") + name;
        }
        properties += fmt::format("                {}: {{type: {}{}}}\n", name, type,
                                  type == "array" ? ", items: {type: string}" : "");
    }
    if (!required.empty())
        out += fmt::format("              required: [{}]\n", required);
    return out + (properties.empty() ? "" : "              properties:\n" + properties);
}

std::string needed(rbac::Requirement const& requirement)
{
    using Kind = rbac::Requirement::Kind;
    switch (requirement.kind()) {
    case Kind::anyone:
        return "      security: []\n";
    case Kind::signed_in:
        return "      security: [{token: []}, {login: []}]\n";
    case Kind::handler:
        return "      security: [{}, {token: []}, {login: []}]\n";
    case Kind::scopes:
        break;
    }
    std::string out = "      security:\n";
    for (auto const scope : requirement.any_of())
        out +=
            fmt::format("        - oauth2: [{}]\n", in_quotes(rbac::scope_table[static_cast<std::size_t>(scope)].name));
    return out;
}

std::string responses(RouteNote const& note)
{
    std::string out = "      responses:\n";
    for (auto const& status : words(note.statuses)) {
        auto const code = static_cast<http::Status>(parse_number<int>(status).value_or(0));
        out += fmt::format("        \"{}\": {{description: {}}}\n", status, in_quotes(http::reason_phrase(code)));
    }
    return out;
}

std::string operation(Surface surface, Route const& route, RouteNote const& note)
{
    std::string out =
        fmt::format("    {}:\n      tags: [{}]\n      summary: {}\n", to_lower(http::to_string(route.method)),
                    surface == Surface::api ? "api" : "pages", in_quotes(note.summary));
    return out + needed(route.requirement) + parameters(route, note) + body(note) + responses(note);
}

std::string security_schemes()
{
    std::string out = R"(components:
  securitySchemes:
    token: {type: apiKey, in: header, name: Authorization, description: "token TOKEN, or Bearer TOKEN"}
    login: {type: apiKey, in: cookie, name: jupyterhub-hub-login}
    oauth2:
      type: oauth2
      flows:
        authorizationCode:
          authorizationUrl: /hub/api/oauth2/authorize
          tokenUrl: /hub/api/oauth2/token
          scopes:
)";
    for (auto const& scope : rbac::scope_table)
        out += fmt::format("            {}: {}\n", in_quotes(scope.name), in_quotes(scope.sentence));
    return out;
}

} // namespace

std::string route_name(Route const& route)
{
    return fmt::format("{} {}", http::to_string(route.method), route.pattern);
}

bool is_documented(RouteNote const& note, int status)
{
    auto const known = words(note.statuses);
    return std::ranges::find(known, std::to_string(status)) != known.end();
}

std::string openapi_document(std::vector<RouteTable> const& tables)
{
    std::map<std::string, std::string> paths;
    for (auto const& table : tables)
        for (auto const& route : table.routes)
            if (auto const* note = find_note(route_name(route)))
                paths[openapi_path(route.pattern)] += operation(table.surface, route, *note);
    std::string out = std::string(head) + "paths:\n";
    for (auto const& [path, operations] : paths)
        out += fmt::format("  {}:\n{}", in_quotes(path), operations);
    return out + security_schemes();
}

} // namespace jhub::hub
