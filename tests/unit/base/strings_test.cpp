#include "base/strings.hpp"

#include <gtest/gtest.h>

namespace jhub {
namespace {

TEST(Strings, lower_case_is_ascii_only)
{
    EXPECT_EQ(to_lower("AbC-É"), "abc-É");
    EXPECT_TRUE(equals_ignoring_case("Content-Length", "content-length"));
    EXPECT_FALSE(equals_ignoring_case("a", "ab"));
}

TEST(Strings, numbers_are_whole_and_in_range)
{
    EXPECT_EQ(parse_number<std::uint16_t>("65535"), 65535);
    for (std::string_view const bad : {"65536", "-1", "+1", " 1", "1 ", "", "0x10", "1.0"})
        EXPECT_FALSE(parse_number<std::uint16_t>(bad)) << bad;
}

TEST(Strings, text_of_strangers_is_made_printable_and_short)
{
    EXPECT_EQ(printable("a\nb\x1b[31m\x7f"), R"(a\x0ab\x1b[31m\x7f)");
    EXPECT_EQ(printable("h\xc3\xa9 \xff \xc2\x9b"), "h\xc3\xa9 \\xff \\xc2\\x9b");
    EXPECT_EQ(printable("abcdef", 3), "abc…");
}

TEST(Strings, overlong_and_surrogate_utf8_is_invalid)
{
    EXPECT_TRUE(is_valid_utf8("aé€\U0001F600"));
    for (std::string_view const bad :
         {"\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80"})
        EXPECT_FALSE(is_valid_utf8(bad));
}

TEST(Strings, a_misspelt_name_finds_its_neighbour)
{
    std::vector<std::string> const names{"allowed_users", "admin_users", "port"};
    EXPECT_EQ(nearest_name("alowed_users", names), "allowed_users");
    EXPECT_EQ(nearest_name("prot", names), "port") << "two letters changed places: one edit";
    EXPECT_EQ(nearest_name("part_", names), std::nullopt) << "two edits are too many for five letters";
    EXPECT_EQ(nearest_name("something_else", names), std::nullopt);
    EXPECT_EQ(did_you_mean("prot", names, " Did you mean --", "?"), " Did you mean --port?");
    EXPECT_EQ(did_you_mean("something_else", names, " Did you mean --", "?"), "");
}

TEST(Strings, splitting_keeps_empty_parts)
{
    EXPECT_EQ(split("a,,b", ','), (std::vector<std::string>{"a", "", "b"}));
    EXPECT_EQ(split("", ','), std::vector<std::string>{""});
    EXPECT_EQ(join({"a", "b"}, ", "), "a, b");
    EXPECT_EQ(trim(" \t a b\r\n"), "a b");
    EXPECT_EQ(replace_all("aaa", "a", "aa"), "aaaaaa");
}

} // namespace
} // namespace jhub
