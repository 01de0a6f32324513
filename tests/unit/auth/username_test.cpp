// Rules for user names: reference auth-flow.md §9 steps 2 and 3.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/username.hpp"

namespace jhub::auth {
namespace {

UsernamePattern pattern(std::string_view text) { return UsernamePattern::compile(text).value(); }

TEST(LowerCaseName, works_for_every_script)
{
    EXPECT_EQ(lower_case_name("AdA.Lovelace-1"), "ada.lovelace-1");
    EXPECT_EQ(lower_case_name("\xC3\x85SA"), "\xC3\xA5sa");             // Å
    EXPECT_EQ(lower_case_name("\xD0\x96"), "\xD0\xB6");                 // Cyrillic
    EXPECT_EQ(lower_case_name("\xF0\x90\x90\x80"), "\xF0\x90\x90\xA8"); // Deseret, four bytes
    EXPECT_EQ(lower_case_name("\xE4\xB8\xAD"), "\xE4\xB8\xAD");         // no case
}

TEST(LowerCaseName, does_not_make_a_dotted_capital_i_somebody_elses_i)
{
    EXPECT_EQ(lower_case_name("\xC4\xB0"), "i\xCC\x87");
}

TEST(LowerCaseName, leaves_broken_text_alone) { EXPECT_EQ(lower_case_name("A\xFF"), "A\xFF"); }

TEST(Username, refuses_what_could_be_mistaken)
{
    for (std::string_view const bad :
         {"", "a/b", " ada", "ada ", "a\nb", "a\x7F", "\xC2\xA0ngel", "ada\xE3\x80\x80", "a\xFF", "a\xC2\x85z"})
        EXPECT_FALSE(check_username(bad, {})) << bad;
    EXPECT_FALSE(check_username(std::string_view("a\0b", 3), {}));
    EXPECT_FALSE(check_username(std::string(256, 'a'), {}));
}

TEST(Username, accepts_ordinary_and_odd_names)
{
    for (auto const* good : {"ada", "ada lovelace", "ada@example.org", "\xC3\xA5sa", "...", "a%2Fb", "-x"})
        EXPECT_TRUE(check_username(good, {})) << good;
    EXPECT_TRUE(check_username(std::string(255, 'a'), {}));
}

TEST(UsernamePattern, matches_at_the_start_and_not_to_the_end)
{
    EXPECT_TRUE(pattern("ada").matches("ada-lovelace"));
    EXPECT_FALSE(pattern("lovelace").matches("ada-lovelace"));
    EXPECT_FALSE(pattern("^w.*$").matches("ada"));
    EXPECT_TRUE(pattern("^[a-z]+$").matches("ada"));
    EXPECT_TRUE(pattern("").matches("anything"));
    EXPECT_TRUE(pattern(R"((?P<first>\w)\w$)").matches("\xC3\xA5s")) << "letters of every script, as in Python";
}

TEST(UsernamePattern, gives_up_on_a_pattern_that_explodes)
{
    EXPECT_FALSE(pattern("(a+)+$").matches(std::string(200, 'a') + "b"));
}

TEST(UsernamePattern, says_where_it_is_wrong)
{
    auto const broken = UsernamePattern::compile("ab(");
    ASSERT_FALSE(broken);
    EXPECT_THAT(broken.error().message, testing::HasSubstr("position 3"));
}

} // namespace
} // namespace jhub::auth
