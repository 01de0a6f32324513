#include "hub/support/test_client.hpp"

#include "base/strings.hpp"
#include "http/cookies.hpp"
#include "hub/support/test_hub.hpp"

namespace jhub::hub {
namespace {

class Collector final : public http::BodyWriter {
  public:
    explicit Collector(Exchange& exchange) : exchange_(exchange) {}
    Async<> write(std::string_view chunk) override
    {
        if (exchange_.gone.is_set())
            co_return fail(Errc::unavailable, "the client is gone");
        exchange_.answer.body += chunk;
        co_return Result<>{};
    }
    [[nodiscard]] bool client_gone() const override { return exchange_.gone.is_set(); }
    [[nodiscard]] Event& gone() override { return exchange_.gone; }

  private:
    Exchange& exchange_;
};

} // namespace

std::string Answer::header(std::string_view name) const { return std::string(headers.get(name).value_or("(none)")); }

Json Answer::json() const
{
    auto parsed = parse_json(body);
    if (!parsed)
        ADD_FAILURE() << "no JSON (status " << status << "): " << body.substr(0, 400);
    return parsed.value_or(Json::object());
}

std::string Answer::message() const { return json().value("message", ""); }

std::string Answer::set_cookie(std::string_view name) const
{
    for (auto const value : headers.all("Set-Cookie"))
        if (value.substr(0, value.find('=')) == name)
            return std::string(value);
    return "(none)";
}

Answer TestClient::with_json(std::string method, std::string target, Json const& body)
{
    Call call{std::move(method), std::move(target)};
    if (!body.is_null()) {
        call.headers.set("Content-Type", "application/json");
        call.body = body.dump();
    }
    return send(std::move(call));
}

Answer TestClient::get(std::string target, http::Headers headers)
{
    return send({"GET", std::move(target), std::move(headers)});
}
Answer TestClient::post(std::string target, Json const& body) { return with_json("POST", std::move(target), body); }
Answer TestClient::patch(std::string target, Json const& body) { return with_json("PATCH", std::move(target), body); }
Answer TestClient::put(std::string target, Json const& body) { return with_json("PUT", std::move(target), body); }
Answer TestClient::delete_(std::string target, Json const& body)
{
    return with_json("DELETE", std::move(target), body);
}

Answer TestClient::post_form(std::string target, QueryFields const& fields, http::Headers headers)
{
    headers.set("Content-Type", "application/x-www-form-urlencoded");
    return send({"POST", std::move(target), std::move(headers), build_query(fields)});
}

Answer TestClient::send(Call call) { return finish(begin(std::move(call))); }

std::shared_ptr<Exchange> TestClient::begin(Call call)
{
    hub_->hub(); // a hub that has not started yet starts now
    auto exchange = std::make_shared<Exchange>();
    asio::co_spawn(hub_->loop(), TestClient::exchange(hub_, request_of(std::move(call)), exchange), asio::detached);
    return exchange;
}

Answer TestClient::finish(std::shared_ptr<Exchange> const& exchange)
{
    EXPECT_TRUE(hub_->until([&] { return exchange->ended; }, 12s)) << "a request was not answered";
    take_cookies(exchange->answer.headers);
    return exchange->answer;
}

Task<> TestClient::exchange(TestHub* hub, http::Request request, std::shared_ptr<Exchange> exchange)
{
    http::Response const response = co_await hub->dispatcher().handle(std::move(request));
    exchange->answer.status = http::to_int(response.status);
    exchange->answer.headers = response.headers;
    exchange->answer.body = response.body;
    exchange->answered = true;
    if (response.stream) {
        Collector collector(*exchange);
        co_await response.stream(collector);
    }
    exchange->ended = true;
}

http::Request TestClient::request_of(Call call) const
{
    http::Request request;
    request.method = http::method_from(call.method);
    request.method_text = call.method;
    request.target = call.target;
    auto const question = call.target.find('?');
    request.path = call.target.substr(0, question);
    request.query = question == std::string::npos ? "" : call.target.substr(question + 1);
    request.authority = "hub.example";
    request.headers.set("Host", "hub.example");
    request.headers.set("User-Agent", "Mozilla/5.0");
    if (!token.empty())
        request.headers.set("Authorization", "token " + token);
    if (auto const cookies = cookie_header(request.path); !cookies.empty())
        request.headers.set("Cookie", cookies);
    bool const changes = call.method != "GET" && call.method != "HEAD" && call.method != "OPTIONS";
    if (auto const xsrf = cookie("_xsrf"); xsrf && sends_xsrf && changes)
        request.headers.set("X-XSRFToken", *xsrf);
    for (auto const& [name, value] : always)
        request.headers.set(name, value);
    for (auto const& [name, value] : call.headers)
        request.headers.set(name, value);
    request.body = std::move(call.body);
    request.peer = {.address = peer, .port = 40000};
    return request;
}

std::string TestClient::cookie_header(std::string_view path) const
{
    std::string header;
    for (auto const& cookie : cookies_)
        if (path.starts_with(cookie.path))
            header += (header.empty() ? "" : "; ") + cookie.name + "=" + cookie.value;
    return header;
}

void TestClient::take_cookies(http::Headers const& headers)
{
    for (auto const text : headers.all("Set-Cookie")) {
        auto const parts = split(text, ';');
        auto const equals = parts.front().find('=');
        std::string path = "/";
        for (auto const& part : parts)
            if (trim(part).starts_with("Path="))
                path = trim(part).substr(5);
        // The value stays as it was sent, quotes included: that is what a browser gives back.
        std::string const value = parts.front().substr(equals + 1);
        bool const cleared = value.empty() || value == "\"\"";
        std::string const name = parts.front().substr(0, equals);
        std::erase_if(cookies_, [&](Cookie const& known) { return known.name == name && known.path == path; });
        if (!cleared)
            cookies_.push_back({name, value, path});
    }
}

std::optional<std::string> TestClient::cookie(std::string_view name) const
{
    for (auto const& cookie : cookies_)
        if (cookie.name == name)
            return http::parse_cookies({cookie.name + "=" + cookie.value}).front().second;
    return std::nullopt;
}

void TestClient::set_cookie(std::string name, std::string value, std::string path)
{
    cookies_.push_back({std::move(name), std::move(value), std::move(path)});
}

void TestClient::forget_cookie(std::string_view name)
{
    std::erase_if(cookies_, [&](Cookie const& known) { return known.name == name; });
}

} // namespace jhub::hub
