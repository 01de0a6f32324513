#include "base/crypto.hpp"

#include <gtest/gtest.h>

#include "base/encoding.hpp"
#include "base/random.hpp"

namespace jhub {
namespace {

std::string counting_bytes(std::size_t count)
{
    std::string bytes;
    for (std::size_t i = 0; i < count; ++i)
        bytes += static_cast<char>(i);
    return bytes;
}

// Vector of reference auth-flow.md §10.
constexpr std::string_view fernet_vector = "gAAAAABlU_EAAAECAwQFBgcICQoLDA0OD2NBxvlxLtJlPvkubsmddmFs6N1GZd7m-"
                                           "zq4Wyo2N4ztHdWtpEF-5tOgNMkmxYr6CDVOYW0k9I77CR0RN_XBRW0=";
constexpr std::string_view fernet_plain = R"({"access_token": "\u00e9"})";

TEST(Crypto, digests_match_published_vectors)
{
    EXPECT_EQ(hex_encode(sha1("abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(hex_encode(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hex_encode(sha512("")).substr(0, 32), "cf83e1357eefb8bdf1542850d66d8007");
    EXPECT_EQ(hex_encode(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Crypto, comparison_looks_at_every_byte_and_at_the_length)
{
    EXPECT_TRUE(equal_in_constant_time("secret", "secret"));
    EXPECT_FALSE(equal_in_constant_time("secret", "secreT"));
    EXPECT_FALSE(equal_in_constant_time("secret", "secrets"));
}

TEST(Crypto, fernet_encrypts_as_python_does)
{
    auto const token = fernet_encrypt(counting_bytes(32), fernet_plain,
                                      std::chrono::sys_seconds(std::chrono::seconds(1700000000)), counting_bytes(16));
    EXPECT_EQ(token, fernet_vector);
    EXPECT_EQ(fernet_decrypt(counting_bytes(32), fernet_vector), fernet_plain);
}

TEST(Crypto, fernet_refuses_a_wrong_key_and_every_damaged_byte)
{
    EXPECT_FALSE(fernet_decrypt(std::string(32, 'k'), fernet_vector));
    EXPECT_FALSE(fernet_decrypt(counting_bytes(32), "gAAAA"));
    auto const raw = *base64url_decode(fernet_vector);
    for (std::size_t i = 0; i < raw.size(); ++i) {
        std::string damaged = raw;
        damaged[i] = static_cast<char>(damaged[i] ^ 1);
        EXPECT_FALSE(fernet_decrypt(counting_bytes(32), base64url_encode(damaged))) << "byte " << i;
    }
}

TEST(Random, values_have_their_form_and_differ)
{
    EXPECT_EQ(random_hex32().size(), 32U);
    EXPECT_EQ(random_hex32()[12], '4') << "the version digit of a uuid4";
    EXPECT_NE(random_hex32(), random_hex32());
    EXPECT_EQ(
        random_alphanumeric(30).find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
        std::string::npos);
    double const unit = random_unit();
    EXPECT_TRUE(unit >= 0 && unit < 1);
}

} // namespace
} // namespace jhub
