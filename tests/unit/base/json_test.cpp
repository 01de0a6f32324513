#include "base/json.hpp"

#include <gtest/gtest.h>

namespace jhub {
namespace {

TEST(Json, is_written_as_python_writes_it)
{
    Json const value = {{"a", {1, 2.5, true, nullptr}}, {"é\n", "\U0001F600"}, {"empty", Json::object()}};
    EXPECT_EQ(to_python_json(value), R"({"a": [1, 2.5, true, null], "\u00e9\n": "\ud83d\ude00", "empty": {}})");
}

TEST(Json, invalid_utf8_is_replaced_and_does_not_throw) { EXPECT_EQ(to_python_json(Json("a\xff")), R"("a\ufffd")"); }

TEST(Json, nesting_is_limited)
{
    EXPECT_TRUE(parse_json(std::string(64, '[') + std::string(64, ']')));
    EXPECT_FALSE(parse_json(std::string(65, '[') + std::string(65, ']')));
    EXPECT_TRUE(parse_json(R"(["[[[[[[[[[[", "\"[["])", 1)) << "brackets inside strings do not count";
}

TEST(Json, bad_text_is_an_error_that_says_so)
{
    auto const result = parse_json("{\"a\": }");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Errc::invalid_argument);
    EXPECT_NE(result.error().message.find("Invalid JSON"), std::string::npos);
}

} // namespace
} // namespace jhub
