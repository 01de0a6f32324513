#include "base/encoding.hpp"

#include <gtest/gtest.h>

namespace jhub {
namespace {

TEST(Encoding, base64_matches_rfc_4648_section_10)
{
    struct Case {
        std::string_view plain, encoded;
    };
    for (auto const& [plain, encoded] : {Case{"", ""}, Case{"f", "Zg=="}, Case{"fo", "Zm8="}, Case{"foo", "Zm9v"},
                                         Case{"foobar", "Zm9vYmFy"}, Case{"\xfb\xff", "+/8="}}) {
        EXPECT_EQ(base64_encode(plain), encoded);
        EXPECT_EQ(base64_decode(encoded), plain);
    }
}

TEST(Encoding, the_url_safe_form_may_lack_padding)
{
    EXPECT_EQ(base64url_encode("\xfb\xff", Padding::strip), "-_8");
    EXPECT_EQ(base64url_decode("-_8"), "\xfb\xff");
    EXPECT_EQ(base64url_decode("-_8="), "\xfb\xff");
}

TEST(Encoding, damaged_text_is_refused)
{
    for (std::string_view const bad : {"Zg=", "Z", "Zg==Zg==", "Z$==", "-_8=", "Zh=="})
        EXPECT_FALSE(base64_decode(bad)) << bad;
    for (std::string_view const bad : {"abc", "zz", "0x", "a "})
        EXPECT_FALSE(hex_decode(bad)) << bad;
}

TEST(Encoding, hexadecimal_goes_both_ways)
{
    EXPECT_EQ(hex_encode(std::string_view("\x00\xff\x10", 3)), "00ff10");
    EXPECT_EQ(hex_decode("00FF10"), std::string("\x00\xff\x10", 3));
}

} // namespace
} // namespace jhub
