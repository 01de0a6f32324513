// Where a route leads: the URL of a single-user server, a service or the hub, taken apart once when the route is added.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace jhub::proxy {

// A hundred thousand routes hold one each: the parts are places in one text, mostly in the URL itself.
class Target {
  public:
    [[nodiscard]] std::string_view url() const { return at(url_); }   // as given
    [[nodiscard]] bool tls() const { return tls_; }                   // https
    [[nodiscard]] std::string_view host() const { return at(host_); } // without brackets; empty for a unix socket
    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] std::string_view unix_path() const { return at(unix_path_); } // empty for TCP
    // host:port as written, for --change-origin and for comparing redirects.
    [[nodiscard]] std::string_view authority() const { return at(authority_); }
    // Without a trailing slash, "" when the URL has no path.
    [[nodiscard]] std::string_view base_path() const { return at(base_path_); }
    [[nodiscard]] std::string_view query() const { return at(query_); } // without "?"
    [[nodiscard]] bool is_unix() const { return unix_path_.size != 0; }

  private:
    friend Result<Target> parse_target(std::string_view url);
    struct Part {
        std::uint32_t begin = 0;
        std::uint32_t size = 0;
    };
    [[nodiscard]] std::string_view at(Part part) const { return std::string_view(text_).substr(part.begin, part.size); }
    // Where text_ holds the part, which is appended when it does not yet.
    [[nodiscard]] Part place(std::string_view part);

    std::string text_;
    Part url_;
    Part host_;
    Part unix_path_;
    Part authority_;
    Part base_path_;
    Part query_;
    std::uint16_t port_ = 0;
    bool tls_ = false;
};

// http, https, ws, wss, unix+http and http+unix (the host part is then the percent-encoded socket path).
// Errc::invalid_argument with a sentence for anything that could not be connected to.
[[nodiscard]] Result<Target> parse_target(std::string_view url);

} // namespace jhub::proxy
