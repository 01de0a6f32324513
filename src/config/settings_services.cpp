// JupyterHub.services: dictionaries become ServiceSpec (reference config.md §6).
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "config/settings_parts.hpp"
#include "config/settings_read.hpp"
#include "config/value.hpp"

namespace jhub::config {
namespace {

using Texts = std::vector<std::string>;

// How one key is read: what is wrong with the value, or nothing.
using Reader = std::optional<std::string> (*)(Json const& value, ServiceSpec& service);

template <auto member> std::optional<std::string> text(Json const& value, ServiceSpec& service)
{
    auto const* path = tagged(value, "$path");
    if (path == nullptr && !value.is_string() && !value.is_null())
        return "a text";
    service.*member = value.is_null() ? "" : (path == nullptr ? value : *path).get<std::string>();
    return std::nullopt;
}

template <auto member> std::optional<std::string> flag(Json const& value, ServiceSpec& service)
{
    if (!value.is_boolean() && value != 0 && value != 1)
        return "True or False";
    service.*member = value == true || value == 1;
    return std::nullopt;
}

template <auto member> std::optional<std::string> texts(Json const& value, ServiceSpec& service)
{
    auto list = texts_of(value);
    if (!list)
        return "a list of texts";
    service.*member = std::move(*list);
    return std::nullopt;
}

std::optional<std::string> environment(Json const& value, ServiceSpec& service)
{
    if (kind_of(value) != "a dictionary" || tagged(value, "$dict") != nullptr)
        return "a dictionary of texts";
    for (auto const& [name, item] : value.items()) {
        auto const* path = tagged(item, "$path");
        if (path == nullptr && item.is_structured())
            return "a dictionary of texts";
        service.environment.emplace_back(name, path != nullptr    ? path->get<std::string>()
                                               : item.is_string() ? item.get<std::string>()
                                                                  : python_repr(item));
    }
    return std::nullopt;
}

std::optional<std::string> info(Json const& value, ServiceSpec& service)
{
    if (kind_of(value) != "a dictionary")
        return "a dictionary";
    service.info = value;
    return std::nullopt;
}

struct Key {
    std::string_view name;
    Reader read;
};

constexpr std::array keys{
    Key{"name", text<&ServiceSpec::name>},
    Key{"admin", flag<&ServiceSpec::admin>},
    Key{"url", text<&ServiceSpec::url>},
    Key{"command", texts<&ServiceSpec::command>},
    Key{"environment", environment},
    Key{"cwd", text<&ServiceSpec::cwd>},
    Key{"user", text<&ServiceSpec::user>},
    Key{"api_token", text<&ServiceSpec::api_token>},
    Key{"info", info},
    Key{"display", flag<&ServiceSpec::display>},
    Key{"oauth_client_id", text<&ServiceSpec::oauth_client_id>},
    Key{"oauth_redirect_uri", text<&ServiceSpec::oauth_redirect_uri>},
    Key{"oauth_no_confirm", flag<&ServiceSpec::oauth_no_confirm>},
    Key{"oauth_client_allowed_scopes", texts<&ServiceSpec::oauth_client_allowed_scopes>},
    Key{"oauth_roles", texts<&ServiceSpec::oauth_roles>},
};

// What is wrong with the service as a whole, or nothing.
std::optional<std::string> check(ServiceSpec const& service)
{
    constexpr std::size_t shortest_token = 8;
    if (service.name.empty() || service.name.contains('/'))
        return "each service needs a name without /";
    if (!service.url.empty() && !service.url.starts_with("http://") && !service.url.starts_with("https://"))
        return "the url must begin with http:// or https://";
    if (!service.oauth_client_id.empty() && !service.oauth_client_id.starts_with("service-"))
        return "the oauth_client_id must begin with service-";
    if (!service.api_token.empty() && service.api_token.size() < shortest_token)
        return fmt::format("the api_token is too short: at least {} characters are needed", shortest_token);
    return std::nullopt;
}

Result<ServiceSpec> read_service(Config const& config, Json const& entry)
{
    auto const refuse_entry = [&](std::string const& problem) {
        auto const name = entry.is_object() && entry.contains("name") ? python_repr(entry["name"]) : "a service";
        return refuse(config, "JupyterHub", "services", fmt::format("{}: {}", printable(name), problem));
    };
    if (kind_of(entry) != "a dictionary" || tagged(entry, "$dict") != nullptr)
        return refuse_entry("a dictionary is expected, not " + kind_of(entry));
    ServiceSpec service;
    for (auto const& [name, value] : entry.items()) {
        auto const key = std::ranges::find(keys, std::string_view(name), &Key::name);
        if (key == keys.end())
            return refuse_entry("No such service field: " + printable(name));
        if (auto const wanted = key->read(value, service))
            return refuse_entry(fmt::format("{} must be {}, not {}", name, *wanted, kind_of(value)));
    }
    if (auto const problem = check(service))
        return refuse_entry(*problem);
    return service;
}

} // namespace

Result<std::vector<ServiceSpec>> read_services(Config const& config, Warnings& warnings)
{
    std::vector<ServiceSpec> services;
    for (auto const& entry : config.value("JupyterHub", "services")) {
        TRY(auto service, read_service(config, entry));
        if (service.admin)
            warnings.push_back(fmt::format("JupyterHub.services: admin of the service {} is deprecated in JupyterHub "
                                           "2.0, use JupyterHub.load_roles",
                                           printable(service.name)));
        services.push_back(std::move(service));
    }
    return services;
}

} // namespace jhub::config
