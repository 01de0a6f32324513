// Files of one's own: what is opened, what is refused, who opens it, and what a race can do.
#include "base/guarded_file.hpp"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "python/support.hpp"

namespace jhub {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

constexpr uid_t hub_number = 61777, bob = 61555;
constexpr Opening make{Opening::Access::append, Opening::Missing::is_made, 0640, {}};
constexpr Opening read_it{};

std::string content(std::string const& path)
{
    std::ifstream stream(path);
    return {std::istreambuf_iterator<char>(stream), {}};
}

struct stat facts_of(std::string const& path)
{
    struct stat facts{};
    EXPECT_EQ(lstat(path.c_str(), &facts), 0) << path;
    return facts;
}

struct GuardedFile : testing::Test {
    void SetUp() override
    {
        if (geteuid() != 0)
            GTEST_SKIP() << "makes files of other accounts";
        ASSERT_EQ(chmod(folder.path().c_str(), 0755), 0);
        state = folder.path() + "/state";
        path = state + "/inner/file";
        fs::create_directories(state + "/inner");
    }
    void own(std::string const& place, uid_t owner, mode_t mode) const
    {
        ASSERT_EQ(lchown(place.c_str(), owner, owner), 0) << place;
        if (!fs::is_symlink(place))
            ASSERT_EQ(chmod(place.c_str(), mode), 0) << place;
    }
    [[nodiscard]] std::string refusal(Opening const& how) const
    {
        auto const opened = open_guarded(path, how, hub);
        return opened ? "was opened" : opened.error().message;
    }
    void append(std::string const& text) const
    {
        auto const file = open_guarded(path, make, hub);
        ASSERT_TRUE(file) << file.error().message;
        ASSERT_EQ(write(file->get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    }
    TemporaryDirectory folder;
    Account hub{hub_number, hub_number, {}};
    std::string state, path;
};

TEST_F(GuardedFile, a_missing_file_is_made_with_its_mode_whatever_the_umask)
{
    mode_t const before = umask(077);
    append("one\n");
    umask(before);
    append("two\n");
    EXPECT_EQ(content(path), "one\ntwo\n");
    EXPECT_EQ(facts_of(path).st_mode & 07777, 0640U);
    EXPECT_EQ(facts_of(path).st_uid, 0U);
    EXPECT_EQ(open_guarded(state + "/none", read_it, hub).error().code, Errc::not_found);
    EXPECT_EQ(open_guarded(state + "/none/file", make, hub).error().code, Errc::not_found);
}

TEST_F(GuardedFile, relative_paths_dots_and_links_of_roots_lead_there_too)
{
    append("one\n");
    fs::create_symlink("state/inner/../inner", folder.path() + "/way");
    for (std::string const place :
         {"state/inner/file", "./state/./inner/../inner/file", "way/file", "way/../inner/file"})
        EXPECT_TRUE(open_guarded(place, read_it, hub)) << place;
    EXPECT_TRUE(open_guarded(folder.path() + "//way//file", read_it, hub));
}

TEST_F(GuardedFile, what_is_no_plain_file_is_refused_and_never_waited_for)
{
    struct Case {
        char const* what;
        std::function<int(char const*)> put;
    };
    auto const socket_at = [](char const* place) {
        Descriptor const socket(::socket(AF_UNIX, SOCK_STREAM, 0));
        sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
        std::string_view(place).copy(address.sun_path, sizeof address.sun_path - 1);
        return bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    };
    Case const cases[] = {
        {"a named pipe", [](char const* place) { return mkfifo(place, 0600); }},
        {"a directory", [](char const* place) { return mkdir(place, 0700); }},
        {"a device", [](char const* place) { return mknod(place, S_IFCHR | 0600, makedev(1, 3)); }},
        {"a symbolic link", [](char const* place) { return symlink("/etc/passwd", place); }},
        {"a symbolic link", [](char const* place) { return symlink("nowhere", place); }},
        {"a symbolic link", [](char const* place) { return symlink("file", place); }},
        {"a socket", socket_at},
    };
    for (auto const& [what, put] : cases)
        for (auto const access : {Opening::Access::read, Opening::Access::read_and_write, Opening::Access::append}) {
            ASSERT_EQ(put(path.c_str()), 0) << what;
            for (auto const missing : {Opening::Missing::is_an_error, Opening::Missing::is_made})
                EXPECT_EQ(refusal({access, missing, 0600, {}}),
                          path + " is not used: it is " + what + ", no file. Choose another place.");
            EXPECT_FALSE(look_at(path, hub)) << what;
            EXPECT_EQ(remove_guarded(path, hub).has_value(), std::string_view(what) == "a socket") << what;
            fs::remove(path);
        }
    EXPECT_EQ(facts_of("/etc/passwd").st_uid, 0U);
}

TEST_F(GuardedFile, files_of_others_and_files_that_others_can_write_to_are_refused)
{
    append("text");
    own(path, bob, 0666);
    EXPECT_THAT(refusal(make), HasSubstr(path + " belongs to the account number 61555"));
    own(path, 0, 0666);
    EXPECT_THAT(refusal(make), AllOf(HasSubstr("everybody can write to " + path), HasSubstr("chmod")));
    own(path, bob, 0660);
    ASSERT_EQ(chown(path.c_str(), 0, bob), 0);
    EXPECT_THAT(refusal(make), HasSubstr("the group number 61555 can write to " + path));
    own(path, hub_number, 0660);
    EXPECT_TRUE(open_guarded(path, make, hub)) << "the hub's own";
    fs::create_hard_link(path, state + "/second");
    EXPECT_THAT(refusal(make), HasSubstr("hard link"));
    EXPECT_EQ(content(path), "text");
}

TEST_F(GuardedFile, each_directory_on_the_way_is_looked_at)
{
    append("text");
    for (auto const& place : {folder.path(), state, state + "/inner"}) {
        own(place, bob, 0755);
        EXPECT_THAT(refusal(make), HasSubstr(place + " belongs to the account number 61555"));
        own(place, 0, 0757);
        EXPECT_THAT(refusal(make), HasSubstr("everybody can write to " + place));
        own(place, 0, 0755);
        ASSERT_EQ(chown(place.c_str(), 0, bob), 0);
        ASSERT_EQ(chmod(place.c_str(), 0775), 0);
        EXPECT_THAT(refusal(make), HasSubstr("the group number 61555 can write to " + place));
        own(place, 0, 01777);
        EXPECT_TRUE(open_guarded(path, make, hub)) << "a sticky directory protects what is in it";
        own(place, 0, 0755);
    }
}

TEST_F(GuardedFile, links_of_others_are_refused_at_each_component)
{
    append("text");
    std::string const real = folder.path() + "/real";
    for (auto const& place : {state, state + "/inner"})
        for (uid_t const owner : {uid_t{bob}, hub_number}) {
            fs::rename(place, real);
            fs::create_symlink(real, place);
            own(place, owner, 0);
            EXPECT_THAT(refusal(make),
                        HasSubstr(place + " is a symbolic link of the account number " + std::to_string(owner)));
            fs::remove(place);
            fs::rename(real, place);
        }
    EXPECT_EQ(content(path), "text");
}

TEST_F(GuardedFile, in_the_hubs_own_directory_root_makes_nothing_and_the_hub_does_it)
{
    own(state + "/inner", hub_number, 0700);
    append("text");
    EXPECT_EQ(facts_of(path).st_uid, hub_number);
    own(path, 0, 0600);
    EXPECT_THAT(refusal(make), HasSubstr("Permission denied")) << "root's file there may be anything";
    EXPECT_EQ(content(path), "text");
    Opening replacing = make;
    replacing.of_root = Opening::OfRoot::is_replaced;
    EXPECT_TRUE(open_guarded(path, replacing, hub));
    EXPECT_EQ(content(path), "");
    EXPECT_EQ(facts_of(path).st_uid, hub_number);
    EXPECT_TRUE(remove_guarded(path, hub));
    EXPECT_FALSE(fs::exists(path));
}

TEST_F(GuardedFile, in_a_directory_that_the_hub_shares_with_root_each_has_its_own)
{
    ASSERT_EQ(chown((state + "/inner").c_str(), 0, hub_number), 0);
    ASSERT_EQ(chmod((state + "/inner").c_str(), 01775), 0);
    append("text");
    EXPECT_EQ(facts_of(path).st_uid, 0U);
    own(path, hub_number, 0600);
    append("more");
    EXPECT_EQ(content(path), "textmore");
    ASSERT_EQ(chmod((state + "/inner").c_str(), 0775), 0);
    fs::remove(path);
    append("text");
    EXPECT_EQ(facts_of(path).st_uid, hub_number) << "without the sticky bit it is the hub's as a whole";
}

TEST_F(GuardedFile, a_process_that_is_not_root_uses_what_is_its_own_or_roots)
{
    own(state + "/inner", hub_number, 0700);
    fs::create_symlink("inner", state + "/link");
    own(state + "/link", hub_number, 0);
    auto const as_hub = [&](std::string const& place) {
        return act_as(hub, [place] { return open_guarded(place, make); });
    };
    EXPECT_TRUE(as_hub(path));
    EXPECT_TRUE(as_hub(state + "/link/file"));
    own(path, bob, 0666);
    EXPECT_EQ(as_hub(path).error().code, Errc::forbidden);
    own(state + "/link", bob, 0);
    EXPECT_THAT(as_hub(state + "/link/other").error().message, HasSubstr("symbolic link of the account number 61555"));
}

TEST_F(GuardedFile, a_directory_is_opened_under_the_same_rules)
{
    EXPECT_TRUE(open_guarded_directory(state + "/inner", hub));
    EXPECT_TRUE(open_guarded_directory(state + "/inner/", hub));
    EXPECT_TRUE(open_guarded_directory(".", hub));
    EXPECT_TRUE(open_guarded_directory("/", hub));
    fs::create_symlink("inner", state + "/link");
    EXPECT_TRUE(open_guarded_directory(state + "/link", hub)) << "root's";
    own(state + "/link", hub_number, 0);
    EXPECT_FALSE(open_guarded_directory(state + "/link", hub));
    own(state + "/inner", bob, 0755);
    EXPECT_THAT(open_guarded_directory(state + "/inner", hub).error().message, HasSubstr("61555"));
}

TEST_F(GuardedFile, a_path_is_resolved_through_links_of_roots_only)
{
    fs::create_symlink("inner/file", state + "/link");
    fs::create_symlink(state + "/link", state + "/second");
    EXPECT_EQ(resolve_guarded(state + "/second", hub), path) << "there need be no file";
    append("text");
    EXPECT_EQ(resolve_guarded("state/link", hub), path);
    EXPECT_FALSE(open_guarded(state + "/link", read_it, hub));
    own(state + "/link", hub_number, 0);
    EXPECT_THAT(resolve_guarded(state + "/second", hub).error().message, HasSubstr("/link is a symbolic link of the"));
    fs::create_symlink("loop", state + "/loop");
    EXPECT_THAT(resolve_guarded(state + "/loop", hub).error().message, HasSubstr("leads nowhere"));
}

TEST_F(GuardedFile, content_is_replaced_as_a_whole)
{
    append("a long text");
    auto const file = open_guarded(path, {Opening::Access::read_and_write, {}, 0, {}}, hub);
    ASSERT_TRUE(file);
    EXPECT_TRUE(replace_content(*file, "short", path));
    EXPECT_EQ(content(path), "short");
}

// A thread plays the hub's account that swaps a directory of its own for a link, over and over.
struct Race : GuardedFile {
    template <typename Swap> void while_somebody(Swap swap, std::function<void()> const& act)
    {
        std::atomic<bool> stop = false;
        std::thread thief([&] {
            while (!stop)
                swap();
        });
        for (int round = 0; round < 3000; ++round)
            act();
        stop = true;
        thief.join();
    }
};

TEST_F(Race, a_directory_that_becomes_a_link_between_look_and_use_leads_nowhere_else)
{
    std::string const victim = folder.path() + "/victim", inner = state + "/inner", aside = state + "/aside";
    fs::create_directories(victim);
    std::ofstream(victim + "/file") << "root's own";
    own(state, hub_number, 0755);
    own(inner, hub_number, 0755);
    fs::create_symlink(victim, state + "/link");
    own(state + "/link", hub_number, 0);
    int opened = 0;
    while_somebody(
        [&] {
            (void)std::rename(inner.c_str(), aside.c_str());
            (void)std::rename((state + "/link").c_str(), inner.c_str());
            (void)std::rename(inner.c_str(), (state + "/link").c_str());
            (void)std::rename(aside.c_str(), inner.c_str());
        },
        [&] {
            // Short of forking thousands of times: the walk is root's, and what it opens is looked at.
            auto const file = at_guarded_place(path, {0, 0, {}}, [](GuardedPlace const&) { return Descriptor(); });
            EXPECT_FALSE(file) << "root itself has no business there";
            if (auto const there = look_at(path, hub))
                opened += *there ? 1 : 0;
        });
    EXPECT_EQ(opened, 0) << "the file of the victim was reached";
    EXPECT_EQ(content(victim + "/file"), "root's own");
    EXPECT_EQ(facts_of(victim + "/file").st_uid, 0U);
}

TEST_F(Race, a_file_that_becomes_a_link_or_a_pipe_is_never_written_through)
{
    std::string const victim = folder.path() + "/victim", inner = state + "/inner";
    std::ofstream(victim) << "root's own";
    own(inner, 0, 01777);
    int written = 0, round = 0;
    while_somebody(
        [&] {
            for (auto const& put : {std::function([&] { return ::symlink(victim.c_str(), path.c_str()); }),
                                    std::function([&] { return ::link(victim.c_str(), path.c_str()); }),
                                    std::function([&] { return ::mkfifo(path.c_str(), 0666); })}) {
                (void)put();
                (void)::unlink(path.c_str());
            }
        },
        [&] {
            auto const file = open_guarded(path, make, hub);
            if (file && ++round && write(file->get(), "x", 1) == 1)
                ++written;
        });
    EXPECT_EQ(written, round);
    EXPECT_EQ(content(victim), "root's own");
}

TEST_F(Race, as_the_hub_thousands_of_openings_touch_nothing_of_roots)
{
    std::string const victim = folder.path() + "/victim", inner = state + "/inner", aside = state + "/aside";
    fs::create_directories(victim);
    own(state, hub_number, 0755);
    own(inner, hub_number, 0755);
    fs::create_symlink(victim, state + "/link");
    own(state + "/link", hub_number, 0);
    int round = 0;
    while_somebody(
        [&] {
            (void)std::rename(inner.c_str(), aside.c_str());
            (void)std::rename((state + "/link").c_str(), inner.c_str());
            (void)std::rename(inner.c_str(), (state + "/link").c_str());
            (void)std::rename(aside.c_str(), inner.c_str());
        },
        [&] {
            if (++round % 10 == 0)
                (void)open_guarded(path, make, hub);
        });
    EXPECT_TRUE(fs::is_empty(victim));
}

} // namespace
} // namespace jhub
