#include "hub/pages/tables.hpp"

namespace jhub::hub::pages {

std::vector<RouteTable> tables()
{
    return {{Surface::page, Credentials::none, false, open_routes()},
            {Surface::page, Credentials::cookie, true, login_routes(), login_form_again},
            {Surface::page, Credentials::cookie, true, home_routes()},
            {Surface::page, Credentials::cookie, true, spawn_routes()},
            {Surface::page, Credentials::cookie, true, admin_routes()},
            {Surface::page, Credentials::cookie, true, share_routes()},
            {Surface::page, Credentials::token_or_cookie, true, metrics_routes()},
            {Surface::page, Credentials::token_or_cookie, true, user_server_routes()}};
}

} // namespace jhub::hub::pages
