#include "hub/core/registry.hpp"

#include <algorithm>
#include <iterator>

namespace jhub::hub {

std::shared_ptr<LiveServer> Registry::find(std::int64_t user_id, std::string_view server_name) const
{
    auto const found = servers_.find(Key(user_id, server_name));
    return found == servers_.end() ? nullptr : found->second;
}

std::shared_ptr<LiveServer> Registry::find_by_name(std::string_view user, std::string_view server_name) const
{
    for (auto known = user_ids_.lower_bound({std::string(user), 0}); known != user_ids_.end() && known->first == user;
         ++known)
        if (auto server = find(known->second, server_name))
            return server;
    return nullptr;
}

std::vector<std::shared_ptr<LiveServer>> Registry::of_user(std::int64_t user_id) const
{
    std::vector<std::shared_ptr<LiveServer>> found;
    for (auto it = servers_.lower_bound(Key(user_id, "")); it != servers_.end() && it->first.first == user_id; ++it)
        found.push_back(it->second);
    return found;
}

std::vector<std::shared_ptr<LiveServer>> Registry::of_user(std::string_view name) const
{
    std::vector<std::shared_ptr<LiveServer>> found;
    for (auto known = user_ids_.lower_bound({std::string(name), 0}); known != user_ids_.end() && known->first == name;
         ++known)
        std::ranges::move(of_user(known->second), std::back_inserter(found));
    return found;
}

std::vector<std::shared_ptr<LiveServer>> Registry::all() const
{
    std::vector<std::shared_ptr<LiveServer>> found;
    found.reserve(servers_.size());
    for (auto const& [key, server] : servers_)
        found.push_back(server);
    return found;
}

void Registry::add(std::shared_ptr<LiveServer> server)
{
    remove(*server); // what is remembered of its last start
    ++in_state_[static_cast<std::size_t>(server->state)];
    ++revision_;
    Key key(server->user_id, server->server_name);
    user_ids_.emplace(server->user_name, server->user_id);
    servers_.insert_or_assign(std::move(key), std::move(server));
}

void Registry::remove(LiveServer const& server)
{
    auto const found = servers_.find(Key(server.user_id, server.server_name));
    if (found == servers_.end())
        return;
    std::shared_ptr<LiveServer> const known = found->second;
    servers_.erase(found);
    --in_state_[static_cast<std::size_t>(known->state)];
    ++revision_;
    if (of_user(known->user_id).empty())
        user_ids_.erase({known->user_name, known->user_id});
}

void Registry::rename_user(std::int64_t user_id, std::string const& new_name)
{
    for (auto const& server : of_user(user_id)) {
        user_ids_.erase({server->user_name, user_id});
        server->user_name = new_name;
        user_ids_.emplace(new_name, user_id);
    }
    ++revision_;
}

void Registry::set_state(LiveServer& server, ServerState state)
{
    auto const known = servers_.find(Key(server.user_id, server.server_name));
    if (known != servers_.end() && known->second.get() == &server) {
        --in_state_[static_cast<std::size_t>(server.state)];
        ++in_state_[static_cast<std::size_t>(state)];
        ++revision_;
    }
    server.state = state;
    server.announce();
}

std::size_t Registry::pending_starts() const { return count(ServerState::starting) + count(ServerState::waiting); }

bool Registry::is_leaving(std::int64_t user_id, std::string_view server_name) const
{
    return leaving_users_.contains(user_id) || leaving_servers_.contains(Key(user_id, server_name));
}

std::size_t Registry::active() const { return servers_.size() - count(ServerState::stopped); }

} // namespace jhub::hub
