#include "hub/pages/renderer.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/strings.hpp"
#include "base/time_text.hpp"
#include "hub/core/progress.hpp"
#include "hub/pages/objects.hpp"
#include "hub/pages/python_value.hpp"
#include "jinja/text.hpp"
#include "rbac/check.hpp"
#include "resources/resources.hpp"

namespace jhub::hub::pages {
namespace {

using jinja::Value;

constexpr std::string_view shipped_folder = "templates/";
constexpr std::string_view template_problem =
    "This page cannot be shown because of a mistake in a template of this hub. Ask an administrator.";

jinja::Loader make_loader(Hub const& hub)
{
    jinja::Loader loader;
    for (auto const& path : hub.settings.hub.template_paths)
        loader.search_paths.emplace_back(path);
    for (auto const& resource : resources::all())
        if (resource.path.starts_with(shipped_folder))
            loader.shipped_names.emplace_back(resource.path.substr(shipped_folder.size()));
    loader.shipped = [](std::string_view name) -> std::optional<std::string_view> {
        auto const found = resources::find(std::string(shipped_folder) + std::string(name));
        return found ? std::optional(found->bytes) : std::nullopt;
    };
    return loader;
}

jinja::Options make_options(Json const& configured)
{
    jinja::Options options;
    auto const flag = [&](char const* name, bool& into) {
        if (configured.contains(name) && configured[name].is_boolean())
            into = configured[name].get<bool>();
    };
    flag("trim_blocks", options.trim_blocks);
    flag("lstrip_blocks", options.lstrip_blocks);
    flag("keep_trailing_newline", options.keep_trailing_newline);
    flag("autoescape", options.autoescape);
    return options;
}

// Where a template went wrong is for the operator.
std::unexpected<Error> mistake(Error const& error)
{
    return fail(Errc::failed, std::string(template_problem), error.message);
}

// 20260102030405: changes with each start of the hub, so browsers fetch new static files.
std::string start_time_hash(Timestamp now)
{
    std::string digits;
    for (char const c : to_database_time(now))
        if (c >= '0' && c <= '9' && digits.size() < 14)
            digits += c;
    return digits;
}

Value static_url_function(std::string prefix, std::string version_hash)
{
    return Value::function([prefix = std::move(prefix), version_hash = std::move(version_hash)](
                               jinja::Arguments const& arguments) -> Result<Value> {
        Value const* const path = arguments.get(0, "path");
        Value const* const versioned = arguments.get(1, "include_version");
        std::string url = prefix + (path ? path->to_text() : "");
        if (!versioned || versioned->truthy())
            url += "?v=" + version_hash;
        return Value(url);
    });
}

jinja::Value scope_list(RequestContext const& context)
{
    jinja::List list;
    for (auto const& scope : rbac::to_strings(context.principal.scopes, context.hub.scopes))
        list.emplace_back(scope);
    return list;
}

// Scope names, with or without a filter: templates ask `'admin-ui' in parsed_scopes`.
jinja::Value scope_names(RequestContext const& context)
{
    jinja::Dict names;
    for (auto const& holding : context.principal.scopes)
        names.set(context.hub.scopes.name(holding.scope), true);
    return names;
}

jinja::Value shown_services(RequestContext const& context)
{
    jinja::List services;
    for (auto const& service : context.hub.settings.hub.services) {
        bool const may = rbac::has_scope(context.principal.scopes, rbac::Scope::access_services,
                                         rbac::Target::service(service.name), rbac::no_memberships());
        if (service.url.empty() || !service.display || !may)
            continue;
        auto const& urls = context.hub.urls;
        services.emplace_back(jinja::Dict{{"name", service.name},
                                          {"href", urls.service_link(service.name)},
                                          {"prefix", urls.service(service.name)},
                                          {"url", service.url},
                                          {"admin", service.admin},
                                          {"display", service.display},
                                          {"info", Value::from_json(service.info)},
                                          {"managed", !service.command.empty()},
                                          {"kind", service.command.empty() ? "external" : "managed"}});
    }
    return services;
}

} // namespace

Renderer::Renderer(std::unique_ptr<jinja::Environment> environment, std::string version_hash)
    : environment_(std::move(environment)), version_hash_(std::move(version_hash))
{
}

Result<std::unique_ptr<Renderer>> Renderer::create(Hub const& hub)
{
    TRY(auto environment,
        jinja::Environment::load(make_loader(hub), make_options(hub.settings.hub.jinja_environment_options)));
    std::string const version_hash = start_time_hash(hub.now());
    environment->set_global("static_url", static_url_function(hub.urls.hub("static/"), version_hash));
    return std::unique_ptr<Renderer>(new Renderer(std::move(environment), version_hash));
}

jinja::Dict Renderer::common_names(RequestContext& context) const
{
    Hub const& hub = context.hub;
    jinja::Dict names;
    names.set("base_url", hub.urls.hub_prefix());
    names.set("prefix", hub.urls.base());
    if (context.principal.user)
        names.set("user", user_object(context, *context.principal.user));
    else
        names.set("user", nullptr);
    names.set("login_url", hub.urls.hub("login"));
    names.set("login_service", hub.settings.authenticator.login_service);
    names.set("logout_url", hub.authenticator->logout_url(hub.urls.hub_prefix()));
    names.set("version_hash", version_hash_);
    names.set("services", shown_services(context));
    names.set("parsed_scopes", scope_names(context));
    names.set("expanded_scopes", scope_list(context));
    names.set("xsrf", context.xsrf_token());
    names.set("xsrf_token", context.xsrf_token());
    names.set("admin_access", hub.settings.hub.admin_access);
    for (auto const& [key, value] : hub.settings.hub.template_vars.items())
        names.set(std::string_view(key), python_value(value));
    for (auto const& [key, value] : context.template_vars.items())
        names.set(std::string_view(key), python_value(value));
    return names;
}

Result<http::Response> Renderer::render(RequestContext& context, std::string_view name, jinja::Dict values,
                                        http::Status status)
{
    jinja::Dict names = common_names(context);
    for (auto const& [key, value] : values)
        names.set(key, value);
    std::string const announcement = "announcement_" + std::string(name.substr(0, name.find('.')));
    if (Value const* const special = names.find(std::string_view(announcement)); special && special->is_text())
        names.set("announcement", *special);
    auto html = environment_->render(name, names);
    if (!html)
        return mistake(html.error());
    http::Response response;
    response.status = status;
    response.headers.set("Content-Type", "text/html");
    if (context.principal.user)
        response.headers.set("Cache-Control", "no-store"); // what a person sees is nobody else's
    response.body = *std::move(html);
    return response;
}

Result<std::string> Renderer::render_text(RequestContext& context, std::string_view name, std::string_view source,
                                          jinja::Dict values)
{
    jinja::Dict names = common_names(context);
    for (auto const& [key, value] : values)
        names.set(key, value);
    auto html = environment_->render_text(name, source, names);
    if (!html)
        return mistake(html.error());
    return html;
}

http::Response Renderer::error_page(RequestContext& context, PageError const& error)
{
    std::string const special = fmt::format("{}.html", http::to_int(error.status));
    jinja::Dict values = error.extra;
    values.set("status_code", http::to_int(error.status));
    values.set("status_message", http::reason_phrase(error.status));
    values.set("message", error.message);
    for (std::string_view const name : {"message_html", "extra_error_html"})
        if (!values.find(name))
            values.set(name, "");
    values.set("exception", nullptr);
    auto page =
        render(context, environment_->has(special) ? std::string_view(special) : "error.html", values, error.status);
    if (page)
        return *std::move(page);
    log::error("An error page could not be rendered: {} {}", page.error().message, page.error().detail);
    http::Response plain;
    plain.status = error.status;
    plain.headers.set("Content-Type", "text/html");
    plain.body =
        fmt::format("<!doctype html><title>{0} {1}</title><h1>{0} {1}</h1><p>{2}</p>", http::to_int(error.status),
                    http::reason_phrase(error.status), jinja::escaped(error.message));
    return plain;
}

} // namespace jhub::hub::pages
