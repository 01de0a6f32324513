#include "hub/oauth/tables.hpp"

namespace jhub::hub::oauth {

std::vector<RouteTable> tables()
{
    return {{Surface::page, Credentials::cookie, true, authorize_routes(), nullptr, LoginStart::authenticator},
            {Surface::api, Credentials::none, false, token_routes()}};
}

} // namespace jhub::hub::oauth
