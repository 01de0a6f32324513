// What the connections of one server share. Outlives the Server object while a connection still ends.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "http/server.hpp"

namespace jhub::http {

class Connection;

class ServerState : public std::enable_shared_from_this<ServerState> {
  public:
    using Clock = std::chrono::steady_clock;

    ServerState(asio::any_io_executor executor, RequestHandler& handler, Limits limits);

    // Connections announce their birth and death. The first one starts the tick, which ends with the last.
    void add(Connection& connection);
    void remove(Connection& connection);
    // Whether one more connection from that address is within the limits.
    [[nodiscard]] bool has_room_for(std::string const& address) const;

    void stop_listening();
    void stop_connections();  // graceful; cuts what is left after Limits::stop_grace
    void abort_connections(); // at once

    asio::any_io_executor executor;
    RequestHandler& handler;
    Limits limits;
    ServerStatistics statistics;
    bool stopping = false;
    Event drained; // stopping, and the last connection is gone
    std::vector<std::function<void()>> close_listeners;
    std::vector<std::function<void(std::shared_ptr<ServerState>)>> start_accepting; // listeners that wait to be asked

  private:
    void schedule_tick();
    void tick();

    // One coarse timer serves the deadlines of all connections: a timer per operation shows up in profiles.
    Clock::duration tick_period_;
    asio::steady_timer ticker_;
    bool ticking_ = false;
    Clock::time_point cut_at_ = Clock::time_point::max();
    std::size_t most_connections_;
    std::unordered_set<Connection*> connections_;
    std::unordered_map<std::string, std::size_t> per_address_;
};

} // namespace jhub::http
