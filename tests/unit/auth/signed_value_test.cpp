// Signed values against the vector of reference auth-flow.md §2, and against damage.
#include <gtest/gtest.h>

#include "auth/auth_support.hpp"
#include "auth/signed_value.hpp"
#include "base/crypto.hpp"
#include "base/encoding.hpp"

namespace jhub::auth {
namespace {

constexpr std::string_view name = "jupyterhub-hub-login";
constexpr std::string_view value = "0123456789abcdef0123456789abcdef";
constexpr std::string_view vector = "2|1:0|10:1700000000|20:jupyterhub-hub-login|44:"
                                    "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=|"
                                    "7fcc1a6f0657a3c89fe09bfacf91f43839bd91f762fe68153e551014b215304f";
std::string const secret = counting_bytes(32);
constexpr std::chrono::days fortnight{14};

TEST(SignedValue, is_byte_for_byte_that_of_the_reference)
{
    EXPECT_EQ(create_signed_value(secret, name, value, at(1'700'000'000)), vector);
    EXPECT_EQ(decode_signed_value(secret, name, vector, fortnight, at(1'700'000'100)), value);
}

TEST(SignedValue, lasts_exactly_as_long_as_allowed)
{
    std::int64_t const age = 14 * 86'400;
    EXPECT_TRUE(decode_signed_value(secret, name, vector, fortnight, at(1'700'000'000 + age)));
    EXPECT_FALSE(decode_signed_value(secret, name, vector, fortnight, at(1'700'000'001 + age)));
}

TEST(SignedValue, is_from_the_future_by_no_more_than_clocks_differ)
{
    std::int64_t const skew = std::chrono::seconds(allowed_skew).count();
    EXPECT_TRUE(decode_signed_value(secret, name, vector, fortnight, at(1'700'000'000 - skew)));
    EXPECT_FALSE(decode_signed_value(secret, name, vector, fortnight, at(1'699'999'999 - skew)));
    EXPECT_FALSE(decode_signed_value(secret, name, vector, fortnight, at(1'600'000'000)));
}

TEST(SignedValue, belongs_to_one_name_and_one_secret)
{
    EXPECT_FALSE(decode_signed_value(secret, "_xsrf", vector, fortnight, at(1'700'000'000)));
    EXPECT_FALSE(decode_signed_value("other", name, vector, fortnight, at(1'700'000'000)));
}

TEST(SignedValue, survives_no_change_of_any_byte)
{
    for (std::size_t i = 0; i < vector.size(); ++i) {
        std::string damaged(vector);
        damaged[i] ^= 1;
        EXPECT_FALSE(decode_signed_value(secret, name, damaged, fortnight, at(1'700'000'000))) << i;
        EXPECT_FALSE(decode_signed_value(secret, name, vector.substr(0, i), fortnight, at(1'700'000'000))) << i;
    }
    EXPECT_FALSE(decode_signed_value(secret, name, std::string(vector) + "0", fortnight, at(1'700'000'000)));
}

TEST(SignedValue, keeps_any_bytes)
{
    std::string const bytes = counting_bytes(256);
    std::string const text = create_signed_value(secret, "n|:", bytes, at(5));
    EXPECT_EQ(decode_signed_value(secret, "n|:", text, fortnight, at(6)), bytes);
}

// Signed with the right key, but not of the form that the encoder makes.
TEST(SignedValue, a_good_signature_does_not_excuse_a_bad_form)
{
    for (std::string const body :
         {"2|1:1|10:1700000000|1:n|4:YQ==|", "2|1:0|1:x|1:n|4:YQ==|", "2|1:0|10:1700000000|1:n|2:Y!|",
          "2|1:0|10:1700000000|1:n|99:YQ==|", "2|1:0|10:1700000000|1:n|-4:YQ==|",
          "2|1:0|10:1700000000|1:n|18446744073709551615:YQ==|", "1|1:0|10:1700000000|1:n|4:YQ==|"}) {
        std::string const text = body + hex_encode(hmac_sha256(secret, body));
        EXPECT_FALSE(decode_signed_value(secret, "n", text, fortnight, at(1'700'000'000))) << body;
    }
}

} // namespace
} // namespace jhub::auth
