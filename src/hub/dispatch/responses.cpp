#include "hub/dispatch/responses.hpp"

namespace jhub::hub {

http::Response json_response(Json const& body, http::Status status)
{
    http::Response response;
    response.status = status;
    response.headers.set("Content-Type", "application/json");
    response.body = to_python_json(body);
    return response;
}

http::Response empty_response(http::Status status, std::string_view content_type)
{
    http::Response response;
    response.status = status;
    if (!content_type.empty())
        response.headers.set("Content-Type", content_type);
    return response;
}

http::Response redirect(std::string location, http::Status status)
{
    http::Response response;
    response.status = status;
    response.headers.set("Content-Type", "text/html");
    response.headers.set("Location", location);
    return response;
}

http::Response json_error(http::Status status, std::string_view message)
{
    return json_response(
        {{"status", http::to_int(status)}, {"message", message.empty() ? http::reason_phrase(status) : message}},
        status);
}

} // namespace jhub::hub
