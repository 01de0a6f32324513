// Python literals, the same as ast.literal_eval takes them; and repr().
#include "config/value.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace jhub::config {
namespace {

TEST(Literal, values_are_read_as_python_reads_them)
{
    struct Case {
        char const* text;
        char const* json;
    };
    for (auto const& [text, json] : {
             Case{"1", "1"},
             Case{"-3", "-3"},
             Case{"1_000", "1000"},
             Case{"0x1f", "31"},
             Case{"1.5e3", "1500.0"},
             Case{"True", "true"},
             Case{" None ", "null"},
             Case{"'a'", R"("a")"},
             Case{R"("it's")", R"("it's")"},
             Case{R"('it\'s\n\x41\u00e4\q')", R"("it's\nAä\\q")"},
             Case{R"(r'\n')", R"("\\n")"},
             Case{"'a' \"b\"", R"("ab")"},
             Case{"'''a'b'''", R"("a'b")"},
             Case{R"(b'\xff')", R"({"$bytes": "ff"})"},
             Case{"[1, 'a', [2],]", R"([1, "a", [2]])"},
             Case{"()", R"({"$tuple": []})"},
             Case{"('a',)", R"({"$tuple": ["a"]})"},
             Case{"('a')", R"("a")"},
             Case{"{'a', 'b'}", R"({"$set": ["a", "b"]})"},
             Case{"set()", R"({"$set": []})"},
             Case{"{}", "{}"},
             Case{"{'a': {'b': 1}}", R"({"a": {"b": 1}})"},
             Case{"{1: 2}", R"({"$dict": [[1, 2]]})"},
             Case{"{'$set': 2}", R"({"$dict": [["$set", 2]]})"},
         }) {
        auto const value = parse_literal(text);
        ASSERT_TRUE(value) << text << ": " << value.error().message;
        EXPECT_EQ(*value, Json::parse(json)) << text;
    }
}

TEST(Literal, anything_else_is_refused)
{
    for (std::string const text : {"",     "a",        "[1",      "[1 2]",         "'a",  "'\\",
                                   "'a\\", "'\\x",     "b'\\u00", "{'a': 1, 'b'}", "1 2", "os.system('x')",
                                   "[",    "{",        "'\\x4'",  "nan",           "inf", "--1",
                                   "0x",   "'\\ud800'"})
        EXPECT_FALSE(parse_literal(text)) << text;
    EXPECT_FALSE(parse_literal(std::string(10000, '[')));
}

TEST(Repr, is_written_as_python_writes_it)
{
    for (char const* text : {"None", "True", "-3", "1.5", "2.0", "'a'", "\"it's\"", "'a\\n\\\\'", "b'\\xffa'",
                             "[1, 'a']", "('a',)", "(1, 2)", "{'a'}", "set()", "{'a': [1]}", "{1: 2}"})
        EXPECT_EQ(python_repr(*parse_literal(text)), text);
}

TEST(Secrets, telling_names_and_passwords_in_urls_are_covered)
{
    auto const value =
        Json::parse(R"([{"name": "a", "api_token": "t", "environment": {"DB_PASSWORD": "p", "HOME": "/"}},
                                       "postgresql://me:pw@host/db"])");
    EXPECT_EQ(without_secrets(value), Json::parse(R"([{"name": "a", "api_token": "[secret]",
        "environment": {"DB_PASSWORD": "[secret]", "HOME": "/"}}, "postgresql://me:[secret]@host/db"])"));
}

} // namespace
} // namespace jhub::config
