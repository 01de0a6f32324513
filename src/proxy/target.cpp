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

Target::Part Target::place(std::string_view part)
{
    if (part.empty())
        return {};
    auto found = text_.find(part);
    if (found == std::string::npos) {
        found = text_.size();
        text_ += part;
    }
    return {static_cast<std::uint32_t>(found), static_cast<std::uint32_t>(part.size())};
}

Result<Target> parse_target(std::string_view url)
{
    if (!is_visible_ascii(url))
        return fail(Errc::invalid_argument, "the target may hold only visible ASCII characters: " + printable(url));
    TRY(Url const parsed, parse_url(url));
    Target target;
    target.url_ = target.place(url);
    target.tls_ = parsed.scheme == "https" || parsed.scheme == "wss";
    target.query_ = target.place(parsed.query);
    std::string_view base_path = parsed.path;
    while (base_path.ends_with('/'))
        base_path.remove_suffix(1);
    target.base_path_ = target.place(base_path);

    if (parsed.scheme == "unix+http" || parsed.scheme == "http+unix") {
        auto path = percent_decode(parsed.host);
        if (!path || path->empty() || !path->starts_with('/') || path->find('\0') != std::string::npos)
            return fail(Errc::invalid_argument,
                        "the host of a unix target is its percent-encoded socket path: " + printable(url));
        if (path->size() >= sizeof(sockaddr_un::sun_path))
            return fail(Errc::invalid_argument, "the socket path is too long: " + printable(*path));
        target.unix_path_ = target.place(*path);
        target.authority_ = target.place("localhost");
        target.text_.shrink_to_fit();
        return target;
    }
    if (parsed.host.empty())
        return fail(Errc::invalid_argument, "the target names no host: " + printable(url));
    if (parsed.port == 0)
        return fail(Errc::invalid_argument, "the target names port 0: " + printable(url));
    target.host_ = target.place(parsed.host);
    target.port_ = parsed.port;
    target.authority_ = target.place(parsed.authority());
    target.text_.shrink_to_fit();
    return target;
}

} // namespace jhub::proxy
