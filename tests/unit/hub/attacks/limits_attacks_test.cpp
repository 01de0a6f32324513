// Attacks by size and shape (S-DOS), and on what the log and error pages tell (S-LOG). Slow clients and the sizes that
// the HTTP layer refuses are in tests/unit/http/server_limits_test.cpp and tests/acceptance/test_attacks.py (S-DOS-04).
#include <fcntl.h>

#include <fstream>
#include <sstream>

#include "base/log.hpp"
#include "base/log_file.hpp"
#include "base/strings.hpp"
#include "hub/support/test_hub.hpp"

namespace jhub::hub {
namespace {

class LimitsAttacks : public TestHub {
  protected:
    static std::string many(std::string_view text, int times)
    {
        std::string all;
        for (int i = 0; i < times; ++i)
            all += text;
        return all;
    }
};

// S-DOS-01
TEST_F(LimitsAttacks, a_form_of_countless_fields_is_refused_unread)
{
    TestClient visitor = browser();
    visitor.get("/hub/login");
    for (int const fields : {32 * 1024, 5'000'000}) {
        auto const answer = visitor.send(
            {"POST", "/hub/login", {{"Content-Type", "application/x-www-form-urlencoded"}}, many("&a", fields)});
        EXPECT_TRUE(answer.status == 400 || answer.status == 413) << fields << " → " << answer.status;
    }
}

// S-DOS-02
TEST_F(LimitsAttacks, hostile_multipart_bodies_are_refused)
{
    TestClient ada = login("ada");
    std::string const part = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n";
    std::string const disposition = "--x\r\nContent-Disposition: form-data; name=\"a\"";
    for (auto const& [type, body] :
         {std::pair<std::string, std::string>{"multipart/form-data; boundary=x", many(part, 100'000) + "--x--\r\n"},
          {"multipart/form-data; boundary=x", disposition + "\r\n" + many("X: y\r\n", 10'000) + "\r\nb\r\n--x--\r\n"},
          {"multipart/form-data", part + "--x--\r\n"},
          {"multipart/form-data; boundary=" + std::string(10'240, 'x'), part + "--x--\r\n"},
          {"multipart/form-data; boundary=x",
           disposition + "\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\n--x--"},
          {"multipart/form-data; boundary=x",
           disposition + "; filename=\"" + std::string(1'000'000, 'f') + "\"\r\n\r\nb\r\n--x--\r\n"},
          {"multipart/form-data; boundary=x", part + part}}) {
        auto const answer = ada.send({"POST", "/hub/spawn", {{"Content-Type", type}}, body});
        EXPECT_TRUE(answer.status == 400 || answer.status == 413) << type.substr(0, 60) << " → " << answer.status;
    }
    EXPECT_EQ(spawner.starts(), 0U);
}

// S-DOS-03: what would take minutes if anything here were quadratic.
TEST_F(LimitsAttacks, long_values_cost_no_more_than_their_length)
{
    add_user("root", true);
    TestClient root = with_token("root");
    for (http::Headers const& headers :
         {http::Headers{{"Cookie", "a=\"" + many("\\012", 15'000)}}, http::Headers{{"Accept", many("a,", 20'000)}},
          http::Headers{{"If-None-Match", many("\"x\",", 20'000)}}})
        EXPECT_LT(root.get("/hub/api/users", headers).status, 500);
    EXPECT_EQ(browser().get("/hub/api/users", {{"Authorization", "token " + std::string(60'000, 't')}}).status, 403);
    EXPECT_LT(root.get("/hub/api/users/" + many("%25", 2'700)).status, 500);
    auto const post = [&](std::string const& body) {
        return root.send({"POST", "/hub/api/users/root/tokens", {{"Content-Type", "application/json"}}, body}).status;
    };
    EXPECT_EQ(post("{\"note\": \"" + many("\\u0000", 170'000) + "\"}"), 400);
    EXPECT_EQ(post("{\"scopes\": [" + many("\"read:users!user=root\",", 9'000) + "\"self\"]}"), 201);
    EXPECT_EQ(post("{\"scopes\": [" + many("\"self\",", 20'000) + "\"self\"]}"), 400);
}

// The log of what happens in between, at level debug.
class LogAttacks : public LimitsAttacks {
  protected:
    LogAttacks()
    {
        log::configure({.program = "test", .level = log::Level::debug});
        log::copy_to(Descriptor(::open(file("log").c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)));
    }
    ~LogAttacks() override { log::configure({.program = "test", .level = log::Level::critical}); }
    std::string written()
    {
        std::ifstream stream(file("log"));
        std::stringstream text;
        text << stream.rdbuf();
        return text.str();
    }
};

// S-LOG-01
TEST_F(LogAttacks, no_secret_reaches_the_log)
{
    add_user("ada");
    TestClient visitor = browser();
    visitor.get("/hub/login?token=SECRET1&username=ada");
    visitor.get("/hub/api/oauth2/authorize?code=SECRET2&state=SECRET3&client_secret=SECRET4");
    visitor.get("/hub/home?_xsrf=SECRET5&next=%2Fx%3Ftoken%3DSECRET6");
    visitor.send(
        {"GET",
         "/hub/api/users/ada",
         {{"Authorization", "token SECRET7"}, {"X-XSRFToken", "SECRET8"}, {"Referer", "http://h/?token=SECRET9"}}});
    visitor.post_form("/hub/login?next=%2Fx%3Fcode%3DSECRETa", {{"username", "ada"}, {"password", "SECRETb"}});
    visitor.post_form(
        "/hub/api/oauth2/token",
        {{"grant_type", "authorization_code"}, {"code", "SECRETc"}, {"client_id", "x"}, {"client_secret", "SECRETd"}});
    browser().post("/hub/api/users/ada/tokens",
                   {{"auth", {{"username", "nobody\x1b[2J\nFAKE LINE"}, {"password", "SECRETe"}}}});
    TestClient ada = login("ada");
    auto const token = ada.post("/hub/api/users/ada/tokens", {{"note", "n"}}).json()["token"].get<std::string>();
    auto const cookie = ada.cookie("jupyterhub-hub-login").value(), xsrf = ada.cookie("_xsrf").value();
    ada.get("/hub/api/authorizations/token/" + token);
    ada.post_form("/hub/accept-share?code=SECRETf", {});
    std::string const log = written();
    EXPECT_TRUE(log.contains("/hub/login")) << "there is a log";
    EXPECT_FALSE(log.contains("SECRET")) << log.substr(log.find("SECRET") - 200, 300);
    for (auto const& secret : {token, cookie, xsrf})
        EXPECT_FALSE(log.contains(secret)) << log.substr(log.find(secret) - 100, 120);
    EXPECT_FALSE(log.contains("\x1b[2J"));
    EXPECT_FALSE(log.contains("\nFAKE LINE"));
}

// S-LOGIN-01
TEST_F(LogAttacks, a_strange_name_leaves_a_short_line_of_plain_text)
{
    log::configure({.program = "test", .level = log::Level::info});
    TestClient visitor = browser();
    visitor.get("/hub/login");
    for (std::string const& name : {std::string(5'000, 'x'), std::string("a\nFAKE LOG"), std::string("\x1b[31mred"),
                                    std::string("a\0b", 3), std::string("../../etc"), std::string("\xff")}) {
        auto const before = written().size();
        visitor.post_form("/hub/login", {{"username", name}, {"password", ""}});
        visitor.post_form("/hub/login", {{"password", "x"}, {"username", name}});
        auto const added = written().substr(before);
        EXPECT_LE(added.size(), 2 * 1024U) << added;
        for (char const c : added)
            EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << added;
        EXPECT_FALSE(added.contains("\nFAKE")) << added;
    }
}

// S-LOG-02
TEST_F(LogAttacks, a_broken_hub_tells_nothing_of_itself)
{
    TestClient ada = login("ada");
    auto const cookie = ada.cookie("jupyterhub-hub-login").value();
    auto const token = make_token("ada", {"inherit"});
    look("ALTER TABLE user_group_map RENAME TO gone");
    TestClient program = browser();
    program.token = token;
    for (auto const& answer : {ada.get("/hub/home"), ada.get("/hub/api/users/ada"), program.get("/hub/api/user")}) {
        EXPECT_GE(answer.status, 500);
        for (std::string const& inside : {std::string("user_group_map"), std::string("SELECT"), std::string(".cpp"),
                                          std::string("sqlite"), file(""), token, cookie})
            EXPECT_FALSE(answer.contains(inside)) << inside << "\n" << answer.body.substr(0, 500);
    }
    std::string const log = written();
    EXPECT_TRUE(log.contains("user_group_map")) << "who runs the hub reads what is wrong";
    EXPECT_FALSE(log.contains(token));
    EXPECT_FALSE(log.contains(cookie));
}

} // namespace
} // namespace jhub::hub
