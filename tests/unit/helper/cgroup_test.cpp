// Where cgroups are made, and that they hold and end what is put into them: on a hierarchy of the test's own.
#include "helper/cgroup.hpp"

#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include <gtest/gtest.h>

#include "helper/process_info.hpp"

namespace jhub::helper {
namespace {

constexpr std::string_view mounts = "24 30 0:22 / /proc rw - proc proc rw\n"
                                    "35 24 0:31 / /sys/fs/cgroup/unified rw,nosuid shared:9 - cgroup2 cgroup2 rw\n"
                                    "36 24 0:32 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n";

TEST(CgroupDirectory, is_the_own_one_below_the_mount)
{
    EXPECT_EQ(cgroup_directory(mounts, "3:cpu:/x\n0::/system.slice/jupyterhub.service\n"),
              "/sys/fs/cgroup/unified/system.slice/jupyterhub.service");
    EXPECT_EQ(cgroup_directory(mounts, "0::/\n"), "/sys/fs/cgroup/unified");
}

TEST(CgroupDirectory, takes_a_mount_of_a_part_of_the_hierarchy)
{
    constexpr std::string_view part = "35 24 0:31 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n";
    EXPECT_EQ(cgroup_directory(part, "0::/docker/abc/hub\n"), "/sys/fs/cgroup/hub");
    EXPECT_EQ(cgroup_directory(part, "0::/docker/abc\n"), "/sys/fs/cgroup");
    EXPECT_EQ(cgroup_directory(part, "0::/docker/abcdef\n"), "") << "another one's";
}

TEST(CgroupDirectory, is_empty_where_there_is_none)
{
    EXPECT_EQ(cgroup_directory("36 24 0:32 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n", "0::/\n"), "");
    EXPECT_EQ(cgroup_directory(mounts, "3:cpu:/x\n"), "");
    EXPECT_EQ(cgroup_directory("", ""), "");
    EXPECT_EQ(cgroup_directory("1 2 3 - cgroup2\n- cgroup2 \n", "0::/x\n"), "");
}

TEST(CgroupDirectory, reads_the_escapes_of_mountinfo)
{
    EXPECT_EQ(cgroup_directory("35 24 0:31 / /mnt/a\\040b rw - cgroup2 cgroup2 rw\n", "0::/x\n"), "/mnt/a b/x");
}

class CgroupTest : public testing::Test {
  protected:
    void SetUp() override
    {
        std::string pattern = "/tmp/jhub-cgroup-XXXXXX";
        directory = mkdtemp(pattern.data());
        if (mount("none", directory.c_str(), "cgroup2", 0, nullptr) != 0)
            GTEST_SKIP() << "needs root, and a kernel with cgroup2";
        subtree = directory + "/test" + std::to_string(getpid());
        cgroups.emplace(subtree);
        ASSERT_TRUE(cgroups->available());
    }
    ~CgroupTest() override
    {
        for (pid_t const pid : children) {
            kill(pid, SIGKILL);
            waitpid(pid, nullptr, 0);
        }
        if (!subtree.empty()) {
            for (auto const& entry : std::filesystem::directory_iterator(subtree))
                if (entry.is_directory())
                    rmdir(entry.path().c_str());
            rmdir(subtree.c_str());
            umount(directory.c_str());
        }
        rmdir(directory.c_str());
    }
    // A child that forks on, each generation in a session of its own.
    privileged::ProcessId child(int generations)
    {
        pid_t const pid = fork();
        if (pid == 0) {
            while (access(go.c_str(), F_OK) != 0)
                usleep(1000);
            for (int i = 0; i < generations; ++i)
                if (fork() == 0)
                    setsid();
            for (;;)
                pause();
        }
        children.push_back(pid);
        return {pid, read_process(pid)->start_time, boot_id(), 0};
    }
    bool empties(std::string const& cgroup)
    {
        for (int i = 0; i < 2000; ++i) {
            if (Cgroups::is_empty(cgroup) && Cgroups::remove(cgroup))
                return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return false;
    }
    std::string const go = "/tmp/jhub-go-" + std::to_string(getpid());
    std::string directory, subtree;
    std::optional<Cgroups> cgroups;
    std::vector<pid_t> children;
};

TEST_F(CgroupTest, holds_everything_that_comes_of_a_process_and_ends_it_at_once)
{
    auto const id = child(4); // 16 processes
    ASSERT_TRUE(cgroups->enclose(id));
    std::ofstream(go) << "go";
    std::string const cgroup = cgroups->find(id);
    ASSERT_FALSE(cgroup.empty());
    auto const count = [&] {
        std::string const text = read_small_file(cgroup + "/cgroup.procs");
        return std::ranges::count(text, '\n');
    };
    for (int i = 0; i < 2000 && count() < 16; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::filesystem::remove(go);
    ASSERT_EQ(count(), 16);
    EXPECT_FALSE(Cgroups::is_empty(cgroup));
    EXPECT_FALSE(Cgroups::remove(cgroup));
    Cgroups::kill(cgroup);
    EXPECT_TRUE(empties(cgroup));
    EXPECT_EQ(cgroups->find(id), "") << "the empty one is removed";
}

TEST_F(CgroupTest, of_dead_processes_are_found_again)
{
    auto const lives = child(0);
    auto const dies = child(0);
    ASSERT_TRUE(cgroups->enclose(lives));
    ASSERT_TRUE(cgroups->enclose(dies));
    EXPECT_TRUE(cgroups->abandoned().empty());
    kill(dies.pid, SIGKILL);
    waitpid(dies.pid, nullptr, 0);
    std::filesystem::create_directory(subtree + "/not-ours");
    Cgroups const next(subtree);
    EXPECT_EQ(next.abandoned(), std::vector{cgroups->find(dies)});
    privileged::ProcessId earlier = lives;
    earlier.start_time -= 1;
    EXPECT_EQ(next.find(earlier), "") << "another process of that number";
    rmdir((subtree + "/not-ours").c_str());
}

TEST_F(CgroupTest, are_not_made_where_others_may_write)
{
    chmod(subtree.c_str(), 0777);
    EXPECT_FALSE(Cgroups(subtree).available());
    chmod(subtree.c_str(), 0755);
    EXPECT_TRUE(Cgroups(subtree).available());
    EXPECT_FALSE(Cgroups("/tmp/no-such-directory/x").available());
    EXPECT_FALSE(Cgroups(std::filesystem::temp_directory_path()).available()) << "not of a cgroup2 file system";
}

} // namespace
} // namespace jhub::helper
