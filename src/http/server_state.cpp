#include "http/server_state.hpp"

#include <algorithm>
#include <utility>

#include <sys/resource.h>

#include "http/connection.hpp"

namespace jhub::http {
namespace {

using namespace std::chrono_literals;

// Nine tenths: the rest is for the database, the helper, outgoing calls and the control of the program itself.
std::size_t connections_allowed_by_the_system()
{
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return 1'000'000;
    return static_cast<std::size_t>(limit.rlim_cur / 10 * 9);
}

// Fine enough for the shortest deadline, coarse enough to cost nothing.
std::chrono::steady_clock::duration tick_period(Limits const& limits)
{
    auto const shortest = std::min({limits.header_timeout, limits.body_idle, limits.write_idle, limits.keep_alive,
                                    limits.linger, limits.stop_grace});
    return std::clamp<std::chrono::milliseconds>(shortest / 4, 1ms, 500ms);
}

} // namespace

std::optional<Response> RequestHandler::refuse_early(Request const&) { return std::nullopt; }

ServerState::ServerState(asio::any_io_executor executor_, RequestHandler& handler_, Limits limits_)
    : executor(std::move(executor_)), handler(handler_), limits(limits_), tick_period_(tick_period(limits)),
      ticker_(executor),
      most_connections_(limits.connections != 0 ? limits.connections : connections_allowed_by_the_system())
{
}

void ServerState::add(Connection& connection)
{
    connections_.insert(&connection);
    ++per_address_[connection.address()];
    statistics.open_connections = connections_.size();
    if (!ticking_)
        schedule_tick();
}

void ServerState::remove(Connection& connection)
{
    connections_.erase(&connection);
    auto const count = per_address_.find(connection.address());
    if (--count->second == 0)
        per_address_.erase(count);
    statistics.open_connections = connections_.size();
    if (!connections_.empty())
        return;
    ticker_.cancel();
    if (stopping)
        drained.set();
}

bool ServerState::has_room_for(std::string const& address) const
{
    if (connections_.size() >= most_connections_)
        return false;
    auto const count = per_address_.find(address);
    return limits.connections_per_ip == 0 || count == per_address_.end() || count->second < limits.connections_per_ip;
}

void ServerState::stop_listening()
{
    start_accepting.clear();
    for (auto const& close : std::exchange(close_listeners, {}))
        close();
}

void ServerState::stop_connections()
{
    stopping = true;
    cut_at_ = Clock::now() + limits.stop_grace;
    if (connections_.empty())
        drained.set();
    for (Connection* connection : connections_)
        connection->stop();
}

void ServerState::abort_connections()
{
    stopping = true;
    for (Connection* connection : connections_)
        connection->abort();
}

void ServerState::schedule_tick()
{
    ticking_ = true;
    ticker_.expires_after(tick_period_);
    ticker_.async_wait([weak = weak_from_this()](boost::system::error_code) {
        if (auto const self = weak.lock())
            self->tick();
    });
}

void ServerState::tick()
{
    ticking_ = false;
    auto const now = Clock::now();
    if (now >= cut_at_)
        abort_connections();
    for (Connection* connection : connections_)
        connection->expire_if_due(now);
    if (!connections_.empty())
        schedule_tick();
}

} // namespace jhub::http
