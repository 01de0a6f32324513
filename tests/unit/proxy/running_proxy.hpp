// The whole proxy in the process of the test, on ports of its own.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "base/log.hpp"
#include "loopback.hpp"
#include "proxy/program.hpp"

namespace jhub::proxy::testing {

inline Options small_proxy()
{
    Options options;
    options.ip = "127.0.0.1";
    options.port = 0;
    options.api_ip = "127.0.0.1";
    options.api_port = 0;
    options.workers = 1;
    options.auth_token = "secret";
    options.log_level = "error";
    return options;
}

class RunningProxy {
  public:
    explicit RunningProxy(Options options = small_proxy()) : program(std::move(options))
    {
        log::configure({.level = log::Level::critical}); // refusals are what these tests are about
        auto const started = program.start();
        EXPECT_TRUE(started) << started.error().message;
    }
    [[nodiscard]] Socket client() const { return dial(program.public_port()); }
    void add(std::string const& path, std::string const& target, Json data = Json::object()) const
    {
        data["target"] = target;
        std::string const body = data.dump();
        Socket api = dial(program.api_port());
        api.send("POST /api/routes" + path +
                 " HTTP/1.1\r\nHost: h\r\nAuthorization: token secret\r\nConnection: close\r\nContent-Length: " +
                 std::to_string(body.size()) + "\r\n\r\n" + body);
        EXPECT_EQ(api.until("\r\n"), "HTTP/1.1 201 Created\r\n");
        api.rest();
    }
    [[nodiscard]] std::string fetch(std::string const& path) const
    {
        Socket c = client();
        c.send("GET " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        return c.rest();
    }

    Program program;
};

} // namespace jhub::proxy::testing
