// Codes as they are stored, and PKCE with the example of RFC 7636, appendix B.
#include <gtest/gtest.h>

#include "auth/oauth_code.hpp"

namespace jhub::auth {
namespace {

constexpr std::string_view verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
constexpr std::string_view challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

TEST(CodeChallenge, is_that_of_the_rfc) { EXPECT_EQ(code_challenge_of(verifier), challenge); }

TEST(CodeChallenge, has_the_form_of_a_sha256)
{
    EXPECT_TRUE(is_code_challenge(challenge));
    EXPECT_FALSE(is_code_challenge(""));
    EXPECT_FALSE(is_code_challenge(std::string(challenge) + "="));
    EXPECT_FALSE(is_code_challenge(std::string(42, 'a') + "+"));
}

TEST(StoredCode, fits_its_column_and_depends_on_code_and_challenge)
{
    std::string const plain = stored_code("code", ""), bound = stored_code("code", challenge);
    EXPECT_EQ(plain.size(), 36U);
    EXPECT_NE(plain, bound);
    EXPECT_NE(plain, stored_code("Code", ""));
    EXPECT_EQ(bound, stored_code("code", code_challenge_of(verifier)));
}

} // namespace
} // namespace jhub::auth
