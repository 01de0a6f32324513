// The spawner's struct, and overrides of groups and users on top of it.
#include "config/coerce.hpp"
#include "config/support.hpp"

namespace jhub::config {
namespace {

using testing::ElementsAre;
using testing::Pair;
using testing::UnorderedElementsAre;

class SpawnerSettingsOf : public Loading {};

TEST_F(SpawnerSettingsOf, all_fields_come_from_the_configuration)
{
    auto const config =
        with_file(
            "c.Spawner.ip = '[::1]'\nc.Spawner.notebook_dir = '~/%U'\nc.Spawner.environment = {'A': 1, 'B': 'x'}\n"
            "c.Spawner.mem_limit = '1G'\nc.Spawner.cpu_limit = 2\nc.LocalProcessSpawner.shell_cmd = ['bash', '-c']\n"
            "c.Spawner.apply_user_options = {'memory': 'mem_limit'}\n"
            "c.Spawner.group_overrides = {'b': {'groups': ['x'], 'spawner_override': {}}, 'a': {'groups': ['y'], "
            "'spawner_override': {'ip': ''}}}\n")
            .config;
    auto const settings = spawner_settings(config).value();
    EXPECT_EQ(settings.ip, "::1");
    EXPECT_EQ(settings.notebook_dir, "~/{username}");
    EXPECT_THAT(settings.environment, ElementsAre(Pair("A", "1"), Pair("B", "x")));
    EXPECT_EQ(settings.mem_limit, 1 << 30);
    EXPECT_EQ(settings.cpu_limit, 2.0);
    EXPECT_THAT(settings.shell_cmd, ElementsAre("bash", "-c"));
    EXPECT_THAT(settings.apply_user_options, ElementsAre(Pair("memory", "mem_limit")));
    EXPECT_FALSE(settings.ignores_user_options);
    ASSERT_EQ(settings.group_overrides.size(), 2U);
    EXPECT_EQ(settings.group_overrides[0].key, "a") << "sorted by key";
    EXPECT_EQ(settings.group_overrides[0].spawner_override, Json::parse(R"({"ip": ""})"));
}

TEST(ByteSize, has_a_suffix_and_a_limit)
{
    EXPECT_EQ(parse_byte_size("2097152K").value(), Json(2147483648));
    EXPECT_EQ(parse_byte_size("1.5 G").value(), Json(1610612736));
    EXPECT_EQ(parse_byte_size(1e9).value(), Json(1000000000));
    for (Json const& wrong : {Json(1e30), Json("9e9T"), Json("K"), Json(""), Json("1X"), Json("nanG"), Json(true)})
        EXPECT_FALSE(parse_byte_size(wrong)) << wrong;
}

TEST_F(SpawnerSettingsOf, overrides_merge_dictionaries_and_replace_the_rest)
{
    auto const config = with_file("c.Spawner.environment = {'A': '1', 'B': '2'}\nc.Spawner.args = ['x']\n").config;
    auto const settings =
        spawner_settings(config, {Json::parse(R"({"environment": {"B": null, "C": "3"}, "args": ["y"]})"),
                                  Json::parse(R"({"mem_limit": "2K"})")});
    ASSERT_TRUE(settings) << settings.error().message;
    EXPECT_THAT(settings->environment, UnorderedElementsAre(Pair("A", "1"), Pair("C", "3")));
    EXPECT_THAT(settings->args, ElementsAre("y"));
    EXPECT_EQ(settings->mem_limit, 2048);
    EXPECT_THAT(spawner_settings(config)->args, ElementsAre("x")) << "the configuration itself is unchanged";
}

TEST_F(SpawnerSettingsOf, overrides_that_do_not_fit_are_refused_by_name)
{
    Config const config;
    EXPECT_THAT(spawner_settings(config, {Json::parse(R"({"memory": 1})")}).error().message,
                HasSubstr("no option memory"));
    EXPECT_THAT(spawner_settings(config, {Json::parse(R"({"mem_limit": "2GB"})")}).error().message,
                HasSubstr("LocalProcessSpawner.mem_limit"));
}

} // namespace
} // namespace jhub::config
