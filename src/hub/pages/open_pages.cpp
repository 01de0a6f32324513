// What needs no login: health, static files, the logo, the error pages that the proxy shows (reference http-pages.md
// §1).
#include <array>
#include <fstream>
#include <iterator>

#include "base/log.hpp"
#include "base/strings.hpp"
#include "http/forms.hpp"
#include "hub/dispatch/page_renderer.hpp"
#include "hub/dispatch/request_context.hpp"
#include "hub/dispatch/responses.hpp"
#include "hub/pages/tables.hpp"
#include "resources/resources.hpp"

namespace jhub::hub::pages {
namespace {

using http::Method;
using http::Status;

constexpr std::string_view for_ever = "max-age=315360000, immutable";
constexpr std::string_view default_logo = "static/images/jupyterhub-80.png";

Async<http::Response> health(RequestContext&) { co_return empty_response(Status::ok, "text/html"); }

http::Response serve(RequestContext const& context, resources::Resource const& resource)
{
    http::Response response;
    response.headers.set("Content-Type", resource.content_type);
    response.headers.set("ETag", resource.etag);
    // The version in the address changes with every start of the hub.
    response.headers.set("Cache-Control", context.argument("v") ? for_ever : "no-cache");
    response.body = resource.bytes;
    return response;
}

// GET /static/…: embedded files, and those of data_files_path for a site's own.
Async<http::Response> static_file(RequestContext& context)
{
    auto const found = resources::find("static/" + context.path_value("path"));
    if (!found)
        co_return fail(Errc::not_found, "");
    co_return serve(context, *found);
}

// GET /logo
Async<http::Response> logo(RequestContext& context)
{
    std::string const& file = context.hub.settings.hub.logo_file;
    std::ifstream stream(file, std::ios::binary);
    if (file.empty() || !stream)
        co_return serve(context, *resources::find(default_logo));
    http::Response response;
    response.headers.set("Content-Type", file.ends_with(".svg") ? "image/svg+xml" : "image/png");
    response.headers.set("Cache-Control", "no-cache");
    response.body.assign(std::istreambuf_iterator<char>(stream), {});
    co_return response;
}

// What to say for an error that the proxy met.
std::string_view proxy_message(int status)
{
    switch (status) {
    case 404:
        return "The proxy knows no such address.";
    case 503:
        return "Your server does not answer. It may have stopped: you can start it again from the home page.";
    default:
        return "";
    }
}

// GET /error/{code}: fetched by the proxy, which sends its own status; hence 200 here.
Async<http::Response> error_for_proxy(RequestContext& context)
{
    auto const code = parse_number<std::uint16_t>(context.path_value("code"));
    if (!code || *code < 100 || *code > 599)
        co_return fail(Errc::not_found, "");
    PageError error{static_cast<Status>(*code), std::string(proxy_message(*code)), {}};
    error.extra.set("logo_url", context.hub.urls.hub("home"));
    auto response = context.pages.error_page(context, error);
    response.status = Status::ok;
    co_return response;
}

// POST /security/csp-report: browsers tell what a policy kept them from doing.
Async<http::Response> csp_report(RequestContext& context)
{
    log::warning("Content security violation: {}", printable(context.request.body, 1024));
    co_return empty_response(Status::ok, "text/html");
}

} // namespace

std::span<Route const> open_routes()
{
    static constexpr std::array routes{
        Route{Method::get, "/health", rbac::anyone(), health},
        Route{Method::head, "/health", rbac::anyone(), health},
        Route{Method::get, "/static/{path*}", rbac::anyone(), static_file},
        Route{Method::head, "/static/{path*}", rbac::anyone(), static_file},
        Route{Method::get, "/logo", rbac::anyone(), logo},
        Route{Method::head, "/logo", rbac::anyone(), logo},
        Route{Method::get, "/error/{code}", rbac::anyone(), error_for_proxy},
        Route{Method::post, "/security/csp-report", rbac::anyone(), csp_report, Audit::never},
    };
    return routes;
}

} // namespace jhub::hub::pages
