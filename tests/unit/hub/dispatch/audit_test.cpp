// The audit log: what gets in, what never does, who may read it; the files of audit and event log.
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "hub/support/test_hub.hpp"

namespace jhub::hub {
namespace {

std::string content(std::string const& path)
{
    std::ifstream stream(path);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

class Auditing : public TestHub {
  protected:
    Auditing() { settings.hub.audit_log_file = file("audit.log"); }
    Json last() { return hub().audit.latest(1).at(0); }
    std::size_t count() { return hub().audit.latest(AuditLog::kept).size(); }
    TestClient administrator()
    {
        if (!find_user("root"))
            add_user("root", true);
        return with_token("root");
    }
};

TEST_F(Auditing, a_change_is_recorded_with_who_what_to_whom_from_where_and_with_which_token)
{
    TestClient root = administrator();
    EXPECT_EQ(root.post("/hub/api/users", {{"usernames", {"ada", "bob"}}, {"admin", false}}).status, 201);
    EXPECT_EQ(last(), (Json{{"timestamp", last()["timestamp"]},
                            {"actor", "root"},
                            {"actor_kind", "user"},
                            {"action", "POST /api/users"},
                            {"outcome", "done"},
                            {"target", Json::object()},
                            {"token", "a" + look("SELECT max(id) FROM api_tokens")},
                            {"address", "10.1.2.3"},
                            {"status", 201},
                            {"details", {{"admin", false}, {"usernames", {"ada", "bob"}}}}}));
    auto const made = root.post("/hub/api/users/ada/tokens", {{"note", "for the culler"}}).json();
    EXPECT_EQ(last()["details"], (Json{{"made_token", made["id"]}, {"note", "for the culler"}}));
    EXPECT_EQ(root.delete_("/hub/api/users/ada").status, 204);
    EXPECT_EQ(last()["action"], "DELETE /api/users/{user}");
    EXPECT_EQ(last()["target"], (Json{{"user", "ada"}}));
}

TEST_F(Auditing, services_are_named_as_such)
{
    add_user("root", true);
    with_service_token("culler", {"inherit"}).delete_("/hub/api/users/root");
    EXPECT_EQ(last()["actor"], "culler");
    EXPECT_EQ(last()["actor_kind"], "service");
    EXPECT_EQ(last()["outcome"], "refused");
}

TEST_F(Auditing, logins_logouts_and_failed_logins_are_recorded)
{
    settings.authenticator.dummy_password = "secret";
    TestClient ada = login("ada");
    EXPECT_EQ(last()["action"], "POST /login");
    EXPECT_EQ(last()["actor"], "ada");
    EXPECT_EQ(last()["outcome"], "done");
    ada.get("/hub/logout");
    EXPECT_EQ(last()["action"], "GET /logout");
    EXPECT_EQ(last()["actor"], "ada");
    TestClient stranger = browser();
    stranger.get("/hub/login");
    EXPECT_EQ(stranger.post_form("/hub/login", {{"username", "ada"}, {"password", "guess"}}).status, 403);
    EXPECT_EQ(last()["actor_kind"], "anonymous");
    EXPECT_EQ(last()["details"], (Json{{"claimed_name", "ada"}}));
    EXPECT_EQ(last()["outcome"], "refused");
}

TEST_F(Auditing, reading_leaves_nothing_unless_it_is_refused_to_somebody)
{
    add_user("ada");
    TestClient ada = with_token("ada");
    ada.get("/hub/api/user");
    browser().get("/hub/api/users");
    EXPECT_EQ(ada.post("/hub/api/users/ada/activity", {{"last_activity", "2026-01-02T03:04:05Z"}}).status, 200);
    EXPECT_EQ(count(), 0U);
    EXPECT_EQ(ada.get("/hub/api/proxy").status, 403);
    EXPECT_EQ(last()["action"], "GET /api/proxy");
    EXPECT_EQ(last()["outcome"], "refused");
}

TEST_F(Auditing, starting_a_server_from_its_page_is_recorded)
{
    TestClient ada = login("ada");
    EXPECT_EQ(ada.get("/hub/spawn").status, 302);
    EXPECT_EQ(last()["action"], "GET /spawn");
    auto const before = count();
    ada.get("/hub/home");
    EXPECT_EQ(count(), before);
}

TEST_F(Auditing, no_secret_gets_in)
{
    settings.authenticator.dummy_password = "hush-password";
    TestClient root = administrator();
    root.post("/hub/api/services/x", {{"api_token", "hush-token"}, {"environment", {{"KEY", "hush-key"}}}});
    root.post("/hub/api/users/ada");
    root.patch("/hub/api/users/ada", {{"auth_state", {{"token", "hush-state"}}}});
    EXPECT_EQ(root.patch("/hub/api/users/ada", {{"name", "ida"}}).status, 200);
    auto const made = root.post("/hub/api/users/ida/tokens", {{"note", "for the script"}}).json();
    TestClient ada = browser();
    ada.get("/hub/login");
    ada.post_form("/hub/login", {{"username", "ida"}, {"password", "hush-password"}});
    ada.post_form("/hub/login", {{"username", "ida"}, {"password", "hush-wrong"}});
    auto const all = content(file("audit.log"));
    EXPECT_TRUE(all.contains("for the script"));
    EXPECT_FALSE(all.contains("hush")) << all;
    EXPECT_FALSE(all.contains(made["token"].get<std::string>()));
    EXPECT_FALSE(all.contains(root.token));
}

TEST_F(Auditing, long_and_strange_input_stays_small)
{
    Json names = Json::array();
    for (int i = 0; i < 1000; ++i)
        names.push_back("n" + std::to_string(i));
    TestClient root = administrator();
    root.post("/hub/api/users", {{"usernames", names}});
    EXPECT_EQ(last()["details"]["usernames"].size(), 21U);
    EXPECT_EQ(last()["details"]["usernames"][20], "and 980 more");
    root.post("/hub/api/users/ada/tokens", {{"note", std::string(20'000, 'x')}});
    root.post("/hub/api/groups/" + std::string(3000, 'g'));
    root.send({"POST", "/hub/api/users/%ff%0a%22"});
    EXPECT_LT(content(file("audit.log")).size(), 6000U);
}

TEST_F(Auditing, only_administrators_read_it_newest_first_and_bounded)
{
    TestClient root = administrator();
    add_user("ada");
    grant("ada", "manager", {"admin:users!user=root", "read:users", "admin:servers", "admin-ui"});
    EXPECT_EQ(with_token("ada").get("/hub/api/audit").status, 403);
    EXPECT_EQ(browser().get("/hub/api/audit").status, 403);
    for (auto const* const limit : {"0", "1001", "-1", "x", "", "1x"})
        EXPECT_EQ(root.get(std::string("/hub/api/audit?limit=") + limit).status, 400) << limit;
    for (int i = 0; i < 1005; ++i)
        hub().audit.record({.actor = std::to_string(i)});
    EXPECT_EQ(root.get("/hub/api/audit").json().size(), 100U);
    auto const all = root.get("/hub/api/audit?limit=1000").json();
    EXPECT_EQ(all.size(), 1000U);
    EXPECT_EQ(all[0]["actor"], "1004");
    EXPECT_EQ(all[999]["actor"], "5");
}

TEST_F(Auditing, the_file_is_the_hubs_alone_and_is_made_again_when_it_was_moved)
{
    TestClient root = administrator();
    root.post("/hub/api/users/ada");
    std::string const path = file("audit.log");
    EXPECT_EQ(std::filesystem::status(path).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    EXPECT_EQ(Json::parse(content(path))["target"]["user"], "ada");
    std::filesystem::rename(path, path + ".1");
    root.post("/hub/api/users/bob");
    EXPECT_EQ(Json::parse(content(path))["target"]["user"], "bob");
    EXPECT_FALSE(content(path + ".1").contains("bob"));
}

TEST_F(Auditing, a_full_disk_costs_lines_and_nothing_else)
{
    // As large as files may be here: nothing more gets in.
    constexpr std::uintmax_t largest = 1U << 30U;
    settings.hub.audit_log_file = file("audit.log");
    std::ofstream(file("audit.log")).flush();
    ::chmod(file("audit.log").c_str(), 0600);
    std::filesystem::resize_file(file("audit.log"), largest);
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    rlimit const now{.rlim_cur = largest, .rlim_max = before.rlim_max};
    auto* const handler = ::signal(SIGXFSZ, SIG_IGN);
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &now), 0);
    TestClient root = administrator();
    EXPECT_EQ(root.post("/hub/api/users/ada").status, 201);
    EXPECT_EQ(root.post("/hub/api/users/bob").status, 201);
    EXPECT_EQ(count(), 2U);
    EXPECT_EQ(std::filesystem::file_size(file("audit.log")), largest);
    ::setrlimit(RLIMIT_FSIZE, &before);
    ::signal(SIGXFSZ, handler);
}

TEST_F(Auditing, a_file_that_cannot_be_made_is_told_at_the_start)
{
    settings.hub.audit_log_file = file("missing/audit.log");
    EXPECT_EQ(start_problem(),
              "c.JupyterHub.audit_log_file: Cannot use " + file("missing/audit.log") + ": No such file or directory.");
}

class Events : public TestHub {
  protected:
    Events() { settings.hub.event_targets = {{.file = file("events.log"), .stream = {}}}; }
    std::vector<std::string> lines()
    {
        std::vector<std::string> all;
        std::istringstream stream(content(file("events.log")));
        for (std::string line; std::getline(stream, line);)
            all.push_back(std::move(line));
        return all;
    }
};

TEST_F(Events, starts_and_requested_stops_leave_a_line_each_and_ends_by_themselves_do_not)
{
    settings.hub.allow_named_servers = true;
    start_server("ada");
    start_server("ada", "lab");
    ASSERT_EQ(lines().size(), 2U);
    EXPECT_EQ(Json::parse(lines()[1]),
              (Json{{"__timestamp__", Json::parse(lines()[1])["__timestamp__"]},
                    {"__schema__", "https://schema.jupyter.org/jupyterhub/events/server-action"},
                    {"__schema_version__", 1},
                    {"__metadata_version__", 1},
                    {"action", "start"},
                    {"username", "ada"},
                    {"servername", "lab"}}));
    EXPECT_EQ(with_token("ada").delete_("/hub/api/users/ada/server").status, 204);
    ASSERT_EQ(lines().size(), 3U);
    EXPECT_TRUE(lines()[2].ends_with(R"("action": "stop", "username": "ada", "servername": ""})"));
    auto const lab = server_of("ada", "lab");
    spawner.exit("ada:lab", 1);
    EXPECT_TRUE(until([&] { return !lab->active(); }));
    spawner.next_start(Scripted::fails);
    start_server("bob");
    EXPECT_EQ(lines().size(), 3U);
}

} // namespace
} // namespace jhub::hub
