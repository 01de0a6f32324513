#include "hub/dispatch/misdirected.hpp"

#include "base/strings.hpp"
#include "hub/dispatch/responses.hpp"

namespace jhub::hub {

std::optional<http::Response> leave_prefix(RequestContext const& context)
{
    std::string_view path = context.request.path;
    auto const& prefix = context.hub.urls.hub_prefix();
    if (path.starts_with(prefix))
        return std::nullopt;
    std::string const collapsed = "/" + std::string(path.substr(std::min(path.find_first_not_of('/'), path.size())));
    if (collapsed + "/" == prefix)
        return redirect(with_query(prefix, context.request.query), http::Status::moved_permanently);
    auto const& base = context.hub.urls.base();
    std::string_view rest = collapsed;
    if (rest.starts_with(base))
        rest.remove_prefix(base.size());
    else
        rest.remove_prefix(1);
    for (std::string_view const kind : {"user/", "services/"})
        if (rest.starts_with(kind) && rest.size() > kind.size() &&
            rest.find('/', kind.size()) == std::string_view::npos)
            return redirect(with_query(collapsed + "/", context.request.query), http::Status::moved_permanently);
    return redirect(context.hub.urls.public_origin() + with_query(prefix + std::string(rest), context.request.query));
}

std::optional<http::Response> leave_subdomain(RequestContext const& context, RouteTable const& table)
{
    if (!context.hub.urls.has_subdomains() || table.surface == Surface::api || table.credentials == Credentials::none)
        return std::nullopt;
    std::string_view host = context.header("Host").value_or("");
    host = host.substr(0, host.rfind(':'));
    if (host.ends_with('.')) // the same host, written in full
        host.remove_suffix(1);
    if (!to_lower(host).ends_with("." + context.hub.urls.domain()))
        return std::nullopt;
    return redirect(context.hub.urls.public_origin() + with_query(context.request.path, context.request.query));
}

} // namespace jhub::hub
