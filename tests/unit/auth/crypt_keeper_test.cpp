// Encryption of auth_state: reference auth-flow.md §10.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/auth_support.hpp"
#include "auth/crypt_keeper.hpp"
#include "base/encoding.hpp"

namespace jhub::auth {
namespace {

constexpr std::string_view vector = "gAAAAABlU_EAAAECAwQFBgcICQoLDA0OD2NBxvlxLtJlPvkubsmddmFs6N1GZd7m-"
                                    "zq4Wyo2N4ztHdWtpEF-5tOgNMkmxYr6CDVOYW0k9I77CR0RN_XBRW0=";
std::string const key = counting_bytes(32);
std::string const other_key(32, 'k');

TEST(CryptKeeper, reads_what_the_reference_wrote)
{
    auto const keeper = CryptKeeper::from_environment(hex_encode(key));
    ASSERT_TRUE(keeper);
    auto const decrypted = keeper->decrypt(vector);
    ASSERT_TRUE(decrypted);
    EXPECT_EQ(decrypted->state, Json::parse(R"({"access_token": "\u00e9"})"));
    EXPECT_FALSE(decrypted->outdated);
}

TEST(CryptKeeper, takes_keys_in_three_forms)
{
    EXPECT_TRUE(CryptKeeper::from_keys({key, hex_encode(key), base64url_encode(key)}));
    EXPECT_TRUE(CryptKeeper::from_environment(hex_encode(key) + " ; " + base64url_encode(other_key) + ";"));
    EXPECT_FALSE(CryptKeeper::from_environment("")->has_keys());
}

TEST(CryptKeeper, refuses_what_is_no_key_and_says_which)
{
    for (auto const& bad : {std::string("short"), std::string(64, 'x'), std::string(44, '!'), std::string(33, 'a')}) {
        auto const keeper = CryptKeeper::from_keys({key, bad});
        ASSERT_FALSE(keeper) << bad;
        EXPECT_THAT(keeper.error().message, testing::StartsWith("Key 2"));
        EXPECT_THAT(keeper.error().message, testing::Not(testing::HasSubstr(bad))) << "a key is a secret";
    }
}

TEST(CryptKeeper, encrypts_with_the_first_key_and_reads_with_all)
{
    Json const state = {{"token", "t"}, {"list", {1, 2}}};
    auto const old_token = CryptKeeper::from_keys({other_key})->encrypt(state, at(1));
    auto const keeper = CryptKeeper::from_keys({key, other_key});
    auto const decrypted = keeper->decrypt(*old_token);
    ASSERT_TRUE(decrypted);
    EXPECT_EQ(decrypted->state, state);
    EXPECT_TRUE(decrypted->outdated);

    auto const new_token = keeper->encrypt(state, at(1));
    EXPECT_TRUE(CryptKeeper::from_keys({key})->decrypt(*new_token));
    EXPECT_FALSE(CryptKeeper::from_keys({other_key})->decrypt(*new_token));
    EXPECT_NE(*new_token, *keeper->encrypt(state, at(1))) << "each with its own initialisation vector";
}

TEST(CryptKeeper, without_keys_refuses_to_store_and_reads_nothing)
{
    EXPECT_FALSE(CryptKeeper().encrypt(Json::object(), at(1)));
    EXPECT_FALSE(CryptKeeper().decrypt(vector));
    EXPECT_FALSE(CryptKeeper::from_keys({key})->decrypt("garbage"));
}

} // namespace
} // namespace jhub::auth
