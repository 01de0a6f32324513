#include "hub/core/proxy_client.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/random.hpp"
#include "base/url.hpp"

namespace jhub::hub {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 30s;
constexpr auto connect_timeout = 3s;
constexpr auto request_timeout = 10s;
constexpr auto turn_patience = 2 * (patience + request_timeout);
constexpr std::uint64_t largest_table = 64 << 20;

bool worth_retrying(Result<http::ClientResponse> const& answer)
{
    if (!answer)
        return answer.error().code == Errc::unavailable || answer.error().code == Errc::timeout;
    return answer->status >= 500;
}

} // namespace

// A call's place among those about the same route.
class ProxyClient::Turn {
  public:
    Turn(ProxyClient& client, std::string const& routespec)
        : turns_(client.turns_), routespec_(routespec), before_(std::exchange(turns_[routespec], mine_))
    {
    }
    ~Turn()
    {
        mine_->set();
        if (auto const last = turns_.find(routespec_); last->second == mine_)
            turns_.erase(last);
    }
    Turn(Turn const&) = delete;
    Turn& operator=(Turn const&) = delete;

    Async<> come()
    {
        auto const before = before_;
        if (before && !co_await before->wait(turn_patience))
            co_return fail(Errc::unavailable, "The proxy does not answer.", "an earlier call is still waiting");
        co_return Result<>{};
    }

  private:
    std::map<std::string, std::shared_ptr<Event>>& turns_;
    std::string routespec_;
    std::shared_ptr<Event> const mine_ = std::make_shared<Event>();
    std::shared_ptr<Event> const before_;
};

ProxyClient::ProxyClient(http::Client& client, Metrics& metrics, std::string api_url, std::string auth_token,
                         Routing routing)
    : client_(client), metrics_(metrics), api_url_(std::move(api_url)), auth_token_(std::move(auth_token)),
      routing_(routing)
{
}

void ProxyClient::reconnect(std::string api_url, std::optional<std::string> auth_token)
{
    api_url_ = std::move(api_url);
    if (auth_token)
        auth_token_ = *std::move(auth_token);
}

std::string route_path(std::string_view routespec)
{
    while (routespec.size() > 1 && routespec.ends_with('/'))
        routespec.remove_suffix(1);
    if (routespec == "/")
        return "";
    return routespec.starts_with('/') ? std::string(routespec) : "/" + std::string(routespec);
}

Async<http::ClientResponse> ProxyClient::call_once(std::string method, std::string path, std::string body)
{
    http::ClientRequest request;
    request.method = std::move(method);
    request.url = join_path(api_url_, "/api/routes") + path;
    request.headers.set("Authorization", "token " + auth_token_);
    request.body = std::move(body);
    request.connect_timeout = connect_timeout;
    request.timeout = request_timeout;
    request.max_body = largest_table;
    co_return co_await client_.send(std::move(request));
}

Async<http::ClientResponse> ProxyClient::call(std::string method, std::string path, std::string body)
{
    auto const deadline = std::chrono::steady_clock::now() + patience;
    std::chrono::milliseconds pause = 50ms;
    for (;;) {
        auto answer = co_await call_once(method, path, body);
        if (!worth_retrying(answer))
            co_return answer;
        if (std::chrono::steady_clock::now() + pause > deadline)
            co_return fail(Errc::unavailable, "The proxy does not answer.",
                           fmt::format("{} {}{}: {}", method, api_url_, path,
                                       answer ? fmt::format("status {}", answer->status) : answer.error().message));
        auto const jittered = std::chrono::duration_cast<std::chrono::milliseconds>(pause * (0.5 + random_unit()));
        co_await sleep_for(jittered);
        pause = std::min<std::chrono::milliseconds>(pause * 2, 2s);
    }
}

Async<> ProxyClient::add_route(std::string routespec, std::string target, Json data)
{
    Turn turn(*this, routespec);
    CO_CHECK(co_await turn.come());
    Stopwatch const watch(metrics_, Measure::proxy_add);
    Result<> const added = co_await post_route(std::move(routespec), std::move(target), std::move(data));
    watch.stop(added ? status::success : status::failure);
    co_return added;
}

Async<> ProxyClient::delete_route(std::string routespec)
{
    Turn turn(*this, routespec);
    CO_CHECK(co_await turn.come());
    Stopwatch const watch(metrics_, Measure::proxy_delete);
    Result<> const deleted = co_await remove_route(std::move(routespec));
    watch.stop(deleted ? status::success : status::failure);
    co_return deleted;
}

Async<> ProxyClient::post_route(std::string routespec, std::string target, Json data)
{
    data["target"] = target;
    data["jupyterhub"] = true;
    CO_TRY(auto const answer, co_await call("POST", route_path(routespec), to_python_json(data)));
    if (answer.status != 201)
        co_return fail(Errc::failed, "The proxy refused a route.",
                       fmt::format("{} → {}: status {} {}", routespec, target, answer.status, answer.body));
    co_return Result<>{};
}

Async<> ProxyClient::remove_route(std::string routespec)
{
    CO_TRY(auto const answer, co_await call("DELETE", route_path(routespec), ""));
    if (answer.status == 404)
        log::warning("The proxy had no route {} to delete", routespec);
    else if (answer.status != 204)
        co_return fail(Errc::failed, "The proxy refused to delete a route.",
                       fmt::format("{}: status {}", routespec, answer.status));
    co_return Result<>{};
}

Async<std::map<std::string, Json>> ProxyClient::routes()
{
    Stopwatch const watch(metrics_, Measure::proxy_poll);
    CO_TRY(auto const answer, co_await call_once("GET", "", ""));
    watch.stop();
    if (answer.status != 200)
        co_return fail(Errc::unavailable, "The proxy does not list its routes.",
                       fmt::format("status {}", answer.status));
    CO_TRY(Json const table, parse_json(answer.body));
    std::map<std::string, Json> found;
    for (auto const& [path, data] : table.items()) {
        if (!data.is_object() || !data.contains("jupyterhub"))
            continue;
        std::string routespec = percent_encode(path, "@/~");
        if (!routespec.ends_with('/'))
            routespec += '/';
        if (routing_ == Routing::by_host && routespec != "/")
            routespec.erase(0, 1);
        Json const target = data.contains("target") ? data["target"] : Json();
        found[routespec] = {{"routespec", routespec}, {"target", target}, {"data", data}};
    }
    co_return found;
}

} // namespace jhub::hub
