// Cookies as browsers send them and Python writes them, and the bodies of HTML forms.
#include <gtest/gtest.h>

#include "http/cookies.hpp"
#include "http/forms.hpp"
#include "http/server.hpp"

namespace jhub::http {
namespace {

using namespace std::string_literals;

TEST(Cookies, are_read_in_order_with_duplicates_and_both_forms_of_values)
{
    Headers headers{{"Cookie", "a=1; b=\"x y\\054\\\"\\351\";a=2 ; c=; noname; =v; d=e=f"}, {"cookie", "last=1"}};
    auto const cookies = parse_cookies(headers);
    EXPECT_EQ(cookies, (Cookies{{"a", "1"}, {"b", "x y,\"\xe9"}, {"a", "2"}, {"c", ""}, {"d", "e=f"}, {"last", "1"}}));
    EXPECT_EQ(find_cookie(cookies, "a"), "1");
    EXPECT_FALSE(find_cookie(cookies, "A"));
}

TEST(Cookies, read_a_login_cookie_quoted_or_bare)
{
    auto const value = "2|1:0|10:1700000000|20:jupyterhub-hub-login|44:YWJj=|0123"s;
    EXPECT_EQ(parse_cookies({"x=\"" + value + "\""})[0].second, value);
    EXPECT_EQ(parse_cookies({"x=" + value})[0].second, value);
}

TEST(Cookies, survive_broken_quotes_and_escapes)
{
    EXPECT_EQ(parse_cookies({"a=\"x"})[0].second, "\"x");
    EXPECT_EQ(parse_cookies({"a=\""})[0].second, "\"");
    EXPECT_EQ(parse_cookies({"a=\"\\\""})[0].second, "\\");
    EXPECT_EQ(parse_cookies({"a=\"\\999\\04\""})[0].second, "99904");
}

TEST(Cookies, are_cut_off_after_two_hundred)
{
    std::string jar;
    for (int i = 0; i < 1000; ++i)
        jar += "c" + std::to_string(i) + "=1;";
    EXPECT_EQ(parse_cookies({jar}).size(), 200U);
}

TEST(SetCookie, is_written_as_python_writes_it)
{
    // http.cookies.SimpleCookie of Python 3.11 gives this text.
    SetCookie const cookie{.name = "a",
                           .value = "x y",
                           .path = "/",
                           .domain = "d",
                           .expires = Timestamp(std::chrono::sys_days(std::chrono::year(2026) / 1 / 2)),
                           .max_age = std::chrono::seconds(5),
                           .http_only = true,
                           .secure = true,
                           .same_site = "Lax"};
    EXPECT_EQ(to_header(cookie), "a=\"x y\"; Domain=d; expires=Fri, 02 Jan 2026 00:00:00 GMT; HttpOnly; Max-Age=5; "
                                 "Path=/; SameSite=Lax; Secure");
    EXPECT_EQ(to_header({.name = "a", .value = ""}), "a=\"\"; Path=/");
    EXPECT_EQ(to_header({.name = "a", .value = "2|1:0|abc", .path = "/hub/"}), "a=2|1:0|abc; Path=/hub/");
    EXPECT_EQ(to_header({.name = "a", .value = "a b,c;\"\\\x01\xe9="}),
              "a=\"a b\\054c\\073\\\"\\\\\\001\\351=\"; Path=/");
}

TEST(SetCookie, gives_back_what_was_written)
{
    std::string all;
    for (int c = 0; c < 256; ++c)
        all += static_cast<char>(c);
    auto const header = to_header({.name = "a", .value = all, .path = ""});
    EXPECT_EQ(parse_cookies({header})[0].second, all);
}

auto const urlencoded = "application/x-www-form-urlencoded; charset=utf-8"s;
auto const multipart = "multipart/form-data; boundary=\"XX\""s;

TEST(Forms, read_urlencoded_bodies)
{
    auto const form = parse_form(urlencoded, "username=ada&password=a%26b+c&username=x");
    ASSERT_TRUE(form);
    EXPECT_EQ(form->fields, (QueryFields{{"username", "ada"}, {"password", "a&b c"}, {"username", "x"}}));
}

TEST(Forms, read_multipart_bodies_with_uploads)
{
    auto const form =
        parse_form(multipart, "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nv\r\n--w\r\n"
                              "--XX\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x \\\"y;.txt\"\r\n"
                              "Content-Type: text/plain\r\n\r\n\0\r\n\xff\r\n--XX--\r\n"s);
    ASSERT_TRUE(form) << form.error().message;
    EXPECT_EQ(form->fields, (QueryFields{{"a", "v\r\n--w"}}));
    ASSERT_EQ(form->uploads.size(), 1U);
    EXPECT_EQ(form->uploads[0].field, "f");
    EXPECT_EQ(form->uploads[0].filename, "x \"y;.txt");
    EXPECT_EQ(form->uploads[0].content_type, "text/plain");
    EXPECT_EQ(form->uploads[0].body, "\0\r\n\xff"s);
}

TEST(Forms, refuse_malformed_multipart_bodies)
{
    auto const good_head = "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nv\r\n"s;
    ASSERT_TRUE(parse_form(multipart, good_head + "--XX--"));
    for (auto const& body :
         {good_head, good_head + "--XX", good_head + "--XXY--", "x" + good_head + "--XX--"s, "--XX\r\n\r\nv\r\n--XX--"s,
          "--XX\r\nContent-Disposition: form-data; name=\"a\r\n\r\nv\r\n--XX--"s,
          "--XX\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nv\r\n--XX--"s,
          "--XX\r\nContent-Disposition : form-data; name=\"a\"\r\n\r\nv\r\n--XX--"s}) {
        auto const form = parse_form(multipart, body);
        ASSERT_FALSE(form) << body;
        EXPECT_EQ(form.error().code, Errc::invalid_argument);
    }
    EXPECT_FALSE(parse_form("multipart/form-data", good_head + "--XX--"));
    EXPECT_FALSE(parse_form("multipart/form-data; boundary=" + std::string(71, 'X'), good_head));
}

TEST(Forms, enforce_their_limits)
{
    EXPECT_EQ(parse_form(urlencoded, std::string(64 * 1024 + 1, 'a')).error().code, Errc::too_large);
    EXPECT_EQ(parse_form(urlencoded, "a&b&c", {.fields = 2}).error().code, Errc::too_large);
    std::string many;
    for (int i = 0; i < 3; ++i)
        many += "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nv\r\n";
    EXPECT_TRUE(parse_form(multipart, many + "--XX--", {.parts = 3}));
    EXPECT_EQ(parse_form(multipart, many + "--XX--", {.parts = 2}).error().code, Errc::too_large);
}

TEST(Forms, are_empty_without_a_body_and_refused_with_another_type)
{
    Request request;
    ASSERT_TRUE(parse_form(request));
    request.body = "{}";
    request.headers.add("Content-Type", "application/json");
    EXPECT_EQ(parse_form(request).error().code, Errc::invalid_argument);
}

} // namespace
} // namespace jhub::http
