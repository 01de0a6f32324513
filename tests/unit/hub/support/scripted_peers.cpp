#include "hub/support/scripted_peers.hpp"

#include <gtest/gtest.h>

#include "base/url.hpp"

namespace jhub::hub {

using http::Method;
using http::Status;

ScriptedPeer::~ScriptedPeer() = default;

void ScriptedPeer::listen(asio::any_io_executor executor)
{
    http::Limits limits;
    limits.connections_per_ip = 0;
    server_ = std::make_unique<http::Server>(std::move(executor), *this, limits);
    auto const bound = server_->listen_tcp("127.0.0.1", port_);
    ASSERT_TRUE(bound) << bound.error().message;
    port_ = *bound;
}

void ScriptedPeer::close() { server_.reset(); }

Task<http::Response> ScriptedServer::handle(http::Request request)
{
    seen.push_back(request.method_text + " " + request.target);
    http::Response response;
    response.status = status;
    if (!version.empty())
        response.headers.set("X-JupyterHub-Version", version);
    co_return response;
}

std::string ScriptedProxy::target(std::string const& path) const
{
    auto const found = routes.find(path);
    return found == routes.end() ? "" : found->second.value("target", "");
}

Task<http::Response> ScriptedProxy::handle(http::Request request)
{
    seen.push_back(request.method_text + " " + request.target);
    co_return answer(request);
}

http::Response ScriptedProxy::answer(http::Request const& request)
{
    http::Response response;
    if (request.headers.get("Authorization") != "token " + token_) {
        response.status = Status::forbidden;
        return response;
    }
    if (failures > 0) {
        --failures;
        response.status = Status::internal_server_error;
        return response;
    }
    std::string path = percent_decode(request.path.substr(std::string_view("/api/routes").size())).value_or("");
    if (path.empty())
        path = "/";
    if (request.method == Method::get) {
        response.body = Json(routes).dump();
    } else if (request.method == Method::post) {
        routes[path] = parse_json(request.body).value();
        response.status = Status::created;
    } else {
        response.status = routes.erase(path) > 0 ? Status::no_content : Status::not_found;
    }
    return response;
}

} // namespace jhub::hub
