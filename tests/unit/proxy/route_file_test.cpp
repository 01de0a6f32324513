#include "proxy/route_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace jhub::proxy {
namespace {

class RouteFileTest : public testing::Test {
  protected:
    RouteFileTest() { std::filesystem::create_directories(folder); }
    ~RouteFileTest() override { std::filesystem::remove_all(folder); }

    std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / ("routes" + std::to_string(getpid()));
    std::string file = folder / "routes.json";
};

TEST_F(RouteFileTest, a_table_comes_back_as_it_was)
{
    ManualClock clock(Timestamp(std::chrono::milliseconds(1'700'000'000'123)));
    RouteTable before(RouteRules{}, clock);
    for (auto const* path : {"/", "/user/a%20b", "/user/x%2Fy", "/user/z%C3%A9/%25%22"})
        ASSERT_TRUE(before.add(path, Json{{"target", "http://h:1"}, {"user", "\"q\""}}));
    ASSERT_TRUE(save_routes(file, before));
    struct stat status{};
    ASSERT_EQ(stat(file.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U) << "targets are nobody else's business";

    RouteTable after(RouteRules{});
    ASSERT_TRUE(load_routes(file, after));
    EXPECT_EQ(after.json(), before.json());
    EXPECT_TRUE(after.get("/user/x%2Fy"));
}

TEST_F(RouteFileTest, a_missing_file_is_an_empty_table_and_a_damaged_one_an_error)
{
    RouteTable table(RouteRules{});
    EXPECT_TRUE(load_routes(file, table));
    for (auto const* text :
         {"", "{}", "[1]", R"([{"path":"/x","route":{}}])", R"([{"path":"/x","route":{"target":"gopher://x"}}])"}) {
        std::ofstream(file) << text;
        auto const loaded = load_routes(file, table);
        ASSERT_FALSE(loaded) << text;
        EXPECT_NE(loaded.error().message.find("routes.json"), std::string::npos);
    }
}

TEST_F(RouteFileTest, many_changes_are_saved_at_once_a_moment_later)
{
    EventLoop loop;
    RouteTable table(RouteRules{});
    RouteFile saver(loop, table, file);
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(table.add("/" + std::to_string(i), Json{{"target", "http://h:1"}}));
        saver.table_changed();
    }
    EXPECT_FALSE(std::filesystem::exists(file));
    loop.timers().advance(loop.now_ms() + 1'000);
    RouteTable loaded(RouteRules{});
    ASSERT_TRUE(load_routes(file, loaded));
    EXPECT_EQ(loaded.size(), 3U);
}

} // namespace
} // namespace jhub::proxy
