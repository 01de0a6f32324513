// Token hashes against the vectors of reference auth-flow.md §8.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/token_hash.hpp"

namespace jhub::auth {
namespace {

constexpr std::string_view salt = "0011223344556677";

TEST(TokenHash, one_round_is_that_of_the_reference)
{
    EXPECT_EQ(
        hash_token("0123456789abcdef0123456789abcdef", 1, salt),
        "sha512:1:0011223344556677:de7bece185f50ab085909f685ae6b295b06375676f3ff7a6faad48717ff2251f987ecdd6f2f6aa82"
        "097a652d6c12bf145a8210dbc8402e2901e013c64cce0bbd");
}

TEST(TokenHash, many_rounds_are_those_of_the_reference)
{
    std::string const hashed = hash_token("my-service-token", configured_rounds, salt);
    EXPECT_EQ(hashed,
              "sha512:16384:0011223344556677:72468d44ca716dea8a03a942cf5f84005222e04888fed9cf28a32e3bcf4fd45e468"
              "0f0b3b82be7ba5857e5f0e9647aef0a0647471ec02a03373842efcb2f434b");
    EXPECT_TRUE(verify_token(hashed, "my-service-token"));
    EXPECT_FALSE(verify_token(hashed, "my-service-tokem"));
}

TEST(TokenHash, salts_differ_and_each_is_verified)
{
    std::string const token = new_token();
    std::string const first = hash_token(token, generated_rounds), second = hash_token(token, generated_rounds);
    EXPECT_NE(first, second);
    EXPECT_TRUE(verify_token(first, token));
    EXPECT_TRUE(verify_token(second, token));
}

TEST(TokenHash, what_is_no_hash_verifies_nothing)
{
    for (auto const* hashed : {"", "sha512", "sha512:0:aa:", "sha512:x:aa:bb", "md5:1:aa:bb", "sha512:999999999:aa:bb",
                               "sha512:1:aa:bb:cc", "sha512:-1:aa:bb"})
        EXPECT_FALSE(verify_token(hashed, "0123456789")) << hashed;
    EXPECT_FALSE(verify_token(hash_token("", 1, salt), "")) << "an empty token is nobody's";
}

TEST(Tokens, have_their_forms)
{
    EXPECT_THAT(new_token(), testing::MatchesRegex("[0-9a-f]{32}"));
    EXPECT_THAT(new_oauth_token(), testing::MatchesRegex("[0-9A-Za-z]{30}"));
    EXPECT_THAT(new_share_code(), testing::MatchesRegex("[-_0-9A-Za-z]{43}"));
    EXPECT_EQ(token_prefix("abcdef"), "abcd");
    EXPECT_EQ(token_prefix("ab"), "ab");
}

TEST(Tokens, that_are_configured_have_a_least_length)
{
    EXPECT_FALSE(check_configured_token("1234567"));
    EXPECT_TRUE(check_configured_token("12345678"));
    EXPECT_FALSE(check_configured_token(std::string(513, 'a')));
}

} // namespace
} // namespace jhub::auth
