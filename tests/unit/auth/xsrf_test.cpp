// XSRF tokens and when they are required: reference auth-flow.md §4, rest-api.md §1.3.
#include <gtest/gtest.h>

#include "auth/auth_support.hpp"
#include "auth/xsrf.hpp"

namespace jhub::auth {
namespace {

std::string const secret = counting_bytes(32);
constexpr std::string_view id = "fedcba9876543210fedcba9876543210:0123456789abcdef0123456789abcdef";
constexpr std::string_view vector =
    "MnwxOjB8MTA6MTcwMDAwMDAwMHw1Ol94c3JmfDg4OlptVmtZMkpoT1RnM05qVTBNekl4TUdabFpHTmlZVGs0TnpZMU5ETXlNVEE2TURFeU16UTFOam"
    "M0T1dGaVkyUmxaakF4TWpNME5UWTNPRGxoWW1Oa1pXWT18OWZkMjc2ODAwNThkYzllNWNlMzZhNmVmYzM2NmFkZjMyODcyZGNiOGU1MTA3NGE1YTMy"
    "MWU5YzI5Yjk1ODVlNw";
Timestamp const now = at(1'700'000'000);

TEST(XsrfToken, is_that_of_the_reference)
{
    EXPECT_EQ(user_xsrf_id("fedcba9876543210fedcba9876543210", "0123456789abcdef0123456789abcdef"), id);
    EXPECT_EQ(make_xsrf_token(secret, id, now), vector);
    EXPECT_EQ(decode_xsrf_token(secret, vector, now), id);
    EXPECT_EQ(decode_xsrf_token(secret, vector, at(1'700'000'000 + 31 * 86'400 + 1)), std::nullopt);
}

TEST(XsrfToken, without_a_session_says_None)
{
    EXPECT_EQ(anonymous_xsrf_id({}, "abc="), "None:abc=");
    EXPECT_EQ(user_xsrf_id({}, "abc"), "None:abc");
    EXPECT_EQ(service_xsrf_id(), ":");
}

TEST(CurrentXsrf, keeps_the_cookie_of_the_same_person)
{
    std::vector<std::string> const cookies{"garbage", std::string(vector)};
    CurrentXsrf const current = current_xsrf(secret, cookies, id, "cors", now);
    EXPECT_EQ(current.token, vector);
    EXPECT_FALSE(current.fresh);
    EXPECT_FALSE(current.set_cookie);
}

TEST(CurrentXsrf, is_not_led_astray_by_cookies_signed_for_others)
{
    std::string const planted = make_xsrf_token(secret, "None:other", now);
    for (auto const& cookies : {std::vector{planted, std::string(vector)}, std::vector{std::string(vector), planted}})
        EXPECT_EQ(current_xsrf(secret, cookies, id, {}, now).token, vector);
    CurrentXsrf const current = current_xsrf(secret, std::vector{planted}, id, {}, now);
    EXPECT_TRUE(current.fresh);
    EXPECT_EQ(decode_xsrf_token(secret, current.token, now), id);
}

TEST(CurrentXsrf, sets_a_fresh_cookie_on_navigation_only)
{
    EXPECT_TRUE(current_xsrf(secret, {}, id, {}, now).set_cookie);
    EXPECT_TRUE(current_xsrf(secret, {}, id, "navigate", now).set_cookie);
    EXPECT_FALSE(current_xsrf(secret, {}, id, "cors", now).set_cookie);
}

TEST(CurrentXsrf, gives_up_after_a_handful_of_cookies)
{
    std::vector<std::string> cookies(20, "junk");
    cookies.emplace_back(vector);
    EXPECT_TRUE(current_xsrf(secret, cookies, id, {}, now).fresh);
}

struct Row {
    std::optional<std::string_view> mode, site;
    bool get, post;
};

TEST(XsrfRequired, follows_the_table_for_a_cookie_in_the_api)
{
    for (Row const& row : std::initializer_list<Row>{
             {{}, {}, false, true},
             {"navigate", {}, false, true},
             {"unspecified", {}, false, true},
             {"websocket", {}, false, true},
             {"no-cors", "same-origin", false, true},
             {"no-cors", "cross-site", true, true},
             {"no-cors", {}, true, true},
             {"cors", "same-origin", true, true},
             {"same-origin", "same-origin", true, true},
             {"invented", {}, true, true},
         }) {
        XsrfQuestion question{"GET", row.mode, row.site, true, false, false, true};
        EXPECT_EQ(xsrf_required(question), row.get) << row.mode.value_or("absent");
        for (auto const* method : {"POST", "PUT", "PATCH", "DELETE"}) {
            question.method = method;
            EXPECT_EQ(xsrf_required(question), row.post) << row.mode.value_or("absent") << method;
        }
        for (auto const* method : {"HEAD", "OPTIONS"}) {
            question.method = method;
            EXPECT_FALSE(xsrf_required(question));
        }
    }
}

TEST(XsrfRequired, not_by_a_token_and_not_by_a_program_without_any_identity)
{
    EXPECT_FALSE(xsrf_required({"POST", "cors", {}, true, true, true, true}));
    EXPECT_FALSE(xsrf_required({"POST", {}, {}, false, false, false, true}));
    EXPECT_TRUE(xsrf_required({"POST", {}, {}, false, false, true, true})) << "a page of another site";
}

TEST(XsrfRequired, for_pages_never_when_reading_and_always_for_the_login_form)
{
    EXPECT_FALSE(xsrf_required({"GET", "cors", "cross-site", true, false, true, false}));
    EXPECT_TRUE(xsrf_required({"POST", {}, {}, false, false, false, false}));
}

TEST(XsrfMatches, needs_the_very_same_bytes)
{
    EXPECT_TRUE(xsrf_matches(vector, vector));
    EXPECT_FALSE(xsrf_matches("", vector));
    EXPECT_FALSE(xsrf_matches("", ""));
    EXPECT_FALSE(xsrf_matches(make_xsrf_token(secret, id, at(1'700'000'001)), vector)) << "same id, other time";
}

} // namespace
} // namespace jhub::auth
