// --routes-file: the route table outlives the proxy. Loaded before anything listens, written a moment after changes,
// and atomically: a crash leaves the old file or the new one.
#pragma once

#include <string>

#include "proxy/event_loop.hpp"
#include "proxy/routes.hpp"

namespace jhub::proxy {

// A missing file is an empty table; Errc::invalid_argument names what cannot be read. Before the loop runs.
[[nodiscard]] Result<> load_routes(std::string const& path, RouteTable& table);
// Blocks until the file is on disk.
[[nodiscard]] Result<> save_routes(std::string const& path, RouteTable const& table);

// Saves after changes, several at once. Lives on the thread of the table.
class RouteFile final : private TimerWheel::Entry {
  public:
    RouteFile(EventLoop& loop, RouteTable const& table, std::string path)
        : loop_(loop), table_(table), path_(std::move(path))
    {
    }
    void table_changed();
    void save_now(); // what is still waiting
  private:
    void on_deadline() override { save_now(); }

    EventLoop& loop_;
    RouteTable const& table_;
    std::string path_;
    bool waiting_ = false;
};

} // namespace jhub::proxy
