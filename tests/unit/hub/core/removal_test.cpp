// Deletions that meet starts: what was deleted stays deleted, and nothing of it lives on.
#include "hub/core/departure.hpp"
#include "hub/core/removal.hpp"
#include "hub/core/route_check.hpp"
#include "hub/support/test_hub.hpp"
#include "store/spawners.hpp"
#include "store/users.hpp"

namespace jhub::hub {
namespace {

class Removal : public TestHub {
  protected:
    Removal()
    {
        settings.hub.allow_named_servers = true;
        settings.hub.tornado_settings.slow_spawn_timeout = 20ms;
    }
    TestClient administrator()
    {
        if (!find_user("root"))
            add_user("root", true);
        return with_token("root");
    }
    std::shared_ptr<LiveServer> begin_start(model::User const& user, std::string const& name = "")
    {
        return hub().launcher.start({.user = user, .server_name = name, .user_options = {}}).value();
    }
    bool settles(std::shared_ptr<LiveServer> const& live)
    {
        return until([&] { return live->settled->is_set(); });
    }
    void expect_nothing_left()
    {
        EXPECT_TRUE(spawner.running().empty());
        EXPECT_TRUE(proxy.routes.empty());
        for (auto const* table : {"spawners", "servers", "jhub_processes"})
            EXPECT_EQ(look("SELECT count(*) FROM " + std::string(table)), "0") << table;
        EXPECT_EQ(look("SELECT count(*) FROM oauth_clients WHERE identifier LIKE 'jupyterhub-user-%'"), "0");
        EXPECT_EQ(look("SELECT count(*) FROM api_tokens WHERE note LIKE 'Server at%'"), "0");
        EXPECT_TRUE(hub().servers.all().empty());
    }
};

TEST_F(Removal, nothing_is_started_for_a_user_who_is_being_deleted)
{
    TestClient root = administrator();
    start_server("ada");
    spawner.stopping = Stopping::slow;
    auto const deletion = root.begin({"DELETE", "/hub/api/users/ada"});
    ASSERT_TRUE(until([&] { return server_of("ada")->state == ServerState::stopping; }));
    auto const refused = root.post("/hub/api/users/ada/servers/lab");
    EXPECT_EQ(refused.status, 409);
    EXPECT_EQ(refused.message(), "ada:lab is being removed or renamed. It cannot be started meanwhile.");
    spawner.release_stops();
    EXPECT_EQ(root.finish(deletion).status, 204);
    expect_nothing_left();
    EXPECT_EQ(root.post("/hub/api/users/ada/server").status, 404);
    EXPECT_EQ(root.post("/hub/api/users/ada").status, 201);
    EXPECT_EQ(root.post("/hub/api/users/ada/server").status, 201) << "the next one of that name starts as anybody";
}

TEST_F(Removal, a_start_is_possible_again_when_a_deletion_gave_up)
{
    settings.hub.tornado_settings.slow_stop_timeout = 20ms;
    TestClient root = administrator();
    start_server("ada");
    spawner.stopping = Stopping::slow;
    EXPECT_EQ(root.delete_("/hub/api/users/ada").status, 400);
    EXPECT_NE(root.post("/hub/api/users/ada/servers/lab").status, 409);
    spawner.release_stops();
}

TEST_F(Removal, deleting_a_user_ends_a_start_that_is_under_way)
{
    TestClient root = administrator();
    for (auto const plan : {Scripted::never_started, Scripted::never_ready}) {
        spawner.next_start(plan);
        auto const live = begin_start(add_user("ada"), "lab");
        ASSERT_TRUE(until([&] { return !spawner.requests.empty(); }));
        EXPECT_EQ(root.delete_("/hub/api/users/ada").status, 204);
        EXPECT_TRUE(live->settled->is_set());
        expect_nothing_left();
        spawner.requests.clear();
    }
}

TEST_F(Removal, a_start_for_somebody_who_is_gone_ends_itself)
{
    TestClient root = administrator();
    auto const gone = add_user("ada");
    ASSERT_EQ(root.delete_("/hub/api/users/ada").status, 204);
    auto const renamed = add_user("bob");
    ASSERT_EQ(root.patch("/hub/api/users/bob", {{"name", "carol"}}).status, 200);
    for (auto const& user : {gone, renamed}) {
        auto const live = begin_start(user);
        ASSERT_TRUE(settles(live));
        ASSERT_TRUE(live->failure);
        EXPECT_EQ(live->failure->status, 404);
        EXPECT_EQ(live->failure->message, user.name + " was removed or renamed meanwhile.");
        expect_nothing_left();
    }
}

// What this hub does not keep apart itself: another program at the database.
TEST_F(Removal, a_start_whose_row_is_deleted_ends_before_it_gets_a_route)
{
    auto const ada = add_user("ada");
    server.status = http::Status::service_unavailable;
    auto const live = begin_start(ada, "lab");
    ASSERT_TRUE(until([&] { return live->state == ServerState::waiting; }));
    write([&](store::Transaction& transaction) { return store::delete_spawner(transaction, live->spawner_id); });
    server.status = http::Status::ok;
    ASSERT_TRUE(settles(live));
    EXPECT_EQ(live->failure->status, 404);
    expect_nothing_left();
    for (auto const& line : proxy.seen)
        EXPECT_FALSE(line.starts_with("POST /api/routes/user/ada")) << line;
}

TEST_F(Removal, a_process_whose_row_is_deleted_does_not_run_its_command)
{
    auto const ada = add_user("ada");
    spawner.before_process = [&] {
        write([&](store::Transaction& transaction) { return store::delete_user(transaction, ada.id); });
    };
    auto const live = begin_start(ada, "lab");
    ASSERT_TRUE(settles(live));
    EXPECT_EQ(live->failure->status, 404);
    expect_nothing_left();
    EXPECT_TRUE(server.seen.empty()) << "nobody looked whether it answers";
}

TEST_F(Removal, nothing_is_started_while_a_user_gets_another_name)
{
    auto const ada = add_user("ada");
    {
        Departure const first(hub().servers, ada.id);
        Departure const second(hub().servers, ada.id);
        Departure moved(hub().servers, ada.id, "lab");
        Departure const third(std::move(moved));
    }
    EXPECT_FALSE(hub().servers.is_leaving(ada.id, "lab")) << "all have come to their end";
    Departure const departure(hub().servers, ada.id, "lab");
    EXPECT_TRUE(hub().servers.is_leaving(ada.id, "lab"));
    EXPECT_FALSE(hub().servers.is_leaving(ada.id, ""));
    EXPECT_FALSE(hub().servers.is_leaving(ada.id + 1, "lab"));
    EXPECT_EQ(hub().launcher.start({.user = ada, .server_name = "lab", .user_options = {}}).error().code,
              Errc::conflict);
}

TEST_F(Removal, two_deletions_at_once_delete_once)
{
    TestClient root = administrator();
    start_server("ada");
    spawner.stopping = Stopping::slow;
    auto const one = root.begin({"DELETE", "/hub/api/users/ada"});
    auto const other = root.begin({"DELETE", "/hub/api/users/ada"});
    ASSERT_TRUE(until([&] { return server_of("ada")->state == ServerState::stopping; }));
    spawner.release_stops();
    std::array const answers{root.finish(one).status, root.finish(other).status};
    EXPECT_EQ(std::ranges::count(answers, 204), 1);
    EXPECT_EQ(std::ranges::count(answers, 404), 1);
    expect_nothing_left();
}

TEST_F(Removal, a_server_that_was_started_again_is_not_removed_behind_its_back)
{
    start_server("ada", "lab");
    auto const removed = run(remove_named_server(hub(), *find_user("ada"), "lab"));
    ASSERT_FALSE(removed);
    EXPECT_EQ(removed.error().code, Errc::invalid_state);
    EXPECT_TRUE(server_of("ada", "lab")->ready());
    EXPECT_EQ(look("SELECT count(*) FROM spawners"), "1");
}

TEST_F(Removal, who_has_a_running_server_is_not_culled)
{
    start_server("ada");
    auto const removed = run(remove_user(hub(), *find_user("ada"), ActiveServers::refuse, 1s));
    ASSERT_FALSE(removed);
    EXPECT_EQ(removed.error().code, Errc::invalid_state);
    EXPECT_TRUE(server_of("ada")->ready());
}

TEST_F(Removal, a_deleted_service_has_no_route)
{
    TestClient root = administrator();
    ASSERT_EQ(root.post("/hub/api/services/who", {{"url", "http://127.0.0.1:9000"}}).status, 201);
    ASSERT_TRUE(run(check_routes(hub())));
    ASSERT_TRUE(proxy.routes.contains("/services/who"));
    EXPECT_EQ(root.delete_("/hub/api/services/who").status, 200);
    EXPECT_FALSE(proxy.routes.contains("/services/who"));
}

// The check of all routes takes a while; servers and services go in the middle of it.
TEST_F(Removal, a_check_of_the_routes_does_not_bring_back_what_has_gone_meanwhile)
{
    TestClient root = administrator();
    for (int steps = 0; steps < 60; steps += 3) {
        ASSERT_EQ(root.post("/hub/api/services/who", {{"url", "http://127.0.0.1:9000"}}).status, 201);
        start_server("ada");
        proxy.routes.clear(); // so that there is something to mend
        bool checked = false;
        asio::co_spawn(loop(), check_routes(hub()), [&](std::exception_ptr, Result<>) { checked = true; });
        for (int i = 0; i < steps; ++i)
            loop().run_one_for(1ms);
        auto const service = root.begin({"DELETE", "/hub/api/services/who"});
        EXPECT_EQ(root.delete_("/hub/api/users/ada/server").status, 204);
        EXPECT_EQ(root.finish(service).status, 200);
        EXPECT_FALSE(proxy.routes.contains("/user/ada")) << "after " << steps << " steps, as it was acknowledged";
        EXPECT_FALSE(proxy.routes.contains("/services/who")) << "after " << steps << " steps";
        ASSERT_TRUE(until([&] { return checked; }));
        EXPECT_FALSE(proxy.routes.contains("/user/ada")) << "after " << steps << " steps";
        EXPECT_FALSE(proxy.routes.contains("/services/who")) << "after " << steps << " steps";
    }
}

TEST_F(Removal, a_check_of_the_routes_does_not_take_away_what_has_come_meanwhile)
{
    TestClient root = administrator();
    add_user("ada");
    for (int steps = 0; steps < 60; steps += 3) {
        proxy.routes["/user/ada"] = {
            {"jupyterhub", true}, {"target", "http://127.0.0.1:9"}, {"user", "ada"}, {"server_name", ""}};
        bool checked = false;
        asio::co_spawn(loop(), check_routes(hub()), [&](std::exception_ptr, Result<>) { checked = true; });
        for (int i = 0; i < steps; ++i)
            loop().run_one_for(1ms);
        ASSERT_TRUE(start_server("ada")->ready());
        ASSERT_TRUE(until([&] { return checked; }));
        EXPECT_EQ(proxy.target("/user/ada"), server.url()) << "after " << steps << " steps";
        ASSERT_EQ(root.delete_("/hub/api/users/ada/server").status, 204);
    }
}

} // namespace
} // namespace jhub::hub
