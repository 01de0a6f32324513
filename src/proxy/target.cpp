#include "proxy/target.hpp"

#include <sys/un.h>

#include <algorithm>

#include "base/strings.hpp"
#include "base/url.hpp"

namespace jhub::proxy {
namespace {

bool is_visible_ascii(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

} // namespace

Result<Target> parse_target(std::string_view url)
{
    if (!is_visible_ascii(url))
        return fail(Errc::invalid_argument, "the target may hold only visible ASCII characters: " + printable(url));
    TRY(Url const parsed, parse_url(url));
    Target target{.url = std::string(url), .tls = parsed.scheme == "https" || parsed.scheme == "wss"};
    target.query = parsed.query;
    target.base_path = parsed.path;
    while (target.base_path.ends_with('/'))
        target.base_path.pop_back();

    if (parsed.scheme == "unix+http" || parsed.scheme == "http+unix") {
        auto path = percent_decode(parsed.host);
        if (!path || path->empty() || !path->starts_with('/') || path->find('\0') != std::string::npos)
            return fail(Errc::invalid_argument,
                        "the host of a unix target is its percent-encoded socket path: " + printable(url));
        if (path->size() >= sizeof(sockaddr_un::sun_path))
            return fail(Errc::invalid_argument, "the socket path is too long: " + printable(*path));
        target.unix_path = std::move(*path);
        target.authority = "localhost";
        return target;
    }
    if (parsed.host.empty())
        return fail(Errc::invalid_argument, "the target names no host: " + printable(url));
    if (parsed.port == 0)
        return fail(Errc::invalid_argument, "the target names port 0: " + printable(url));
    target.host = parsed.host;
    target.port = parsed.port;
    target.authority = parsed.authority();
    return target;
}

} // namespace jhub::proxy
