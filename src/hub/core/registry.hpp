// The servers that this hub knows, by user and server name. Stopped servers without a failure to show are dropped, so
// memory follows what runs. Belongs to the logic thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
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

    [[nodiscard]] std::size_t count(std::function<bool(LiveServer const&)> const& matches) const;

  private:
    using Key = std::pair<std::int64_t, std::string>;
    std::map<Key, std::shared_ptr<LiveServer>> servers_;
    std::map<std::string, std::int64_t, std::less<>> user_ids_; // of everybody in servers_
};

} // namespace jhub::hub
