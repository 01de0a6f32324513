// What the helper keeps of root for itself.
#include <linux/capability.h>

#include <gtest/gtest.h>

#include "helper/own_rights.hpp"

namespace jhub::helper {
namespace {

constexpr std::uint64_t bit(int capability) { return std::uint64_t{1} << capability; }
constexpr std::uint64_t three = bit(CAP_SETUID) | bit(CAP_SETGID) | bit(CAP_KILL);

TEST(OwnRights, are_three_capabilities_for_a_hub_without_sessions)
{
    privileged::HelperPolicy policy{.hub = privileged::HubIdentity{999, 999}};
    EXPECT_EQ(needed_capabilities(policy, false), three);
    EXPECT_EQ(needed_capabilities(policy, true), three | bit(CAP_SYS_PTRACE)) << "to see people's processes in /proc";
    policy.session_service = "login";
    EXPECT_EQ(needed_capabilities(policy, false) & bit(CAP_SYS_RESOURCE), bit(CAP_SYS_RESOURCE)) << "pam_limits";
    for (int const never :
         {CAP_SYS_MODULE, CAP_SYS_RAWIO, CAP_SYS_BOOT, CAP_NET_ADMIN, CAP_BPF, CAP_MKNOD, CAP_SETFCAP})
        EXPECT_EQ(needed_capabilities(policy, true) & bit(never), 0U) << never;
}

TEST(OwnRights, each_has_a_reason)
{
    for (auto const& capability : kept_capabilities())
        EXPECT_FALSE(capability.reason.empty()) << capability.number;
}

TEST(OwnRights, a_hidden_proc_is_noticed)
{
    std::string const line = "25 1 0:23 / /proc rw,nosuid,nodev,noexec,relatime shared:12 - proc proc rw";
    EXPECT_FALSE(hides_processes(line + "\n"));
    EXPECT_FALSE(hides_processes(line + ",hidepid=0\n"));
    EXPECT_FALSE(hides_processes(line + ",hidepid=off\n"));
    EXPECT_TRUE(hides_processes("1 1 8:1 / / rw - ext4 /dev/sda rw\n" + line + ",hidepid=2\n"));
    EXPECT_TRUE(hides_processes(line + ",gid=4,hidepid=invisible"));
    EXPECT_FALSE(hides_processes(""));
}

} // namespace
} // namespace jhub::helper
