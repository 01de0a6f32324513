#include "auth/verified_tokens.hpp"

#include <gtest/gtest.h>

#include "auth/token_hash.hpp"

namespace jhub::auth {
namespace {

TEST(VerifiedTokens, say_the_same_the_first_time_and_ever_after)
{
    VerifiedTokens tokens;
    std::string const hashed = hash_token("my-service-token", configured_rounds);
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(tokens.verify(hashed, "my-service-token"));
        EXPECT_FALSE(tokens.verify(hashed, "my-service-tokeN"));
    }
}

TEST(VerifiedTokens, belong_to_the_hash_they_were_verified_with)
{
    VerifiedTokens tokens;
    ASSERT_TRUE(tokens.verify(hash_token("a-token-of-ada", generated_rounds), "a-token-of-ada"));
    EXPECT_FALSE(tokens.verify(hash_token("another-token", generated_rounds), "a-token-of-ada"));
}

TEST(VerifiedTokens, know_what_was_right_before_and_nothing_else)
{
    VerifiedTokens tokens;
    std::string const hashed = hash_token("a-token-of-ada", generated_rounds);
    EXPECT_FALSE(tokens.remembers(hashed, "a-token-of-ada"));
    EXPECT_FALSE(tokens.verify(hashed, "a-token-of-bob"));
    EXPECT_FALSE(tokens.remembers(hashed, "a-token-of-bob"));
    EXPECT_TRUE(tokens.verify(hashed, "a-token-of-ada"));
    EXPECT_TRUE(tokens.remembers(hashed, "a-token-of-ada"));
}

TEST(VerifiedTokens, stay_right_beyond_the_limit)
{
    VerifiedTokens tokens(2);
    for (std::string const token : {"token-number-1", "token-number-2", "token-number-3", "token-number-1"}) {
        EXPECT_TRUE(tokens.verify(hash_token(token, generated_rounds), token));
        EXPECT_FALSE(tokens.verify(hash_token(token, generated_rounds), token + "x"));
    }
}

} // namespace
} // namespace jhub::auth
