// Whom root's policy lets have a process, by number, shell and groups.
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "privileged/admission.hpp"

namespace jhub::privileged {
namespace {

Account person(std::uint32_t uid = 1000, std::string shell = "/bin/bash", std::vector<std::string> groups = {})
{
    return {.name = "ada", .uid = uid, .gid = uid, .shell = std::move(shell), .groups = std::move(groups)};
}

bool admitted(AdmissionRules const& rules, Account const& account, MachineLists const& machine = {},
              RecentLogin login = RecentLogin::no)
{
    return admit(rules, machine, account, login).has_value();
}

TEST(Admission, people_have_numbers_from_uid_min_on)
{
    for (std::uint32_t const uid : {0U, 1U, 99U, 100U, 101U, 999U, 65534U, 0xffffffffU})
        EXPECT_FALSE(admitted({}, person(uid))) << uid;
    EXPECT_TRUE(admitted({}, person(1000)));
    EXPECT_TRUE(admitted({}, person(2'000'000'000))) << "as directories give them out";
    EXPECT_TRUE(admitted({}, person(500), {.first_uid = 500}));
    EXPECT_TRUE(admitted({.first_uid = 500}, person(500)));
    EXPECT_FALSE(admitted({.first_uid = 500}, person(499)));
    EXPECT_FALSE(admitted({.first_uid = 0}, person(0))) << "root is no matter of numbers";
    EXPECT_TRUE(admitted({.allow_root_user = true}, person(0)));
}

TEST(Admission, the_hubs_and_the_proxys_accounts_are_nobodys_server)
{
    AdmissionRules const rules{.never = {1500, 1501}, .users = {"ada"}};
    EXPECT_FALSE(admitted(rules, person(1500)));
    EXPECT_FALSE(admitted(rules, person(1501)));
    EXPECT_TRUE(admitted(rules, person(1502)));
}

TEST(Admission, who_has_no_shell_has_no_server)
{
    for (char const* shell : {"/usr/sbin/nologin", "/sbin/nologin", "/bin/false", "/bin/sync", "/sbin/shutdown"})
        EXPECT_FALSE(admitted({}, person(1000, shell))) << shell;
    EXPECT_TRUE(admitted({}, person(1000, ""))) << "which is /bin/sh";
    EXPECT_TRUE(admitted({}, person(1000, "/opt/fish"))) << "no list of shells to be in";
    EXPECT_TRUE(admitted({.shells = {"/usr/sbin/nologin"}}, person(1000, "/usr/sbin/nologin")))
        << "root wants people who get in by the hub only";
}

TEST(Admission, a_shell_is_one_of_the_machines_list_where_there_is_one)
{
    MachineLists const machine{.shells = {"/bin/bash", "/usr/bin/zsh"}};
    EXPECT_TRUE(admitted({}, person(1000, "/bin/bash"), machine));
    EXPECT_TRUE(admitted({}, person(1000, "/usr/bin/bash"), machine)) << "the same file where /bin is a link";
    EXPECT_TRUE(admitted({}, person(1000, "/bin/zsh"), machine));
    EXPECT_FALSE(admitted({}, person(1000, "/opt/fish"), machine));
    EXPECT_FALSE(admitted({}, person(1000, "bash"), machine));
    EXPECT_TRUE(admitted({.shells = {"/opt/fish"}}, person(1000, "/opt/fish"), machine));
}

TEST(Admission, a_powerful_person_must_have_shown_a_password_or_be_named_by_root)
{
    for (char const* group : {"root", "sudo", "wheel", "docker", "lxd", "disk", "shadow", "adm", "kmem", "staff",
                              "systemd-journal", "libvirt"}) {
        Account const powerful = person(1000, "", {"users", group});
        auto const refused = admit({}, {}, powerful, RecentLogin::no);
        ASSERT_FALSE(refused) << group;
        EXPECT_EQ(refused.error().code, Errc::forbidden);
        EXPECT_TRUE(refused.error().message.contains(std::string("the group ") + group)) << refused.error().message;
        EXPECT_TRUE(refused.error().message.contains("c.JupyterHub.helper_policy"));
        EXPECT_TRUE(refused.error().message.contains("/etc/jupyterhub/helper-policy"));
        EXPECT_TRUE(admitted({}, powerful, {}, RecentLogin::yes));
        EXPECT_TRUE(admitted({.users = {"ada"}}, powerful));
        EXPECT_TRUE(admitted({.groups = {group}}, powerful));
        EXPECT_FALSE(admitted({.users = {"bob"}, .groups = {"users"}}, powerful));
    }
    EXPECT_TRUE(admitted({}, person(1000, "", {"cdrom", "audio", "video", "plugdev", "users", "netdev"})));
}

TEST(Admission, one_group_that_root_names_does_not_make_up_for_another)
{
    EXPECT_FALSE(admitted({.groups = {"docker"}}, person(1000, "", {"docker", "sudo"})));
    EXPECT_TRUE(admitted({.groups = {"docker", "sudo"}}, person(1000, "", {"docker", "sudo"})));
}

TEST(Admission, roots_group_counts_by_its_number_and_sites_add_their_own)
{
    Account account = person();
    account.group_ids = {0, 1000};
    EXPECT_FALSE(admitted({}, account));
    EXPECT_FALSE(admitted({.powerful = {"operators"}}, person(1000, "", {"operators"})));
    EXPECT_TRUE(admitted({}, person(1000, "", {"operators"})));
}

TEST(Admission, services_of_the_configuration_run_under_accounts_of_services_but_not_under_root)
{
    EXPECT_TRUE(admit_service({}, person(100, "/usr/sbin/nologin", {"docker"})));
    EXPECT_FALSE(admit_service({}, person(99)));
    EXPECT_FALSE(admit_service({}, person(0)));
    EXPECT_FALSE(admit_service({}, person(65534)));
    EXPECT_FALSE(admit_service({.never = {999}}, person(999))) << "the hub's, where no more rights can be given up";
    EXPECT_TRUE(admit_service({.allow_root_user = true}, person(0)));
}

TEST(Admission, reads_what_the_machine_says)
{
    auto const directory = std::filesystem::temp_directory_path() / ("admission-" + std::to_string(getpid()));
    std::filesystem::create_directory(directory);
    std::string const definitions = directory / "login.defs";
    std::string const shells = directory / "shells";
    std::ofstream(definitions) << "# UID_MIN 1\nUID_MIN\t\t\t 500\n#UID_MIN 2\nSYS_UID_MIN 100\nUID_MAX 60000\n";
    std::ofstream(shells) << "# valid\n/bin/sh\n\n  /bin/bash  \nnonsense\n";
    auto const lists = read_machine_lists(definitions, shells);
    EXPECT_EQ(lists.first_uid, 500U);
    EXPECT_EQ(lists.shells, (std::vector<std::string>{"/bin/sh", "/bin/bash"}));
    std::ofstream(definitions) << "UID_MIN many\n";
    EXPECT_EQ(read_machine_lists(definitions, directory / "none").first_uid, 1000U);
    EXPECT_TRUE(read_machine_lists(directory / "none", directory / "none").shells.empty());
    std::filesystem::remove_all(directory);
}

} // namespace
} // namespace jhub::privileged
