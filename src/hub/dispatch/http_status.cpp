#include "hub/dispatch/http_status.hpp"

namespace jhub::hub {

http::Status status_of(Errc code)
{
    switch (code) {
    case Errc::invalid_argument:
    case Errc::invalid_state:
        return http::Status::bad_request;
    case Errc::unauthenticated:
    case Errc::forbidden:
        return http::Status::forbidden;
    case Errc::not_found:
        return http::Status::not_found;
    case Errc::conflict:
        return http::Status::conflict;
    case Errc::too_large:
        return http::Status::payload_too_large;
    case Errc::too_many:
        return http::Status::too_many_requests;
    case Errc::unavailable:
        return http::Status::service_unavailable;
    case Errc::timeout:
    case Errc::failed:
        return http::Status::internal_server_error;
    }
    return http::Status::internal_server_error;
}

} // namespace jhub::hub
