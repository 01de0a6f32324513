// The servers that this hub knows, by user and server name, and how many are in which state. Stopped servers without a
// failure to show are dropped, so memory follows what runs. Belongs to the logic thread.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "hub/core/live_server.hpp"

namespace jhub::hub {

class Registry {
  public:
    // Null when nothing is known: then the server is stopped and never failed.
    [[nodiscard]] std::shared_ptr<LiveServer> find(std::int64_t user_id, std::string_view server_name) const;
    [[nodiscard]] std::shared_ptr<LiveServer> find_by_name(std::string_view user, std::string_view server_name) const;
    [[nodiscard]] std::vector<std::shared_ptr<LiveServer>> of_user(std::int64_t user_id) const;
    [[nodiscard]] std::vector<std::shared_ptr<LiveServer>> of_user(std::string_view name) const;
    [[nodiscard]] std::vector<std::shared_ptr<LiveServer>> all() const;

    void add(std::shared_ptr<LiveServer> server);
    void remove(LiveServer const& server);
    void rename_user(std::int64_t user_id, std::string const& new_name);

    // The only way to change a server's state: what is counted follows, and those who look on are told.
    void set_state(LiveServer& server, ServerState state);

    [[nodiscard]] std::size_t count(ServerState state) const { return in_state_[static_cast<std::size_t>(state)]; }
    [[nodiscard]] std::size_t pending_starts() const; // those whose pending_name is "spawn"
    [[nodiscard]] std::size_t active() const;
    // No server is on its way into another state.
    [[nodiscard]] bool settled() const { return active() == count(ServerState::ready); }
    // Another number after every change of a state.
    [[nodiscard]] std::uint64_t revision() const { return revision_; }

    // Whether somebody is taking this server, or its user, away: then it is not started (departure.hpp).
    [[nodiscard]] bool is_leaving(std::int64_t user_id, std::string_view server_name) const;

  private:
    friend class Departure;
    using Key = std::pair<std::int64_t, std::string>;
    std::map<Key, std::shared_ptr<LiveServer>> servers_;
    // Of everybody in servers_. For a moment two may have one name: a late start of somebody who has another by now.
    std::set<std::pair<std::string, std::int64_t>> user_ids_;
    std::multiset<Key> leaving_servers_;
    std::multiset<std::int64_t> leaving_users_;
    std::array<std::size_t, server_state_count> in_state_{};
    std::uint64_t revision_ = 0;
};

} // namespace jhub::hub
