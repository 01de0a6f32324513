#include "proxy/control_api.hpp"

#include <fmt/format.h>

#include "base/crypto.hpp"
#include "base/log.hpp"
#include "base/strings.hpp"
#include "base/time_text.hpp"
#include "base/url.hpp"

namespace jhub::proxy {
namespace {

constexpr std::string_view root = "/api/routes";

LocalReply empty(int status) { return {status, "", "", {}}; }
LocalReply text(int status, std::string body) { return {status, "text/plain", std::move(body), {}}; }
LocalReply busy() { return {503, "text/plain", "Another process takes over: try again", {{"Retry-After", "1"}}}; }
LocalReply json(std::string body) { return {200, "application/json", std::move(body), {}}; }
LocalReply unsupported_method()
{
    return {405, "text/plain", "Method not supported", {{"Allow", "GET, POST, DELETE"}}};
}

bool is_api_path(std::string_view target)
{
    auto const path = target.substr(0, target.find('?'));
    return path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
}

// HEAD is not among those of the npm program.
bool is_api_method(http::Method method)
{
    return method == http::Method::get || method == http::Method::post || method == http::Method::delete_;
}

// A year or a month stands for its first day.
std::optional<Timestamp> parse_datestamp(std::string text)
{
    static constexpr std::string_view first_day = "-01-01";
    if (text.size() == 4 || text.size() == 7)
        text += first_day.substr(text.size() == 4 ? 0 : 3);
    return parse_time(text);
}

} // namespace

// "token SECRET", anchored: the npm program also takes "xtoken SECRET".
bool ControlApi::is_authorized(std::optional<std::string_view> authorization) const
{
    if (token_.empty())
        return true;
    static constexpr std::string_view scheme = "token";
    if (!authorization || !authorization->starts_with(scheme))
        return false;
    auto const rest = authorization->substr(scheme.size());
    if (!rest.starts_with(' ') && !rest.starts_with('\t'))
        return false;
    return equal_in_constant_time(trim(rest), token_);
}

std::optional<LocalReply> ControlApi::answer_early(http::RequestHeadView const& head)
{
    std::optional<LocalReply> refusal;
    if (!is_api_path(head.origin_target)) // what there is no secret
        refusal = text(404, "Not Found");
    else if (!is_api_method(head.method))
        refusal = unsupported_method();
    else if (!is_authorized(head.get(http::KnownHeader::authorization)))
        refusal = empty(403);
    if (!refusal)
        return std::nullopt;
    if (refusal->status == 403)
        log::debug("Rejecting API request: wrong or missing token");
    counters_.requests_api[static_cast<std::size_t>(refusal->status)].add();
    return refusal;
}

LocalReply ControlApi::answer(http::RequestHead const& head, std::string const& body)
{
    LocalReply reply = state_ == State::open ? dispatch(head, body) : busy();
    counters_.requests_api[static_cast<std::size_t>(reply.status)].add();
    if (log::enabled(log::Level::debug))
        log::debug("API {} {} {}", reply.status, head.method_text, printable(head.origin_target));
    return reply;
}

LocalReply ControlApi::dispatch(http::RequestHead const& head, std::string const& body)
{
    std::string_view const target = head.origin_target;
    auto const question = target.find('?');
    auto path = target.substr(0, question);
    auto const query = question == std::string_view::npos ? std::string_view{} : target.substr(question + 1);
    path.remove_prefix(root.size());

    switch (head.method) {
    case http::Method::get:
        counters_.route_get.add();
        return path.size() <= 1 ? list(query) : get(path);
    case http::Method::post:
        return add(path, body);
    case http::Method::delete_:
        if (!path.empty())
            return remove(path);
        break;
    default:
        break;
    }
    return unsupported_method(); // DELETE of everything
}

LocalReply ControlApi::list(std::string_view query)
{
    auto const fields = parse_query(query);
    auto since = query_value(fields, "inactive_since");
    if (!since)
        since = query_value(fields, "inactiveSince");
    if (!since)
        return json(table_.json());
    auto const time = parse_datestamp(*since);
    if (!time)
        return text(400, fmt::format("Invalid datestamp '{}' must be ISO8601.", printable(*since)));
    return json(table_.json(time));
}

LocalReply ControlApi::get(std::string_view path)
{
    auto const route = table_.get(path);
    if (!route)
        return route.error().code == Errc::not_found ? empty(404) : text(400, route.error().message);
    std::string out;
    (*route)->append_json(out);
    return json(std::move(out));
}

LocalReply ControlApi::add(std::string_view path, std::string const& body)
{
    auto data = parse_json(body);
    if (!data)
        return text(400, "Body not valid JSON: " + data.error().message);
    if (!data->is_object() || !data->contains("target") || !data->at("target").is_string())
        return text(400, "Must specify 'target' as string");
    auto const route = table_.add(path, std::move(*data));
    if (!route)
        return text(400, route.error().message);
    if (log::enabled(log::Level::info))
        log::info("Adding route {} -> {}", printable((*route)->shown()), printable((*route)->target.url()));
    counters_.route_add.add();
    if (changed_)
        changed_();
    return empty(201);
}

LocalReply ControlApi::remove(std::string_view path)
{
    auto const route = table_.remove(path);
    if (!route)
        return route.error().code == Errc::not_found ? empty(404) : text(400, route.error().message);
    if (log::enabled(log::Level::info))
        log::info("Removing route {}", printable((*route)->shown()));
    counters_.route_delete.add();
    if (changed_)
        changed_();
    return empty(204);
}

} // namespace jhub::proxy
