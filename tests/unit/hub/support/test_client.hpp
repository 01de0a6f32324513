// A browser, or a program with a token, that talks to the hub under test: without sockets, but with everything that the
// hub can see of a client. Keeps cookies by path as a browser does and sends the XSRF token with what changes things.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/url.hpp"
#include "http/server.hpp"

namespace jhub::hub {

class TestHub;

struct Answer {
    int status = 0;
    http::Headers headers;
    std::string body;

    [[nodiscard]] std::string header(std::string_view name) const; // "(none)" when absent
    [[nodiscard]] std::string location() const { return header("Location"); }
    [[nodiscard]] Json json() const;           // the test fails when it is none
    [[nodiscard]] std::string message() const; // of a JSON error
    [[nodiscard]] bool contains(std::string_view text) const { return body.find(text) != std::string::npos; }
    // The whole Set-Cookie header of that name, or "(none)".
    [[nodiscard]] std::string set_cookie(std::string_view name) const;
};

struct Call {
    std::string method = "GET", target;
    http::Headers headers = {};
    std::string body = {};
};

// A request under way; a streamed body grows while the loop runs.
struct Exchange {
    Answer answer;
    bool answered = false; // status and headers are there
    bool ended = false;    // the body, too
    Event gone;            // set by a client that leaves
};

class TestClient {
  public:
    explicit TestClient(TestHub& hub) : hub_(&hub) {}

    Answer get(std::string target, http::Headers headers = {});
    Answer post(std::string target, Json const& body); // null: without a body
    Answer post(std::string target) { return post(std::move(target), Json()); }
    Answer patch(std::string target, Json const& body);
    Answer put(std::string target, Json const& body);
    Answer delete_(std::string target, Json const& body = {});
    Answer post_form(std::string target, QueryFields const& fields, http::Headers headers = {});
    Answer send(Call call);
    // Without waiting for the end.
    std::shared_ptr<Exchange> begin(Call call);
    Answer finish(std::shared_ptr<Exchange> const& exchange);

    std::string token;             // sent as Authorization when not empty
    http::Headers always;          // sent with every request
    bool sends_xsrf = true;        // the header, when there is a cookie and the method changes things
    std::string peer = "10.1.2.3"; // the client's address

    [[nodiscard]] std::optional<std::string> cookie(std::string_view name) const;
    void set_cookie(std::string name, std::string value, std::string path = "/");
    void forget_cookie(std::string_view name);

  private:
    struct Cookie {
        std::string name, value, path;
    };
    [[nodiscard]] http::Request request_of(Call call) const;
    [[nodiscard]] std::string cookie_header(std::string_view path) const;
    void take_cookies(http::Headers const& headers);
    static Task<> exchange(TestHub* hub, http::Request request, std::shared_ptr<Exchange> exchange);
    Answer with_json(std::string method, std::string target, Json const& body);

    TestHub* hub_;
    std::vector<Cookie> cookies_;
};

} // namespace jhub::hub
