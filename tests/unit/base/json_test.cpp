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
    EXPECT_TRUE(result.error().message.starts_with("Invalid JSON: at line 1, column 7: ")) << result.error().message;
}

TEST(Json, everything_arrives_in_its_place_and_order)
{
    std::string const text =
        R"({"b": [1, -2, 2.5, true, null, [], {"x": {}}], "a": {"é": "\u00e9", "": [[]]}, "c": 18446744073709551615})";
    auto const value = parse_json(text);
    ASSERT_TRUE(value);
    EXPECT_EQ(*value, Json::parse(text));
    EXPECT_EQ(value->dump(), Json::parse(text).dump());
    EXPECT_EQ(parse_json(" 5 ").value(), Json(5));
}

TEST(Json, a_key_may_stand_once_in_an_object_however_many_there_are)
{
    for (int const count : {0, 1, 15, 16, 17, 40}) {
        std::string text = "{";
        for (int i = 0; i < count; ++i)
            text += "\"key" + std::to_string(i) + "\": {\"key0\": 1}, ";
        EXPECT_TRUE(parse_json(text + "\"last\": 1}")) << count;
        if (count == 0)
            continue;
        for (int const again : {0, count - 1}) {
            auto const refused = parse_json(text + "\"key" + std::to_string(again) + "\": 1}");
            ASSERT_FALSE(refused) << count;
            EXPECT_NE(refused.error().message.find("stands twice"), std::string::npos);
        }
    }
}

TEST(Json, what_is_cut_too_long_or_no_number_is_refused)
{
    for (char const* text : {"", "{", "[1", "[1,]", "1 2", "{\"a\" 1}", "1e999", "\"\xff\"", "nul", "{1: 2}"})
        EXPECT_FALSE(parse_json(text)) << text;
}

} // namespace
} // namespace jhub
