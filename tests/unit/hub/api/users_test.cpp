// Users over the REST API (reference rest-api.md §2.1, §2.2, §3.3).
#include "base/time_text.hpp"
#include "hub/support/test_hub.hpp"

namespace jhub::hub {
namespace {

class UsersApi : public TestHub {
  protected:
    TestClient administrator()
    {
        if (!find_user("root"))
            add_user("root", true);
        return with_token("root");
    }
    static std::vector<std::string> names(Json const& list)
    {
        std::vector<std::string> names;
        for (Json const& user : list)
            names.push_back(user.value("name", "?"));
        return names;
    }
};

using Names = std::vector<std::string>;

TEST_F(UsersApi, the_model_has_all_fields_for_who_may_see_them)
{
    add_user("ada");
    add_group("staff", {"ada"});
    auto const model = administrator().get("/hub/api/users/ada").json();
    EXPECT_EQ(model, (Json{{"admin", false},
                           {"roles", {"user"}},
                           {"groups", {"staff"}},
                           {"server", nullptr},
                           {"pending", nullptr},
                           {"created", to_iso8601(clock.now())},
                           {"last_activity", nullptr},
                           {"auth_state", nullptr},
                           {"servers", Json::object()},
                           {"kind", "user"},
                           {"name", "ada"}}));
}

TEST_F(UsersApi, a_field_that_may_not_be_seen_is_absent)
{
    add_user("ada");
    auto const fields = [&](std::vector<std::string> scopes) {
        add_user("reader" + std::to_string(scopes.size()) + scopes.front(), true);
        auto const model = with_token("reader" + std::to_string(scopes.size()) + scopes.front(), scopes)
                               .get("/hub/api/users/ada")
                               .json();
        std::set<std::string> keys;
        for (auto const& [key, value] : model.items())
            keys.insert(key);
        return keys;
    };
    using Keys = std::set<std::string>;
    EXPECT_EQ(fields({"read:users:name"}), (Keys{"kind", "name", "admin"}));
    EXPECT_EQ(fields({"read:users:groups"}), (Keys{"kind", "name", "groups"}));
    EXPECT_EQ(fields({"read:users:activity"}), (Keys{"kind", "name", "last_activity"}));
    EXPECT_EQ(fields({"read:roles:users"}), (Keys{"kind", "name", "admin", "roles"}));
    EXPECT_EQ(fields({"read:servers"}), (Keys{"kind", "name", "admin", "servers"}));
}

TEST_F(UsersApi, a_running_server_is_in_the_model)
{
    add_user("ada");
    start_server("ada");
    auto const model = administrator().get("/hub/api/users/ada").json();
    EXPECT_EQ(model["server"], "/user/ada/");
    Json const live = model["servers"][""];
    EXPECT_EQ(live["full_name"], "ada/");
    EXPECT_EQ(live["ready"], true);
    EXPECT_EQ(live["stopped"], false);
    EXPECT_EQ(live["pending"], nullptr);
    EXPECT_EQ(live["url"], "/user/ada/");
    EXPECT_EQ(live["full_url"], nullptr);
    EXPECT_EQ(live["progress_url"], "/hub/api/users/ada/server/progress");
    EXPECT_EQ(live["started"], to_iso8601(clock.now()));
    EXPECT_EQ(live["user_options"], Json::object());
    EXPECT_EQ(live["state"], (Json{{"pid", 1001}})) << "for who holds admin:server_state";
    Json const own = with_token("ada").get("/hub/api/users/ada").json()["servers"][""];
    EXPECT_FALSE(own.contains("state"));
}

TEST_F(UsersApi, stopped_servers_are_shown_when_asked_for)
{
    add_user("ada");
    start_server("ada");
    TestClient root = administrator();
    ASSERT_EQ(root.delete_("/hub/api/users/ada/server").status, 204);
    EXPECT_EQ(root.get("/hub/api/users/ada").json()["servers"], Json::object());
    auto const asked = [&](std::string const& value) {
        return root.get("/hub/api/users/ada?include_stopped_servers" + value).json()["servers"].size();
    };
    EXPECT_EQ(asked("=1"), 1U);
    EXPECT_EQ(asked("="), 1U) << "an empty value counts as yes";
    EXPECT_EQ(asked("=0"), 0U);
    EXPECT_EQ(asked("=False"), 0U);
    EXPECT_EQ(root.get("/hub/api/users/ada?include_stopped_servers=1").json()["servers"][""]["stopped"], true);
}

TEST_F(UsersApi, the_list_can_be_filtered_sorted_and_cut)
{
    TestClient root = administrator();
    for (std::string const name : {"carol", "ada", "bob"})
        add_user(name);
    start_server("bob");
    auto const list = [&](std::string const& query) { return names(root.get("/hub/api/users" + query).json()); };
    EXPECT_EQ(list(""), (Names{"root", "carol", "ada", "bob"})) << "by id";
    EXPECT_EQ(list("?sort=name"), (Names{"ada", "bob", "carol", "root"}));
    EXPECT_EQ(list("?sort=-name"), (Names{"root", "carol", "bob", "ada"}));
    EXPECT_EQ(list("?state=active"), (Names{"bob"}));
    EXPECT_EQ(list("?state=ready"), (Names{"bob"}));
    EXPECT_EQ(list("?state=inactive"), (Names{"root", "carol", "ada"}));
    EXPECT_EQ(list("?name_filter=O"), (Names{"root", "carol", "bob"}));
    EXPECT_EQ(list("?offset=1&limit=2"), (Names{"carol", "ada"}));
    EXPECT_EQ(list("?limit=0"), (Names{"root"})) << "at least one";
    EXPECT_EQ(list("?limit=-2"), (Names{"root", "carol"})) << "a sign means nothing";
}

TEST_F(UsersApi, wrong_parameters_of_the_list_are_400)
{
    TestClient root = administrator();
    for (std::string const query : {"?state=happy", "?sort=colour", "?offset=x", "?limit=1.5", "?limit="})
        EXPECT_EQ(root.get("/hub/api/users" + query).status, 400) << query;
    EXPECT_EQ(root.get("/hub/api/users?limit=99999999999999999999").status, 400);
    EXPECT_EQ(root.get("/hub/api/users?offset=9223372036854775807&limit=200").status, 200);
}

TEST_F(UsersApi, the_envelope_of_a_page_tells_where_the_next_one_is)
{
    TestClient root = administrator();
    for (int i = 0; i < 3; ++i)
        add_user("user" + std::to_string(i));
    http::Headers const accept{{"Accept", "text/html, Application/JupyterHub-Pagination+JSON"}};
    auto const page = root.get("/hub/api/users?limit=2&name_filter=user", accept);
    EXPECT_EQ(page.header("Content-Type"), "application/json");
    EXPECT_EQ(page.json()["items"].size(), 2U);
    EXPECT_EQ(page.json()["_pagination"],
              (Json{{"offset", 0},
                    {"limit", 2},
                    {"total", 3},
                    {"next",
                     {{"offset", 2},
                      {"limit", 2},
                      {"url", "http://hub.example/hub/api/users?name_filter=user&offset=2&limit=2"}}}}));
    auto const last = root.get("/hub/api/users?limit=2&offset=2&name_filter=user", accept);
    EXPECT_EQ(last.json()["_pagination"]["next"], nullptr);
    auto const beyond = root.get("/hub/api/users?limit=2&offset=9223372036854775807", accept);
    EXPECT_EQ(beyond.status, 200);
    EXPECT_EQ(beyond.json()["items"].size(), 0U);
    EXPECT_EQ(beyond.json()["_pagination"]["next"], nullptr);
}

TEST_F(UsersApi, a_restricted_list_scope_narrows_the_list)
{
    add_user("root", true);
    add_user("bob");
    add_user("carol");
    add_group("staff", {"carol"});
    EXPECT_EQ(names(with_token("root", {"list:users!user=bob"}).get("/hub/api/users").json()), (Names{"bob"}));
    EXPECT_EQ(names(with_token("root", {"list:users!group=staff", "list:users!user=bob"}).get("/hub/api/users").json()),
              (Names{"bob", "carol"}));
    EXPECT_EQ(with_token("bob").get("/hub/api/users").status, 403) << "the role user lists nobody";
}

TEST_F(UsersApi, users_are_created_in_numbers)
{
    TestClient root = administrator();
    add_user("bob");
    auto const answer = root.post("/hub/api/users", {{"usernames", {"Ada", "bob", "ada"}}});
    EXPECT_EQ(answer.status, 201) << answer.body;
    EXPECT_EQ(names(answer.json()), (Names{"ada"})) << "normalised, once, and without those that exist";
    EXPECT_EQ(answer.json()[0]["roles"], (Json{"user"}));
    EXPECT_EQ(root.post("/hub/api/users", {{"usernames", {"ada", "bob"}}}).status, 409) << "all exist";
}

TEST_F(UsersApi, lists_that_come_at_once_and_overlap_are_both_served)
{
    TestClient root = administrator();
    std::vector<std::shared_ptr<Exchange>> asked;
    for (std::string const own : {"bob", "eve"})
        asked.push_back(root.begin({"POST",
                                    "/hub/api/users",
                                    {{"Content-Type", "application/json"}},
                                    Json{{"usernames", {"ada", own}}}.dump()}));
    std::size_t created = 0;
    for (auto const& exchange : asked) {
        auto const answer = root.finish(exchange);
        EXPECT_EQ(answer.status, 201) << answer.body;
        created += answer.json().size();
    }
    EXPECT_EQ(created, 3U) << "ada once, bob, eve";
}

TEST_F(UsersApi, wrong_bodies_create_nobody)
{
    TestClient root = administrator();
    for (Json const& body :
         {Json::object(), Json{{"usernames", "ada"}}, Json{{"usernames", Json::array()}}, Json{{"usernames", {1}}},
          Json{{"usernames", {""}}}, Json{{"usernames", {"a/b"}}}, Json{{"usernames", {"ada"}}, {"admin", "yes"}},
          Json{{"usernames", {"ada"}}, {"x", 1}}, Json::array({"ada"}), Json("ada")})
        EXPECT_EQ(root.post("/hub/api/users", body).status, 400) << body;
    EXPECT_EQ(root.post("/hub/api/users").status, 400);
    EXPECT_EQ(look("SELECT count(*) FROM users"), "1");
}

TEST_F(UsersApi, one_user_is_created_under_exactly_that_name)
{
    TestClient root = administrator();
    auto const answer = root.post("/hub/api/users/Carol%20X");
    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(answer.json()["name"], "Carol X");
    EXPECT_EQ(root.post("/hub/api/users/Carol%20X").status, 409);
    EXPECT_EQ(root.post("/hub/api/users/dora", {{"admin", true}}).json()["roles"], (Json{"user", "admin"}));
    EXPECT_EQ(root.post("/hub/api/users/a%2Fb").status, 400);
}

TEST_F(UsersApi, only_administrators_make_administrators)
{
    add_user("manager");
    grant("manager", "managers", {"admin:users"});
    TestClient manager = with_token("manager");
    EXPECT_EQ(manager.post("/hub/api/users/eve", {{"admin", true}}).status, 403);
    EXPECT_EQ(manager.post("/hub/api/users", {{"usernames", {"eve"}}, {"admin", true}}).status, 403);
    EXPECT_FALSE(find_user("eve"));
    EXPECT_EQ(manager.post("/hub/api/users/eve").status, 201);
    EXPECT_EQ(manager.patch("/hub/api/users/eve", {{"admin", true}}).status, 403);
    add_user("boss", true);
    EXPECT_EQ(manager.patch("/hub/api/users/boss", {{"admin", false}}).status, 403);
    EXPECT_EQ(manager.patch("/hub/api/users/boss", {{"name", "fired"}}).status, 403);
}

TEST_F(UsersApi, a_group_filtered_scope_does_not_create_users)
{
    add_user("manager");
    grant("manager", "managers", {"admin:users!group=x"});
    EXPECT_EQ(with_token("manager").post("/hub/api/users", {{"usernames", {"eve"}}}).status, 403);
}

TEST_F(UsersApi, a_user_can_be_renamed_and_promoted)
{
    TestClient root = administrator();
    add_user("ada");
    add_user("bob");
    EXPECT_EQ(root.patch("/hub/api/users/ada", {{"name", "bob"}}).status, 400) << "taken";
    auto const renamed = root.patch("/hub/api/users/ada", {{"name", "lovelace"}, {"admin", true}});
    EXPECT_EQ(renamed.status, 200);
    EXPECT_EQ(renamed.json()["name"], "lovelace");
    EXPECT_EQ(renamed.json()["admin"], true);
    EXPECT_EQ(renamed.json()["roles"], (Json{"user", "admin"}));
    EXPECT_EQ(root.patch("/hub/api/users/lovelace", {{"admin", false}}).json()["roles"], (Json{"user"}));
    EXPECT_FALSE(find_user("ada"));
    for (Json const& body : {Json::object({{"x", 1}}), Json{{"name", 5}}, Json{{"name", ""}}, Json{{"groups", {"a"}}}})
        EXPECT_EQ(root.patch("/hub/api/users/bob", body).status, 400) << body;
    EXPECT_EQ(root.patch("/hub/api/users/nobody", {{"admin", true}}).status, 404);
}

TEST_F(UsersApi, deleting_a_user_stops_the_servers_and_removes_everything)
{
    settings.hub.allow_named_servers = true;
    TestClient root = administrator();
    TestClient ada = with_token("ada");
    start_server("ada");
    start_server("ada", "lab");
    EXPECT_EQ(root.delete_("/hub/api/users/ada").status, 204);
    EXPECT_FALSE(spawner.running("ada"));
    EXPECT_FALSE(spawner.running("ada:lab"));
    EXPECT_TRUE(proxy.routes.empty());
    EXPECT_EQ(ada.get("/hub/api/user").status, 403) << "the tokens are gone";
    EXPECT_EQ(look("SELECT count(*) FROM spawners"), "0");
    EXPECT_EQ(root.get("/hub/api/users/ada").status, 404);
    EXPECT_EQ(root.delete_("/hub/api/users/ada").status, 404);
}

TEST_F(UsersApi, nobody_deletes_themselves_or_a_user_whose_server_still_stops)
{
    settings.hub.tornado_settings.slow_stop_timeout = 20ms;
    TestClient root = administrator();
    EXPECT_EQ(root.delete_("/hub/api/users/root").status, 400);
    add_user("ada");
    start_server("ada");
    spawner.stopping = Stopping::slow;
    EXPECT_EQ(root.delete_("/hub/api/users/ada").status, 400) << "it takes long to stop";
    EXPECT_EQ(root.delete_("/hub/api/users/ada").status, 400) << "and is still stopping";
    EXPECT_TRUE(find_user("ada"));
    spawner.release_stops();
    ASSERT_TRUE(until([&] { return !server_of("ada"); }));
    EXPECT_EQ(root.delete_("/hub/api/users/ada").status, 204);
}

// SQLite would give the next user the id again, by which a request that is still under way speaks of the deleted one.
TEST_F(UsersApi, a_new_user_inherits_nothing_of_a_deleted_one)
{
    TestClient root = administrator();
    auto const old = add_user("ada");
    spawner.next_start(Scripted::fails);
    start_server("ada");
    ASSERT_TRUE(server_of("ada")->failure);
    ASSERT_EQ(root.delete_("/hub/api/users/ada").status, 204);
    auto const fresh = add_user("bob");
    EXPECT_GT(fresh.id, old.id);
    EXPECT_FALSE(hub().servers.find(fresh.id, ""));
    EXPECT_FALSE(hub().servers.find(old.id, ""));
}

} // namespace
} // namespace jhub::hub
