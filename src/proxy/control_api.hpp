// The REST API (reference cli.md §3.2): the hub adds, removes and lists routes. Pure request to reply; runs on the
// thread of the control worker, which owns the route table.
#pragma once

#include <array>
#include <functional>
#include <string>

#include "proxy/counters.hpp"
#include "proxy/local_reply.hpp"
#include "proxy/routes.hpp"

namespace jhub::proxy {

struct ApiCounters {
    Count route_get;
    Count route_add;
    Count route_delete;
    std::array<Count, 600> requests_api; // by status
};

class ControlApi final : public LocalService {
  public:
    // An empty token leaves the API open. changed is called after each change of the table.
    ControlApi(RouteTable& table, std::string token, std::function<void()> changed = {})
        : table_(table), token_(std::move(token)), changed_(std::move(changed))
    {
    }

    std::optional<LocalReply> answer_early(http::RequestHeadView const& head) override;
    LocalReply answer(http::RequestHead const& head, std::string const& body) override;
    // While another process takes over: a change made here would be lost, so callers are told to come again (503).
    enum class State : std::uint8_t { open, handed_over };
    void set_state(State state) { state_ = state; }
    [[nodiscard]] ApiCounters const& counters() const { return counters_; }

  private:
    [[nodiscard]] bool is_authorized(std::optional<std::string_view> authorization) const;
    LocalReply dispatch(http::RequestHead const& head, std::string const& body);
    LocalReply list(std::string_view query);
    LocalReply get(std::string_view path);
    LocalReply add(std::string_view path, std::string const& body);
    LocalReply remove(std::string_view path);

    RouteTable& table_;
    std::string token_;
    std::function<void()> changed_;
    ApiCounters counters_;
    State state_ = State::open;
};

} // namespace jhub::proxy
