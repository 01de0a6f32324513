#include "proxy/forwarding.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "http/writer.hpp"
#include "proxy/origin_guard.hpp"

namespace jhub::proxy {
namespace {

using http::is_forwarded_header;
using http::KnownHeader;
using http::Method;

void append_line(std::string& out, std::string_view name, std::string_view value)
{
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
}

// The names that a Connection header declares to be for this hop only, apart from the usual ones.
template <typename Head> std::string_view hop_names(Head const& head)
{
    auto const value = head.get(KnownHeader::connection);
    if (!value || equals_ignoring_case(*value, "keep-alive") || equals_ignoring_case(*value, "close") ||
        equals_ignoring_case(*value, "upgrade"))
        return {};
    return *value;
}

// Connection may not be used to strip headers that carry meaning end to end (Cookie, Authorization, X-Forwarded-For …):
// only names without a meaning to us can be declared hop-by-hop.
bool declared_hop_by_hop(http::HeaderView const& header, std::string_view names)
{
    return !names.empty() && header.known == KnownHeader::other && http::list_has_token(names, header.name);
}

// "X_Forwarded_For": programs behind CGI or WSGI cannot tell it from the real one (RFC 3875 §4.1.18).
bool imitates_forwarded(http::HeaderView const& header)
{
    return header.known == KnownHeader::other && header.name.find('_') != std::string_view::npos &&
           is_forwarded_header(http::known_header(replace_all(std::string(header.name), "_", "-")));
}

// Written by us from parsed facts, or meant for this hop only.
bool is_never_copied_to_target(KnownHeader known)
{
    switch (known) {
    case KnownHeader::connection:
    case KnownHeader::content_length:
    case KnownHeader::expect:
    case KnownHeader::host:
    case KnownHeader::keep_alive:
    case KnownHeader::proxy_authorization:
    case KnownHeader::proxy_connection:
    case KnownHeader::te:
    case KnownHeader::trailer:
    case KnownHeader::transfer_encoding:
    case KnownHeader::upgrade:
    case KnownHeader::x_jupyterhub_forwarded:
        return true;
    default:
        return false;
    }
}

bool is_never_copied_to_client(KnownHeader known)
{
    switch (known) {
    case KnownHeader::connection:
    case KnownHeader::content_length:
    case KnownHeader::keep_alive:
    case KnownHeader::proxy_connection:
    case KnownHeader::te:
    case KnownHeader::transfer_encoding:
    case KnownHeader::upgrade:
        return true;
    default:
        return false;
    }
}

bool is_custom(ForwardRules const& rules, std::string_view name)
{
    return std::ranges::any_of(rules.custom_headers,
                               [&](auto const& field) { return equals_ignoring_case(field.first, name); });
}

// "existing,own": appended without a blank, as the npm program does and JupyterHub's tests expect.
void append_forwarded(std::string& out, http::RequestHeadView const& head, KnownHeader known, std::string_view name,
                      std::string_view own, bool trusted)
{
    auto const start = out.size();
    out += name;
    out += ": ";
    bool any = false;
    for (http::HeaderView const& header : head.headers) {
        if (header.known != known || !trusted)
            continue;
        out += any ? ", " : "";
        out += header.value;
        any = true;
    }
    if (own.empty() && !any) { // the peer of a Unix socket has no address
        out.resize(start);
        return;
    }
    out += any && !own.empty() ? "," : "";
    out += own;
    out += "\r\n";
}

// A custom header of the same name stands instead of each.
void append_x_forwarded(std::string& out, http::RequestHeadView const& head, ClientFacts const& client,
                        ForwardRules const& rules, ExchangeKind kind)
{
    auto const is_ours = [&](std::string_view name) { return rules.custom_headers.empty() || !is_custom(rules, name); };
    bool const websocket = kind == ExchangeKind::websocket;
    auto const port = host_port(head.authority);
    if (is_ours("x-forwarded-for"))
        append_forwarded(out, head, KnownHeader::x_forwarded_for, "x-forwarded-for", client.address, client.trusted);
    if (is_ours("x-forwarded-port"))
        append_forwarded(out, head, KnownHeader::x_forwarded_port, "x-forwarded-port",
                         !port.empty() ? port
                         : client.tls  ? "443"
                                       : "80",
                         client.trusted);
    if (is_ours("x-forwarded-proto"))
        append_forwarded(out, head, KnownHeader::x_forwarded_proto, "x-forwarded-proto",
                         client.tls ? (websocket ? "wss" : "https") : (websocket ? "ws" : "http"), client.trusted);
    auto const given = client.trusted ? head.get(KnownHeader::x_forwarded_host) : std::nullopt;
    if (!is_ours("x-forwarded-host"))
        return;
    if (given)
        append_line(out, "x-forwarded-host", *given);
    else if (!websocket && !head.authority.empty())
        append_line(out, "x-forwarded-host", head.authority);
}

// A method that usually carries a body says so even when it is empty: some servers wait for a body otherwise.
bool announces_empty_body(Method method)
{
    return method == Method::post || method == Method::put || method == Method::patch || method == Method::delete_ ||
           method == Method::options;
}

void append_request_framing(std::string& out, http::RequestHeadView const& head)
{
    if (head.framing.kind == http::Framing::chunked)
        append_line(out, "Transfer-Encoding", "chunked");
    else if (head.framing.kind == http::Framing::length)
        append_line(out, "Content-Length", fmt::format_int(head.framing.length).c_str());
    else if (announces_empty_body(head.method))
        append_line(out, "Content-Length", "0");
}

bool is_rewritten_redirect(int status)
{
    return status == 201 || status == 301 || status == 302 || status == 307 || status == 308;
}

// Copies the fields that travel end to end.
void append_response_fields(std::string& out, http::ResponseHeadView const& head)
{
    auto const hops = hop_names(head);
    for (http::HeaderView const& header : head.headers)
        if (!is_never_copied_to_client(header.known) && !declared_hop_by_hop(header, hops))
            append_line(out, header.name, header.value);
}

void append_status(std::string& out, http::ResponseHeadView const& head)
{
    out += "HTTP/1.1 ";
    out += fmt::format_int(head.status).c_str();
    out += ' ';
    out += head.reason;
    out += "\r\n";
}

} // namespace

Result<ForwardRules> ForwardRules::from(Options const& options)
{
    ForwardRules rules{.x_forward = !options.no_x_forward,
                       .change_origin = options.change_origin,
                       .auto_rewrite = options.auto_rewrite,
                       .protocol_rewrite = options.protocol_rewrite,
                       .join = {.prepend_path = !options.no_prepend_path, .include_prefix = !options.no_include_prefix},
                       .custom_headers = options.custom_headers};
    while (rules.protocol_rewrite.ends_with('/') || rules.protocol_rewrite.ends_with(':'))
        rules.protocol_rewrite.pop_back();
    for (auto const& [name, value] : rules.custom_headers)
        if (std::string line; !http::append_header(line, name, value))
            return fail(Errc::invalid_argument, "not a header: " + printable(name));
    TRY(rules.trusted_proxies, Networks::parse(options.trusted_proxies));
    if (!options.auth_token.empty())
        rules.seal.emplace(options.auth_token);
    return rules;
}

ExchangeKind exchange_kind(http::RequestHeadView const& head)
{
    if (!head.upgrade || head.method != Method::get || head.minor_version != 1 ||
        head.framing.kind != http::Framing::none)
        return ExchangeKind::plain;
    bool websocket = false;
    for (http::HeaderView const& header : head.headers) {
        if (header.known != KnownHeader::upgrade)
            continue;
        if (websocket || !equals_ignoring_case(header.value, "websocket"))
            return ExchangeKind::plain;
        websocket = true;
    }
    return websocket ? ExchangeKind::websocket : ExchangeKind::plain;
}

void append_upstream_request(std::string& out, http::RequestHeadView const& head, Target const& target,
                             std::string_view path, ClientFacts const& client, ForwardRules const& rules,
                             ExchangeKind kind)
{
    out += head.method_text;
    out += ' ';
    out += path;
    out += " HTTP/1.1\r\n";
    if (rules.custom_headers.empty() || !is_custom(rules, "host"))
        append_line(out, "Host", rules.change_origin || head.authority.empty() ? target.authority() : head.authority);
    if (kind == ExchangeKind::websocket)
        out += "Connection: Upgrade\r\nUpgrade: websocket\r\n";

    auto const hops = hop_names(head);
    for (http::HeaderView const& header : head.headers) {
        if (is_never_copied_to_target(header.known) || declared_hop_by_hop(header, hops))
            continue;
        if (is_forwarded_header(header.known)) {
            bool const rewritten = rules.x_forward && header.known != KnownHeader::forwarded &&
                                   header.known != KnownHeader::x_real_ip && header.known != KnownHeader::x_scheme;
            if (rewritten || !client.trusted)
                continue;
        }
        if (!client.trusted && imitates_forwarded(header))
            continue;
        if (!rules.custom_headers.empty() && is_custom(rules, header.name))
            continue;
        append_line(out, header.name, header.value);
    }
    append_request_framing(out, head);
    if (rules.x_forward)
        append_x_forwarded(out, head, client, rules, kind);
    for (auto const& [name, value] : rules.custom_headers)
        append_line(out, name, value);
    out += "\r\n";
}

void append_seal(std::string& head, http::ForwardedSeal const& seal, std::chrono::sys_seconds now)
{
    http::ForwardedSeal::Words words; // as they stand there, whoever wrote them
    std::string_view rest = std::string_view(head).substr(head.find("\r\n") + 2);
    while (!rest.empty()) {
        auto const line = rest.substr(0, rest.find("\r\n"));
        rest.remove_prefix(std::min(line.size() + 2, rest.size()));
        if (auto const colon = line.find(':'); colon != std::string_view::npos)
            words.add(line.substr(0, colon), line.substr(colon + 1));
    }
    head.resize(head.size() - 2); // the empty line
    append_line(head, http::ForwardedSeal::header_name, seal.make(words, now));
    head += "\r\n";
}

ClientFraming append_client_response(std::string& out, http::ResponseHeadView const& head, http::BodyFraming body,
                                     RequestFacts const& request, Route const& route, ForwardRules const& rules)
{
    ClientFraming framing{.kind = body.kind, .close = !request.keep_alive || request.kind == ExchangeKind::websocket};
    auto const connection = head.get(KnownHeader::connection);
    if (connection && http::list_has_token(*connection, "close"))
        framing.close = true;
    if (body.kind == http::Framing::chunked || body.kind == http::Framing::until_close)
        framing.kind = request.minor_version == 1 ? http::Framing::chunked : http::Framing::until_close;
    if (framing.kind == http::Framing::until_close)
        framing.close = true;

    append_status(out, head);
    auto const hops = hop_names(head);
    for (http::HeaderView const& header : head.headers) {
        if (is_never_copied_to_client(header.known) || declared_hop_by_hop(header, hops) ||
            oversteps_its_prefix(header, route))
            continue;
        if (header.known == KnownHeader::location && is_rewritten_redirect(head.status))
            append_line(out, header.name, rewritten_location(header.value, route.target, request.host, rules));
        else
            append_line(out, header.name, header.value);
    }
    if (framing.kind == http::Framing::chunked)
        out += "Transfer-Encoding: chunked\r\n";
    else if (framing.kind == http::Framing::length)
        append_line(out, "Content-Length", fmt::format_int(body.length).c_str());
    else if (framing.kind == http::Framing::none && head.content_length && head.status >= 200 && head.status != 204)
        append_line(out, "Content-Length", fmt::format_int(*head.content_length).c_str()); // of a HEAD or a 304
    out += framing.close ? "Connection: close\r\n\r\n" : "Connection: keep-alive\r\n\r\n";
    return framing;
}

void append_interim_response(std::string& out, http::ResponseHeadView const& head)
{
    append_status(out, head);
    append_response_fields(out, head);
    out += "\r\n";
}

void append_switching_response(std::string& out, http::ResponseHeadView const& head)
{
    append_status(out, head);
    out += "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    append_response_fields(out, head);
    out += "\r\n";
}

std::string rewritten_location(std::string_view location, Target const& target, std::string_view request_host,
                               ForwardRules const& rules)
{
    auto const scheme_end = location.find("://");
    if ((!rules.auto_rewrite && rules.protocol_rewrite.empty()) || scheme_end == std::string_view::npos)
        return std::string(location);
    auto const rest = location.substr(scheme_end + 3);
    auto const host_end = std::min(rest.find_first_of("/?#"), rest.size());
    if (!equals_ignoring_case(rest.substr(0, host_end), target.authority()))
        return std::string(location);
    auto const scheme =
        rules.protocol_rewrite.empty() ? location.substr(0, scheme_end) : std::string_view(rules.protocol_rewrite);
    auto const host = rules.auto_rewrite && !request_host.empty() ? request_host : rest.substr(0, host_end);
    return fmt::format("{}://{}{}", scheme, host, rest.substr(host_end));
}

} // namespace jhub::proxy
