// docs/reference/rest-api.yml says what the route tables say: every route is in it, and every entry is a route.
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "hub/dispatch/rest_api_document.hpp"
#include "hub/support/test_hub.hpp"

namespace jhub::hub {
namespace {

class RestApiDocument : public TestHub {};

TEST_F(RestApiDocument, describes_every_route_and_nothing_else)
{
    std::set<std::string> routes;
    for (auto const& table : tables())
        for (auto const& route : table.routes) {
            routes.insert(route_name(route));
            EXPECT_TRUE(find_note(route_name(route))) << "describe it in rest_api_notes.cpp: " << route_name(route);
        }
    std::set<std::string_view> noted;
    for (auto const& note : route_notes()) {
        EXPECT_TRUE(routes.contains(std::string(note.route))) << "there is no such route: " << note.route;
        EXPECT_TRUE(noted.insert(note.route).second) << "described twice: " << note.route;
        EXPECT_TRUE(note.summary.ends_with('.')) << note.route;
    }
}

TEST_F(RestApiDocument, is_the_one_in_the_documentation)
{
    std::string const path = JHUB_SOURCE_DIR "/docs/reference/rest-api.yml";
    std::string const document = openapi_document(tables());
    if (std::getenv("JHUB_ACCEPT") != nullptr)
        std::ofstream(path) << document;
    std::ifstream file(path);
    std::stringstream written;
    written << file.rdbuf();
    EXPECT_TRUE(written.str() == document) << "run this test with JHUB_ACCEPT=1 to write " << path << " anew";
}

} // namespace
} // namespace jhub::hub
