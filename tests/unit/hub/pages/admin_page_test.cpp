// The administration page (reference http-pages.md §1, §10).
#include "hub/support/test_hub.hpp"

namespace jhub::hub {
namespace {

class AdminPage : public TestHub {};

TEST_F(AdminPage, is_for_those_with_its_scope)
{
    settings.hub.api_page_default_limit = 37;
    add_user("root", true);
    auto const page = login("root").get("/hub/admin");
    EXPECT_EQ(page.status, 200);
    EXPECT_TRUE(page.contains("data-page-limit=\"37\""));
    EXPECT_EQ(login("ada").get("/hub/admin").status, 403);
    auto const anonymous = browser().get("/hub/admin");
    EXPECT_EQ(anonymous.status, 302);
    EXPECT_EQ(anonymous.location(), "/hub/login?next=%2Fhub%2Fadmin");
}

} // namespace
} // namespace jhub::hub
