#include "hub/dispatch/finish.hpp"

#include <fmt/format.h>

#include "base/crypto.hpp"
#include "base/encoding.hpp"
#include "base/strings.hpp"

namespace jhub::hub {
namespace {

std::string content_policy(Hub const& hub, Surface surface)
{
    std::string policy = fmt::format("frame-ancestors 'none'; report-uri {}", hub.urls.hub("security/csp-report"));
    return surface == Surface::api ? policy + "; default-src 'none'" : policy;
}

bool etag_matches(std::string_view header, std::string_view etag)
{
    for (auto const& candidate : split(header, ',')) {
        auto text = trim(candidate);
        if (text.starts_with("W/"))
            text.remove_prefix(2);
        if (text == "*" || text == etag)
            return true;
    }
    return false;
}

} // namespace

std::string etag_of(std::string_view body) { return "\"" + hex_encode(sha1(body)) + "\""; }

void finish(RequestContext const& context, http::Response& response)
{
    auto const set_default = [&](std::string_view name, std::string_view value) {
        if (!response.headers.has(name))
            response.headers.set(name, value);
    };
    set_default("X-JupyterHub-Version", jupyterhub_version);
    set_default("Content-Security-Policy", content_policy(context.hub, context.surface));
    set_default("Access-Control-Allow-Headers", "accept, content-type, authorization");
    set_default("X-Content-Type-Options", "nosniff");
    set_default("Referrer-Policy", "same-origin");
    for (auto const& [name, value] : context.hub.settings.hub.tornado_settings.headers)
        response.headers.set(name, value);
    for (auto const& cookie : context.cookies_to_send())
        response.headers.add("Set-Cookie", http::to_header(cookie));

    bool const cacheable =
        context.request.method == http::Method::get && response.status == http::Status::ok && !response.stream;
    if (!cacheable)
        return;
    if (!response.headers.has("ETag"))
        response.headers.set("ETag", etag_of(response.body));
    auto const known = context.header("If-None-Match");
    if (known && etag_matches(*known, *response.headers.get("ETag"))) {
        response.status = http::Status::not_modified;
        response.body.clear();
    }
}

} // namespace jhub::hub
