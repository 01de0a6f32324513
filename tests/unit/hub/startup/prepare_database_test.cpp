// The database after a start: roles, groups, services, tokens and who holds what (reference rbac.md §8).
#include "hub/support/test_hub.hpp"

namespace jhub::hub {
namespace {

class StartDatabase : public TestHub {
  protected:
    static config::RoleSpec role(std::string name)
    {
        config::RoleSpec spec;
        spec.name = std::move(name);
        return spec;
    }
    // "ada,bob": who holds the role.
    std::string holders(std::string const& role_name, std::string const& kind = "user")
    {
        return look("SELECT group_concat(name) FROM (SELECT h.name FROM " + kind + "s h JOIN " + kind +
                    "_role_map m ON m." + kind + "_id = h.id JOIN roles r ON r.id = m.role_id WHERE r.name = '" +
                    role_name + "' ORDER BY h.name)");
    }
    std::string admin_flag(std::string const& name)
    {
        return look("SELECT admin FROM users WHERE name = '" + name + "'");
    }
};

TEST_F(StartDatabase, a_new_one_has_the_standard_roles_and_the_hubs_own_client)
{
    EXPECT_EQ(look("SELECT group_concat(name) FROM (SELECT name FROM roles ORDER BY name)"), "admin,server,token,user");
    EXPECT_EQ(look("SELECT secret FROM oauth_clients WHERE identifier = 'jupyterhub'"), "");
}

TEST_F(StartDatabase, roles_of_the_configuration_come_and_go)
{
    auto auditors = role("auditors");
    auditors.description = "They look.";
    auditors.scopes = {"read:users"};
    auditors.users = {"ada", "Bob"};
    settings.hub.load_roles = {auditors};
    EXPECT_EQ(holders("auditors"), "ada,bob") << "members are made, and normalised";
    EXPECT_EQ(look("SELECT description FROM roles WHERE name = 'auditors'"), "They look.");
    kill_hub();
    settings.hub.load_roles[0].users = {"bob"};
    EXPECT_EQ(holders("auditors"), "bob") << "exactly the list";
    kill_hub();
    settings.hub.load_roles[0].users.reset();
    EXPECT_EQ(holders("auditors"), "NULL") << "no list empties the role";
    kill_hub();
    settings.hub.load_roles.clear();
    EXPECT_EQ(look("SELECT count(*) FROM roles WHERE name = 'auditors'"), "0");
    EXPECT_TRUE(find_user("bob")) << "people stay";
}

TEST_F(StartDatabase, a_standard_role_keeps_what_the_configuration_leaves_out)
{
    auto user = role("user");
    user.scopes = {"self", "shares!user"};
    settings.hub.load_roles = {user};
    add_user("ada");
    kill_hub();
    EXPECT_EQ(holders("user"), "ada") << "the role user is not emptied";
    EXPECT_NE(look("SELECT description FROM roles WHERE name = 'user'"), "");
    EXPECT_NE(look("SELECT scopes FROM roles WHERE name = 'user'").find("shares!user"), std::string::npos);
    kill_hub();
    settings.hub.load_roles.clear();
    EXPECT_EQ(look("SELECT scopes FROM roles WHERE name = 'user'"), "[\"self\"]") << "written anew at each start";
}

TEST_F(StartDatabase, wrong_roles_are_refused_with_a_sentence)
{
    auto wrong = role("wrong");
    wrong.scopes = {"no:such:scope"};
    auto admin = role("admin");
    admin.scopes = {"read:users"};
    auto lost = role("lost");
    lost.scopes = {"read:users"};
    lost.services = {"nothing"};
    struct Row {
        config::RoleSpec spec;
        std::string word;
    };
    for (auto const& row : {Row{wrong, "no:such:scope"}, Row{admin, "admin"}, Row{lost, "nothing"}}) {
        settings.hub.load_roles = {row.spec};
        auto const problem = start_problem();
        EXPECT_NE(problem.find("load_roles"), std::string::npos) << problem;
        EXPECT_NE(problem.find(row.word), std::string::npos) << problem;
    }
}

TEST_F(StartDatabase, administrators_of_the_configuration_are_promoted_but_never_demoted)
{
    settings.authenticator.admin_users = {"root"};
    EXPECT_EQ(admin_flag("root"), "1");
    EXPECT_EQ(holders("admin"), "root");
    kill_hub();
    settings.authenticator.admin_users.clear();
    EXPECT_EQ(admin_flag("root"), "1") << "a removed name keeps its rights";
    EXPECT_EQ(holders("admin"), "root");
}

TEST_F(StartDatabase, an_explicit_list_of_administrators_is_the_truth)
{
    add_user("ada", true);
    add_user("bob", true);
    kill_hub();
    auto admin = role("admin");
    admin.users = {"bob"};
    settings.hub.load_roles = {admin};
    settings.authenticator.admin_users = {"root"};
    EXPECT_EQ(holders("admin"), "bob,root") << "admin_users belong to it";
    EXPECT_EQ(admin_flag("ada"), "0");
    EXPECT_EQ(admin_flag("bob"), "1");
}

TEST_F(StartDatabase, an_admin_entry_without_users_empties_nothing_that_has_the_flag)
{
    add_user("ada", true);
    kill_hub();
    settings.hub.load_roles = {role("admin")};
    EXPECT_EQ(admin_flag("ada"), "1");
    EXPECT_EQ(holders("admin"), "ada");
}

TEST_F(StartDatabase, allowed_people_exist_and_hold_the_role_user)
{
    settings.authenticator.allowed_users = {"ada"};
    EXPECT_EQ(holders("user"), "ada");
}

TEST_F(StartDatabase, groups_only_grow)
{
    config::GroupSpec staff;
    staff.name = "staff";
    staff.users = {"ada", "Bob"};
    staff.properties = Json{{"floor", 3}};
    settings.hub.load_groups = {staff};
    auto const members = [&] {
        return look("SELECT group_concat(name) FROM (SELECT u.name FROM users u JOIN user_group_map m ON m.user_id = "
                    "u.id ORDER BY u.name)");
    };
    EXPECT_EQ(members(), "ada,bob");
    kill_hub();
    settings.hub.load_groups[0].users = {"carol"};
    settings.hub.load_groups[0].properties.reset();
    EXPECT_EQ(members(), "ada,bob,carol");
    EXPECT_NE(look("SELECT properties FROM groups").find("floor"), std::string::npos) << "not given: kept";
    kill_hub();
    settings.hub.load_groups.clear();
    EXPECT_EQ(members(), "ada,bob,carol");
}

TEST_F(StartDatabase, services_get_client_token_and_role)
{
    config::ServiceSpec grader;
    grader.name = "grader";
    grader.url = "http://127.0.0.1:9000";
    grader.api_token = "grader-secret-token";
    settings.hub.services = {grader};
    auto graders = role("graders");
    graders.scopes = {"list:users"};
    graders.services = {"grader"};
    settings.hub.load_roles = {graders};
    TestClient service = browser();
    service.token = "grader-secret-token";
    EXPECT_EQ(service.get("/hub/api/users").status, 200);
    EXPECT_EQ(holders("graders", "service"), "grader");
    EXPECT_EQ(look("SELECT redirect_uri FROM oauth_clients WHERE identifier = 'service-grader'"),
              "/services/grader/oauth_callback");
    EXPECT_EQ(look("SELECT count(*) FROM api_tokens WHERE hashed LIKE '%grader-secret%'"), "0");

    kill_hub();
    EXPECT_EQ(look("SELECT count(*) FROM api_tokens"), "1") << "a restart makes no second row of the same token";

    kill_hub();
    settings.hub.load_roles.clear();
    settings.hub.services.clear();
    EXPECT_EQ(service.get("/hub/api/user").status, 403) << "a removed service is gone, with its token";
    EXPECT_EQ(look("SELECT count(*) FROM services"), "0");
}

TEST_F(StartDatabase, tokens_of_the_configuration_work)
{
    settings.hub.api_tokens = {{"token-of-Ada-1234", "Ada"}};
    settings.hub.service_tokens = {{"token-of-cron-1234", "cron"}};
    TestClient program = browser();
    program.token = "token-of-Ada-1234";
    EXPECT_EQ(program.get("/hub/api/user").json()["name"], "ada");
    program.token = "token-of-cron-1234";
    EXPECT_EQ(program.get("/hub/api/user").json()["name"], "cron");
}

TEST_F(StartDatabase, a_short_token_is_refused)
{
    settings.hub.api_tokens = {{"short", "ada"}};
    EXPECT_NE(start_problem(), "");
}

TEST_F(StartDatabase, blocked_people_keep_nothing_but_their_row)
{
    add_user("eve", true);
    add_group("staff", {"eve"});
    TestClient eve = with_token("eve");
    EXPECT_EQ(eve.get("/hub/api/users").status, 200);
    kill_hub();
    settings.authenticator.blocked_users = {"eve"};
    EXPECT_EQ(admin_flag("eve"), "0");
    EXPECT_EQ(look("SELECT count(*) FROM user_role_map"), "0");
    EXPECT_EQ(look("SELECT count(*) FROM user_group_map"), "0");
    EXPECT_EQ(eve.get("/hub/api/users").status, 403) << "tokens remain, but give nothing";
}

TEST_F(StartDatabase, a_mistake_leaves_the_database_as_it_was)
{
    add_user("ada");
    auto const roles = look("SELECT count(*) FROM roles");
    kill_hub();
    auto good = role("good"), wrong = role("wrong");
    good.scopes = {"read:users"};
    wrong.scopes = {"no:such:scope"};
    settings.hub.load_roles = {good, wrong};
    EXPECT_NE(start_problem(), "");
    settings.hub.load_roles.clear();
    EXPECT_EQ(look("SELECT count(*) FROM roles"), roles);
}

} // namespace
} // namespace jhub::hub
