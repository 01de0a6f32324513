// What the target gets to see of a request, and the client of a response: heads are written anew from their parsed
// form, so that both sides read the same framing (reference cli.md §3.4). Pure functions over views, no I/O.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/networks.hpp"
#include "http/forwarded_seal.hpp"
#include "http/head_parser.hpp"
#include "proxy/options.hpp"
#include "proxy/request_path.hpp"
#include "proxy/routes.hpp"

namespace jhub::proxy {

// The options that change heads, prepared once.
struct ForwardRules {
    bool x_forward = true;
    bool change_origin = false;
    bool auto_rewrite = false;
    std::string protocol_rewrite; // without "://"
    JoinRules join;
    std::vector<std::pair<std::string, std::string>> custom_headers;
    Networks trusted_proxies;
    std::optional<http::ForwardedSeal> seal; // for what the hub is told; none without a token shared with it

    [[nodiscard]] static Result<ForwardRules> from(Options const& options);
};

struct ClientFacts {
    std::string_view address; // of the peer; "" for a Unix socket
    bool tls = false;
    bool trusted = true; // its X-Forwarded-* headers are believed
};

enum class ExchangeKind : std::uint8_t { plain, websocket };

// A tunnel is opened only for GET, HTTP/1.1, no body, Connection: upgrade and exactly "Upgrade: websocket".
[[nodiscard]] ExchangeKind exchange_kind(http::RequestHeadView const& head);

// The request head for the target; path is what upstream_path() gave. The body follows in the framing of the request.
void append_upstream_request(std::string& out, http::RequestHeadView const& head, Target const& target,
                             std::string_view path, ClientFacts const& client, ForwardRules const& rules,
                             ExchangeKind kind);

// Shows the hub that its proxy has written this head, which append_upstream_request() made.
void append_seal(std::string& head, http::ForwardedSeal const& seal, std::chrono::sys_seconds now);

// What of the request matters for its response once the request's bytes are gone.
struct RequestFacts {
    http::Method method = http::Method::get;
    int minor_version = 1;
    bool keep_alive = true;
    ExchangeKind kind = ExchangeKind::plain;
    bool wants_page = false; // a browser opens a page
    std::string host;        // as the client sent it; filled only when redirects are rewritten
};

struct ClientFraming {
    http::Framing kind = http::Framing::none;
    bool close = false; // the client's connection ends with this response
};

// The response head for the client. body is how the target frames its body.
ClientFraming append_client_response(std::string& out, http::ResponseHeadView const& head, http::BodyFraming body,
                                     RequestFacts const& request, Route const& route, ForwardRules const& rules);

// An interim response (1xx but 101), or the 101 that opens a tunnel.
void append_interim_response(std::string& out, http::ResponseHeadView const& head);
void append_switching_response(std::string& out, http::ResponseHeadView const& head);

// The Location of a redirect to the target itself, as the options want it; anything else unchanged.
[[nodiscard]] std::string rewritten_location(std::string_view location, Target const& target,
                                             std::string_view request_host, ForwardRules const& rules);

} // namespace jhub::proxy
