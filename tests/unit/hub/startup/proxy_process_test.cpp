// The proxy's process and the token shared with it (reference cli.md §3.8). Real processes: a shell script stands for
// the proxy.
#include "hub/startup/proxy_process.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "hub/support/loop.hpp"

namespace jhub::hub {
namespace {

class ProxyProcessTest : public testing::Test {
  protected:
    ProxyProcessTest()
    {
        std::string pattern = (std::filesystem::temp_directory_path() / "jhub-proxy-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
        script("trap 'exit 0' TERM\nwhile :; do sleep 0.02; done\n");
    }
    ~ProxyProcessTest() override
    {
        if (std::ifstream stream(file("proxy.pid")); stream) {
            int pid = 0;
            if (stream >> pid && pid > 1)
                ::kill(pid, SIGKILL);
        }
        std::filesystem::remove_all(folder_);
    }
    [[nodiscard]] std::string file(std::string const& name) const { return folder_ / name; }
    void write(std::string const& name, std::string const& text, mode_t mode) const
    {
        std::ofstream(file(name)) << text;
        ::chmod(file(name).c_str(), mode);
    }
    [[nodiscard]] std::string read(std::string const& name) const
    {
        std::ifstream stream(file(name));
        return {std::istreambuf_iterator<char>(stream), {}};
    }
    void script(std::string const& body) const { write("proxy-program", "#!/bin/sh\n" + body, 0700); }
    [[nodiscard]] ProxyProcessOptions options() const
    {
        return {{file("proxy-program")}, {"--port", "1"},   nullptr,
                "shared-token",          file("proxy.pid"), "http://127.0.0.1:1"};
    }
    static mode_t mode_of(std::string const& path)
    {
        struct stat facts{};
        return ::stat(path.c_str(), &facts) == 0 ? facts.st_mode & 0777 : 0;
    }

    Loop loop;

  private:
    std::filesystem::path folder_;
};

// ---- the token ----

TEST_F(ProxyProcessTest, a_configured_token_is_used_and_not_written)
{
    EXPECT_EQ(load_or_create_proxy_token("configured", file("token")).value(), "configured");
    EXPECT_FALSE(std::filesystem::exists(file("token")));
}

TEST_F(ProxyProcessTest, a_new_token_is_written_for_the_hub_alone_and_found_again)
{
    ::umask(022);
    auto const token = load_or_create_proxy_token("", file("token")).value();
    EXPECT_EQ(token.size(), 64U);
    EXPECT_EQ(mode_of(file("token")), 0600U);
    EXPECT_EQ(load_or_create_proxy_token("", file("token")).value(), token);
}

TEST_F(ProxyProcessTest, a_token_that_others_can_read_or_that_is_none_is_replaced)
{
    std::string const known(64, 'a');
    for (mode_t const mode : {0640U, 0604U}) {
        write("token", known, mode);
        EXPECT_NE(load_or_create_proxy_token("", file("token")).value(), known) << mode;
        EXPECT_EQ(mode_of(file("token")), 0600U);
    }
    write("token", "short", 0600);
    EXPECT_EQ(load_or_create_proxy_token("", file("token")).value().size(), 64U);
}

TEST_F(ProxyProcessTest, what_is_no_file_of_the_hubs_is_no_place_for_a_token)
{
    std::string const known(64, 'a');
    auto const refusal = [&] {
        auto const token = load_or_create_proxy_token("", file("token"));
        return token ? "was taken" : token.error().message;
    };
    write("token", known, 0666);
    EXPECT_THAT(refusal(), testing::HasSubstr("everybody can write to"));
    std::filesystem::remove(file("token"));
    ASSERT_EQ(::mkfifo(file("token").c_str(), 0600), 0);
    EXPECT_THAT(refusal(), testing::HasSubstr("a named pipe"));
    std::filesystem::remove(file("token"));
    write("elsewhere", known, 0600);
    std::filesystem::create_symlink(file("elsewhere"), file("token"));
    EXPECT_THAT(refusal(), testing::HasSubstr("a symbolic link"));
    EXPECT_EQ(read("elsewhere"), known);
}

TEST_F(ProxyProcessTest, a_place_that_cannot_be_written_still_gives_a_token)
{
    EXPECT_EQ(load_or_create_proxy_token("", file("no/such/folder/token")).value().size(), 64U);
}

// ---- the process ----

TEST_F(ProxyProcessTest, start_runs_the_command_with_token_and_arguments)
{
    script("echo \"$CONFIGPROXY_AUTH_TOKEN $*\" > " + file("seen") + "\nexec sleep 60\n");
    ProxyProcess process(loop.get_executor(), options());
    ASSERT_TRUE(loop.run(process.start()));
    EXPECT_TRUE(process.running());
    EXPECT_EQ(read("proxy.pid"), std::to_string(process.pid()));
    EXPECT_TRUE(loop.until([&] { return read("seen") == "shared-token --port 1\n"; })) << read("seen");
    loop.run(process.stop());
}

TEST_F(ProxyProcessTest, stop_ends_it_and_removes_the_pid_file)
{
    ProxyProcess process(loop.get_executor(), options());
    ASSERT_TRUE(loop.run(process.start()));
    loop.run(process.stop());
    EXPECT_FALSE(process.running());
    EXPECT_FALSE(std::filesystem::exists(file("proxy.pid")));
}

TEST_F(ProxyProcessTest, the_next_hub_takes_it_over_by_the_pid_file)
{
    int pid = 0;
    {
        ProxyProcess first(loop.get_executor(), options());
        ASSERT_TRUE(loop.run(first.start()));
        pid = first.pid();
    }
    EXPECT_EQ(::kill(pid, 0), 0) << "it outlives its hub";
    ProxyProcess next(loop.get_executor(), options());
    // Right after its start a process has no command line yet by which it could be known.
    EXPECT_TRUE(loop.until([&] { return next.adopt(); }));
    EXPECT_EQ(next.pid(), pid);
    EXPECT_TRUE(next.running());
    loop.run(next.stop());
    EXPECT_FALSE(next.running());
}

TEST_F(ProxyProcessTest, a_pid_file_of_somebody_else_is_not_followed)
{
    ProxyProcess process(loop.get_executor(), options());
    EXPECT_FALSE(process.adopt()) << "no file";
    for (std::string const text : {"", "x", "0", "1", "-1", "99999999"}) {
        write("proxy.pid", text, 0600);
        EXPECT_FALSE(process.adopt()) << text;
    }
    write("proxy.pid", std::to_string(::getpid()), 0600);
    EXPECT_FALSE(process.adopt()) << "a process that is no proxy";
    std::filesystem::remove(file("proxy.pid"));
}

TEST_F(ProxyProcessTest, a_stale_proxy_is_ended_before_ours_starts)
{
    ProxyProcess stale(loop.get_executor(), options());
    ASSERT_TRUE(loop.run(stale.start()));
    ProxyProcess ours(loop.get_executor(), options());
    ASSERT_TRUE(loop.until([&] { return ours.adopt(); }));
    ASSERT_TRUE(loop.run(ours.start()));
    EXPECT_FALSE(stale.running());
    EXPECT_TRUE(ours.running());
    EXPECT_NE(ours.pid(), stale.pid());
    loop.run(ours.stop());
}

TEST_F(ProxyProcessTest, its_death_is_noticed)
{
    ProxyProcess process(loop.get_executor(), options());
    ASSERT_TRUE(loop.run(process.start()));
    ::kill(process.pid(), SIGKILL);
    loop.run(process.wait_exit());
    EXPECT_FALSE(process.running());
    std::filesystem::remove(file("proxy.pid"));
}

TEST_F(ProxyProcessTest, a_command_that_does_not_exist_is_a_sentence)
{
    auto wrong = options();
    wrong.command = {"/no/such/proxy"};
    ProxyProcess process(loop.get_executor(), wrong);
    auto const started = loop.run(process.start());
    ASSERT_FALSE(started);
    EXPECT_NE(started.error().message.find("/no/such/proxy"), std::string::npos) << started.error().message;
    EXPECT_NE(started.error().message.find("c.ConfigurableHTTPProxy.command"), std::string::npos);
}

} // namespace
} // namespace jhub::hub
