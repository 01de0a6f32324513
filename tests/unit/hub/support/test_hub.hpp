// A whole hub in this process: a real store on a SQLite file, the real dispatcher and pages, a scripted spawner, real
// HTTP to a scripted server and a scripted proxy, a clock that stands still. Made at its first use, so that a test can
// change `settings` before.
//
//     class ServersApi : public TestHub {};
//     TEST_F(ServersApi, start_answers_202_while_the_start_is_pending)
//     {
//         TestClient ada = login("ada");
//         spawner.next_start(Scripted::never_ready);
//         EXPECT_EQ(ada.post("/hub/api/users/ada/server").status, 202);
//     }
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "config/settings.hpp"
#include "hub/core/hub.hpp"
#include "hub/dispatch/dispatcher.hpp"
#include "hub/startup/opened.hpp"
#include "hub/support/loop.hpp"
#include "hub/support/scripted_peers.hpp"
#include "hub/support/scripted_spawner.hpp"
#include "hub/support/test_client.hpp"

namespace jhub::hub {

class TestHub : public testing::Test {
  public:
    Hub& hub(); // starts it when it does not run
    Dispatcher& dispatcher() { return *dispatcher_; }
    Loop& loop() { return *loop_; }
    template <typename Condition> bool until(Condition condition, std::chrono::milliseconds patience = 5s)
    {
        return loop_->until(std::move(condition), patience);
    }
    template <typename T> T run(Task<T> task) { return loop_->run(std::move(task)); }
    void run(Task<> task) { loop_->run(std::move(task)); }

  protected:
    TestHub();
    ~TestHub() override;

    // What can be changed before the hub starts.
    config::Settings settings;
    AllowOptions allow{.allow_all = true, .allow_existing_users = {}};
    virtual std::vector<RouteTable> tables() const;
    // The last word on what the hub is made of.
    virtual void change_parts(HubParts&) {}

    // The hub goes as if it was killed; servers, proxy and database stay. The next use starts another one, with what
    // `settings` says by then.
    void kill_hub();
    // Opening the database may fail: what the operator reads, or "".
    std::string start_problem();

    // A browser in which somebody has logged in over the form.
    TestClient login(std::string const& name);
    TestClient browser() { return TestClient(*this); }
    // A program with an API token of that user or service.
    TestClient with_token(std::string const& user, std::vector<std::string> scopes = {"inherit"});
    TestClient with_service_token(std::string const& service, std::vector<std::string> scopes = {"inherit"});
    std::string make_token(std::string const& user, std::vector<std::string> scopes,
                           std::optional<Timestamp> expires_at = {});

    model::User add_user(std::string const& name, bool admin = false);
    void add_group(std::string const& name, std::vector<std::string> const& members);
    // A role with these scopes, held by that user.
    void grant(std::string const& user, std::string const& role, std::vector<std::string> scopes);
    std::optional<model::User> find_user(std::string const& name);
    std::shared_ptr<LiveServer> server_of(std::string const& user, std::string const& server = "");
    // Starts a server and waits until that is decided.
    std::shared_ptr<LiveServer> start_server(std::string const& user, std::string const& server = "");

    template <typename Function> auto write(Function function) { return checked(store().write_now(function)); }
    template <typename Function> auto read(Function function) { return checked(store().read_now(function)); }
    // What another program sees (or does) in the database: the first column of the first row, "NULL" or "nothing".
    std::string look(std::string const& sql);
    [[nodiscard]] std::string file(std::string const& name) const { return folder_ / name; }

    ManualClock clock;
    SpawnerScript spawner;
    ScriptedServer server;
    ScriptedProxy proxy{"proxy-token"};

  private:
    store::Store& store()
    {
        hub();
        return *opened_->store;
    }
    template <typename T> static T checked(Result<T> result)
    {
        if (!result)
            throw std::runtime_error(result.error().message + " " + result.error().detail);
        return *std::move(result);
    }
    Result<> start();

    std::filesystem::path folder_;
    std::unique_ptr<Loop> loop_;
    std::unique_ptr<Opened> opened_;
    std::unique_ptr<Hub> hub_;
    std::unique_ptr<PageRenderer> renderer_;
    std::unique_ptr<Router> router_;
    std::unique_ptr<Dispatcher> dispatcher_;
};

} // namespace jhub::hub
