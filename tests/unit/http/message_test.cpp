// Headers, methods, status codes and the head writer.
#include "http/head_parser.hpp"
#include "http/headers.hpp"
#include "http/writer.hpp"

#include <gtest/gtest.h>

namespace jhub::http {
namespace {

using namespace std::string_literals;

TEST(Headers, keep_order_and_duplicates_and_ignore_case)
{
    Headers headers{{"A", "1"}, {"b", "2"}};
    headers.add("a", "3");
    EXPECT_EQ(headers.get("a"), "1");
    EXPECT_EQ(headers.all("A"), (std::vector<std::string_view>{"1", "3"}));
    headers.set("A", "4");
    EXPECT_EQ(headers.size(), 2U);
    EXPECT_EQ(headers.begin()->value, "4");
    headers.set("C", "5");
    headers.erase("B");
    EXPECT_FALSE(headers.has("b"));
    EXPECT_EQ(headers.get("c"), "5");
}

TEST(Headers, find_tokens_in_lists)
{
    EXPECT_TRUE(list_has_token("keep-alive, Upgrade", "upgrade"));
    EXPECT_TRUE(list_has_token("close", "close"));
    EXPECT_FALSE(list_has_token("upgraded,x close", "upgrade"));
    EXPECT_FALSE(list_has_token("", "close"));
}

TEST(Method, names_are_case_sensitive)
{
    EXPECT_EQ(method_from("DELETE"), Method::delete_);
    EXPECT_EQ(to_string(Method::delete_), "DELETE");
    EXPECT_EQ(method_from("delete"), Method::other);
    EXPECT_EQ(method_from("OTHER"), Method::other);
}

TEST(Status, has_the_standard_phrases)
{
    EXPECT_EQ(reason_phrase(Status::failed_dependency), "Failed Dependency");
    EXPECT_EQ(reason_phrase(Status::header_fields_too_large), "Request Header Fields Too Large");
    EXPECT_EQ(reason_phrase(299), "Unknown");
}

TEST(Writer, writes_heads_that_parse_back)
{
    RequestHead request{.method_text = "PATCH", .target = "/a?b", .headers = {{"Host", "x"}, {"A", "b c"}}};
    std::string out = "before";
    ASSERT_TRUE(append_request_head(out, request));
    auto const parsed = parse_request_head(std::string_view(out).substr(6), {});
    ASSERT_TRUE(parsed.done());
    EXPECT_EQ(parsed.head.method, Method::patch);
    EXPECT_EQ(parsed.head.headers.get("a"), "b c");

    std::string answer;
    ASSERT_TRUE(append_response_head(answer, {.status = 404, .headers = {{"A", "b"}}}));
    EXPECT_EQ(answer, "HTTP/1.1 404 Not Found\r\nA: b\r\n\r\n");
}

TEST(Writer, lets_nothing_out_that_could_split_a_message)
{
    std::string out = "x";
    for (auto const& value : {"a\r\nSet-Cookie: a=b"s, "a\nb"s, "a\rb"s, "a\0b"s})
        EXPECT_FALSE(append_header(out, "A", value));
    for (auto const& name : {"A\r\nB"s, "A b"s, "A:"s, ""s})
        EXPECT_FALSE(append_header(out, name, "b"));
    EXPECT_FALSE(append_request_line(out, "GET", "/a b"));
    EXPECT_FALSE(append_request_line(out, "GET", "/\r\n"));
    EXPECT_FALSE(append_request_line(out, "G T", "/"));
    EXPECT_FALSE(append_status_line(out, 200, "O\r\nK"));
    EXPECT_FALSE(append_status_line(out, 42));
    EXPECT_FALSE(append_response_head(out, {.headers = {{"Good", "1"}, {"Bad", "\n"}}}));
    EXPECT_EQ(out, "x") << "a refused head must leave no part of it behind";
}

} // namespace
} // namespace jhub::http
