// After a handover (docs/decisions/0010) WebSockets go on in the old process, but the hub asks the new one when routes
// were last active: the old one tells the new one, once a second, over the socket that said "ready".
#pragma once

#include "proxy/event_loop.hpp"
#include "proxy/routes.hpp"
#include "proxy/sockets.hpp"

namespace jhub::proxy {

class ActivityReporter {
  public:
    ActivityReporter(Descriptor channel, std::int64_t since_ms) : channel_(std::move(channel)), told_ms_(since_ms) {}
    // Tells what has been active since the last report. On the table's thread; never waits.
    void report(RouteTable const& table);

  private:
    Descriptor channel_;
    std::int64_t told_ms_;
};

// Lives on the table's thread, until the reporter is gone and after that does nothing.
class ActivityReceiver final : public EventHandler {
  public:
    ActivityReceiver(EventLoop& loop, RouteTable& table, Descriptor channel);
    void on_events(std::uint32_t events) override;
    // Reads no more: another process goes on with the channel.
    void stop() { loop_.unwatch(channel_.get()); }
    [[nodiscard]] int channel() const { return channel_.get(); }

  private:
    void take(std::string_view lines);

    EventLoop& loop_;
    RouteTable& table_;
    Descriptor channel_;
};

} // namespace jhub::proxy
