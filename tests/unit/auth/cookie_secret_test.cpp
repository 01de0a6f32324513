// Where the cookie secret comes from: reference auth-flow.md §3.
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/auth_support.hpp"
#include "auth/cookie_secret.hpp"
#include "base/encoding.hpp"
#include "base/random.hpp"

namespace jhub::auth {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class CookieSecretFile : public testing::Test {
  protected:
    void SetUp() override { std::filesystem::create_directory(folder); }
    void TearDown() override { std::filesystem::remove_all(folder); }

    [[nodiscard]] CookieSecretSources sources() const
    {
        CookieSecretSources from;
        from.file = path;
        from.home = folder;
        return from;
    }

    void write(std::string const& text, mode_t mode = 0600) const
    {
        std::ofstream(path) << text;
        ::chmod(path.c_str(), mode);
    }

    [[nodiscard]] std::string message() const
    {
        auto const secret = load_or_create_cookie_secret(sources());
        return secret ? "" : secret.error().message;
    }

    std::string const folder = testing::TempDir() + "cookie-secret-" + random_hex32();
    std::string const path = folder + "/secret";
    std::string const whole = hex_encode(counting_bytes(32));
};

TEST_F(CookieSecretFile, is_made_once_and_read_back)
{
    auto const made = load_or_create_cookie_secret(sources());
    ASSERT_TRUE(made);
    EXPECT_TRUE(made->generated);
    EXPECT_THAT(made->bytes, SizeIs(32));

    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
    std::ifstream file(path);
    std::string const text(std::istreambuf_iterator<char>(file), {});
    EXPECT_EQ(text, hex_encode(made->bytes) + "\n");

    auto const read = load_or_create_cookie_secret(sources());
    ASSERT_TRUE(read);
    EXPECT_FALSE(read->generated);
    EXPECT_EQ(read->bytes, made->bytes);
}

TEST_F(CookieSecretFile, in_the_home_directory_is_found)
{
    CookieSecretSources from = sources();
    from.file = "~/secret";
    write(whole + "\n");
    EXPECT_EQ(load_or_create_cookie_secret(from)->bytes, hex_decode(whole));
}

TEST_F(CookieSecretFile, that_others_may_touch_is_refused)
{
    for (mode_t const mode : {0604, 0602, 0601, 0666, 0640, 0660}) {
        write(whole, mode);
        EXPECT_THAT(message(), HasSubstr("chmod 600")) << mode;
    }
    write(whole, 0400);
    EXPECT_EQ(message(), "");
}

TEST_F(CookieSecretFile, of_another_account_is_refused)
{
    if (geteuid() != 0)
        GTEST_SKIP() << "needs root, to give a file away";
    write(whole);
    ASSERT_EQ(chown(path.c_str(), 61000, 61000), 0);
    EXPECT_THAT(message(), HasSubstr("belongs to the account number 61000"));
}

TEST_F(CookieSecretFile, that_is_a_link_or_a_directory_is_refused)
{
    std::filesystem::create_directory(path);
    EXPECT_THAT(message(), HasSubstr("it is a directory, no file"));
    std::filesystem::remove(path);
    std::ofstream(folder + "/elsewhere") << whole;
    std::filesystem::create_symlink("elsewhere", path);
    EXPECT_THAT(message(), HasSubstr("symbolic link"));
}

TEST_F(CookieSecretFile, that_is_too_short_is_refused)
{
    write(hex_encode(counting_bytes(31)));
    EXPECT_THAT(message(), HasSubstr("31 bytes, 32 are needed"));
}

TEST_F(CookieSecretFile, in_the_old_form_is_read_with_a_warning)
{
    write(base64_encode(counting_bytes(33)) + "\n");
    auto const secret = load_or_create_cookie_secret(sources());
    ASSERT_TRUE(secret);
    EXPECT_EQ(secret->bytes, counting_bytes(33));
    EXPECT_THAT(secret->warnings, SizeIs(2)) << "old form, and longer than needed";
}

TEST_F(CookieSecretFile, without_a_secret_in_it_is_refused)
{
    for (auto const* text : {"", "\n", "0", "0g", "not a secret!"}) {
        write(text);
        EXPECT_THAT(message(), HasSubstr("hexadecimal")) << text;
    }
    write(std::string(5000, '0'));
    EXPECT_THAT(message(), HasSubstr("too large"));
}

TEST_F(CookieSecretFile, that_cannot_be_written_says_which_option_to_change)
{
    CookieSecretSources from = sources();
    from.file = folder + "/missing/secret";
    auto const secret = load_or_create_cookie_secret(from);
    ASSERT_FALSE(secret);
    EXPECT_THAT(secret.error().message, HasSubstr("c.JupyterHub.cookie_secret_file"));
}

TEST_F(CookieSecretFile, is_not_touched_when_configuration_or_environment_have_one)
{
    CookieSecretSources from = sources();
    from.environment = "AAbb";
    EXPECT_EQ(load_or_create_cookie_secret(from)->bytes, "\xAA\xBB");
    from.configured_hex = "0102";
    EXPECT_EQ(load_or_create_cookie_secret(from)->bytes, "\x01\x02");
    from.configured_bytes = "raw";
    EXPECT_EQ(load_or_create_cookie_secret(from)->bytes, "raw");
    EXPECT_FALSE(std::filesystem::exists(path));

    from.configured_bytes.reset();
    from.configured_hex = "123";
    EXPECT_FALSE(load_or_create_cookie_secret(from)) << "an odd number of digits";
}

} // namespace
} // namespace jhub::auth
