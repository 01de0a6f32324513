// Root's policy on its way to the helper.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "privileged/helper_policy.hpp"

namespace jhub::privileged {
namespace {

HelperPolicy example()
{
    return {
        .open_files = 1024,
        .hub = HubIdentity{999, 998},
        .admission = {.first_uid = 500, .never = {999, 65534}, .shells = {"/x"}, .users = {"ada"}, .groups = {"sudo"}},
        .variables = {"LD_PRELOAD"},
        .fixed_variables = {{"LD_LIBRARY_PATH", "/opt"}},
        .services = {{"www-data", {"/opt/x"}, "/", {{"A", "b"}}}},
        .add_account = AddAccount{.command = {"useradd"}, .uids = {{"ada", 1234}}},
        .login_service = "jupyterhub",
        .check_account = false};
}

TEST(HelperPolicy, arrives_as_it_was_and_nobody_can_change_it)
{
    auto const file = seal_policy(example());
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_LT(pwrite(file->get(), "x", 1, 0), 0);
    EXPECT_NE(ftruncate(file->get(), 0), 0);
    auto const back = read_policy(file->get());
    ASSERT_TRUE(back);
    EXPECT_EQ(encode_policy(*back), encode_policy(example()));
    EXPECT_EQ(back->hub->uid, 999U);
    EXPECT_EQ(back->admission.first_uid, 500U);
}

TEST(HelperPolicy, that_is_cut_off_or_not_sealed_is_none)
{
    std::string const whole = encode_policy(example());
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_FALSE(decode_policy(std::string_view(whole).substr(0, size))) << size;
    EXPECT_FALSE(decode_policy(whole + "x"));
    Descriptor const open_one(memfd_create("x", MFD_CLOEXEC));
    EXPECT_EQ(write(open_one.get(), whole.data(), whole.size()), static_cast<ssize_t>(whole.size()));
    EXPECT_FALSE(read_policy(open_one.get()));
    EXPECT_FALSE(read_policy(STDERR_FILENO));
    EXPECT_FALSE(read_policy(-1));
}

} // namespace
} // namespace jhub::privileged
