// What the helper keeps of root for itself.
#include <linux/capability.h>

#include <gtest/gtest.h>

#include "helper/own_rights.hpp"

namespace jhub::helper {
namespace {

constexpr std::uint64_t bit(int capability) { return std::uint64_t{1} << capability; }
constexpr std::uint64_t four = bit(CAP_SETUID) | bit(CAP_SETGID) | bit(CAP_KILL) | bit(CAP_SYS_PTRACE);

TEST(OwnRights, are_four_capabilities_for_a_hub_without_sessions)
{
    privileged::HelperPolicy policy{.hub = privileged::HubIdentity{999, 999}};
    EXPECT_EQ(needed_capabilities(policy), four);
    policy.session_service = "login";
    EXPECT_EQ(needed_capabilities(policy) & bit(CAP_SYS_RESOURCE), bit(CAP_SYS_RESOURCE)) << "pam_limits";
    for (int const never :
         {CAP_SYS_MODULE, CAP_SYS_RAWIO, CAP_SYS_BOOT, CAP_NET_ADMIN, CAP_BPF, CAP_MKNOD, CAP_SETFCAP})
        EXPECT_EQ(needed_capabilities(policy) & bit(never), 0U) << never;
}

TEST(OwnRights, each_has_a_reason)
{
    for (auto const& capability : kept_capabilities())
        EXPECT_FALSE(capability.reason.empty()) << capability.number;
}

} // namespace
} // namespace jhub::helper
