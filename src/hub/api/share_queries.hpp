// What the paths of shares and share codes name, and the lists of both.
#pragma once

#include "hub/api/paging.hpp"
#include "hub/core/sharing.hpp"
#include "hub/dispatch/request_context.hpp"

namespace jhub::hub::api {

// Whose shares a list is about.
enum class ListedBy { owner, server, user, group };

// The server /{user}/{server} of the path. Errc::not_found without such a user or server.
[[nodiscard]] Result<SharedServer> server_in_path(store::Transaction& transaction, RequestContext const& context);

// The rows that a path names. Errc::not_found when there is no such user, server or group.
[[nodiscard]] Result<store::ShareQuery> query_in_path(store::Transaction& transaction, RequestContext const& context,
                                                      ListedBy by);

struct ShareList {
    Json items = Json::array();
    std::int64_t total = 0; // expired ones are counted, but not shown
};

// A page of the rows, each as model(row) shows it; expires_at(row) is when it ends.
template <typename Rows, typename ExpiresAt, typename Model>
[[nodiscard]] Json items_of(Rows const& rows, Timestamp now, ExpiresAt expires_at, Model model)
{
    Json items = Json::array();
    for (auto const& row : rows)
        if (!expires_at(row) || *expires_at(row) >= now)
            items.push_back(model(row));
    return items;
}

} // namespace jhub::hub::api
