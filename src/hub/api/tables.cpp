#include "hub/api/tables.hpp"

namespace jhub::hub::api {

std::vector<RouteTable> tables()
{
    std::vector<RouteTable> all;
    all.push_back({Surface::api, Credentials::none, false, open_routes()});
    for (auto const routes : {hub_routes(), audit_routes(), user_routes(), server_routes(), token_routes(),
                              group_routes(), service_routes(), share_routes(), share_code_routes(), proxy_routes()})
        all.push_back({Surface::api, Credentials::token_or_cookie, true, routes});
    all.push_back({Surface::api, Credentials::token_or_cookie, false, authorization_routes()});
    return all;
}

} // namespace jhub::hub::api
