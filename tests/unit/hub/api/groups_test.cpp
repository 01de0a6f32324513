// Groups over the REST API (reference rest-api.md §2.3, §3.6).
#include "hub/support/test_hub.hpp"

namespace jhub::hub {
namespace {

class GroupsApi : public TestHub {
  protected:
    TestClient administrator()
    {
        if (!find_user("root"))
            add_user("root", true);
        return with_token("root");
    }
};

TEST_F(GroupsApi, a_new_group_is_empty_and_a_second_of_its_name_is_a_conflict)
{
    TestClient root = administrator();
    auto const made = root.post("/hub/api/groups/staff");
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(made.json(), (Json{{"kind", "group"},
                                 {"name", "staff"},
                                 {"users", Json::array()},
                                 {"properties", Json::object()},
                                 {"roles", Json::array()}}));
    EXPECT_EQ(root.post("/hub/api/groups/staff").status, 409);
}

TEST_F(GroupsApi, several_groups_are_made_together_or_not_at_all)
{
    TestClient root = administrator();
    EXPECT_EQ(root.post("/hub/api/groups", {{"groups", {"a", "b"}}}).status, 201);
    EXPECT_EQ(root.post("/hub/api/groups", {{"groups", {"c", "b"}}}).status, 409);
    EXPECT_EQ(root.get("/hub/api/groups/c").status, 404);
}

TEST_F(GroupsApi, members_are_normalised_added_once_and_removed)
{
    TestClient root = administrator();
    add_user("ada");
    add_group("staff", {});
    EXPECT_EQ(root.post("/hub/api/groups/staff/users", {{"users", {"ADA", "ada"}}}).json()["users"], Json({"ada"}));
    EXPECT_EQ(root.get("/hub/api/users/ada").json()["groups"], Json({"staff"}));
    EXPECT_EQ(root.delete_("/hub/api/groups/staff/users", {{"users", {"ada"}}}).json()["users"], Json::array());
}

TEST_F(GroupsApi, a_member_who_is_unknown_changes_nothing)
{
    TestClient root = administrator();
    add_user("ada");
    add_group("staff", {});
    EXPECT_EQ(root.post("/hub/api/groups/staff/users", {{"users", {"ada", "nobody"}}}).status, 400);
    EXPECT_EQ(root.get("/hub/api/groups/staff").json()["users"], Json::array());
    EXPECT_EQ(root.post("/hub/api/groups/new", {{"users", {"nobody"}}}).status, 400);
    EXPECT_EQ(root.get("/hub/api/groups/new").status, 404);
}

TEST_F(GroupsApi, bodies_of_the_wrong_shape_are_refused)
{
    TestClient root = administrator();
    add_group("staff", {});
    for (Json const& body : {Json::object(), Json{{"users", "ada"}}, Json{{"users", {1}}}, Json{{"people", {"ada"}}}})
        EXPECT_EQ(root.post("/hub/api/groups/staff/users", body).status, 400) << body;
    for (Json const& body : {Json::object(), Json{{"groups", Json::array()}}, Json{{"groups", {""}}}})
        EXPECT_EQ(root.post("/hub/api/groups", body).status, 400) << body;
    EXPECT_EQ(root.put("/hub/api/groups/staff/properties", Json::array()).status, 400);
}

TEST_F(GroupsApi, properties_are_replaced_as_a_whole)
{
    TestClient root = administrator();
    add_group("staff", {});
    root.put("/hub/api/groups/staff/properties", {{"a", 1}, {"b", {{"c", nullptr}}}});
    auto const answer = root.put("/hub/api/groups/staff/properties", {{"d", {2}}});
    EXPECT_EQ(answer.json()["properties"], (Json{{"d", {2}}}));
}

TEST_F(GroupsApi, a_deleted_group_is_gone_from_its_members)
{
    TestClient root = administrator();
    add_user("ada");
    add_group("staff", {"ada"});
    EXPECT_EQ(root.delete_("/hub/api/groups/staff").status, 204);
    EXPECT_EQ(root.delete_("/hub/api/groups/staff").status, 404);
    EXPECT_EQ(root.get("/hub/api/users/ada").json()["groups"], Json::array());
}

TEST_F(GroupsApi, scopes_decide_which_fields_and_which_groups_are_seen)
{
    add_group("staff", {});
    add_group("guests", {});
    add_user("ada");
    grant("ada", "names", {"list:groups"});
    EXPECT_EQ(with_token("ada").get("/hub/api/groups").json(),
              (Json{{{"kind", "group"}, {"name", "staff"}}, {{"kind", "group"}, {"name", "guests"}}}));
    add_user("bob");
    grant("bob", "one", {"list:groups!group=guests", "read:groups!group=guests"});
    TestClient bob = with_token("bob");
    auto const list = bob.get("/hub/api/groups").json();
    ASSERT_EQ(list.size(), 1U);
    EXPECT_EQ(list[0]["name"], "guests");
    EXPECT_FALSE(list[0].contains("roles"));
    EXPECT_EQ(bob.get("/hub/api/groups/staff").status, 404);
    EXPECT_EQ(bob.post("/hub/api/groups/guests/users", {{"users", Json::array()}}).status, 403);
}

TEST_F(GroupsApi, pages_count_all_groups)
{
    for (char const* name : {"a", "b", "c"})
        add_group(name, {});
    auto const page =
        administrator().get("/hub/api/groups?offset=1&limit=1", {{"Accept", "application/jupyterhub-pagination+json"}});
    EXPECT_EQ(page.json()["items"][0]["name"], "b");
    EXPECT_EQ(page.json()["_pagination"]["total"], 3);
    EXPECT_EQ(page.json()["_pagination"]["next"]["offset"], 2);
}

} // namespace
} // namespace jhub::hub
