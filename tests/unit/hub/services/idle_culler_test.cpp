// Idle culling (reference services.md §6): the decisions, and a hub that carries them out.
#include "hub/services/idle_culler.hpp"

#include "base/time_text.hpp"
#include "hub/support/test_hub.hpp"

namespace jhub::hub::services {
namespace {

using config::IdleCullerSettings;

constexpr Timestamp now{std::chrono::hours(500'000)};

ServerFacts server(std::chrono::seconds age, std::chrono::seconds quiet, bool warned = true)
{
    return {.ready = true, .is_default = true, .started = now - age, .last_activity = now - quiet, .warned = warned};
}

IdleCullerSettings ten_minutes() { return {.enabled = true}; }

TEST(IdleDecision, stops_a_server_after_the_timeout_but_warns_a_look_earlier)
{
    auto const settings = ten_minutes();
    EXPECT_EQ(decide_server(settings, server(1h, 299s, false), now).verdict, CullVerdict::keep);
    EXPECT_EQ(decide_server(settings, server(1h, 300s, false), now).verdict, CullVerdict::warn);
    EXPECT_EQ(decide_server(settings, server(1h, 599s), now).verdict, CullVerdict::warn);
    EXPECT_EQ(decide_server(settings, server(1h, 600s), now).verdict, CullVerdict::stop);
    EXPECT_EQ(decide_server(settings, server(1h, 48h, false), now).verdict, CullVerdict::warn) << "never unannounced";
}

TEST(IdleDecision, counts_from_the_start_when_there_was_no_activity_yet)
{
    auto facts = server(600s, 0s);
    facts.last_activity.reset();
    EXPECT_EQ(decide_server(ten_minutes(), facts, now).verdict, CullVerdict::stop);
    facts.started.reset();
    EXPECT_EQ(decide_server(ten_minutes(), facts, now).verdict, CullVerdict::keep);
}

TEST(IdleDecision, leaves_alone_what_starts_or_stops_and_what_is_excepted)
{
    auto settings = ten_minutes();
    auto facts = server(48h, 48h);
    facts.ready = false;
    EXPECT_EQ(decide_server(settings, facts, now).verdict, CullVerdict::keep);
    settings.cull_default_servers = false;
    EXPECT_EQ(decide_server(settings, server(48h, 48h), now).verdict, CullVerdict::keep);
    auto named = server(48h, 48h);
    named.is_default = false;
    EXPECT_EQ(decide_server(settings, named, now).verdict, CullVerdict::stop);
    settings.cull_named_servers = false;
    EXPECT_EQ(decide_server(settings, named, now).verdict, CullVerdict::keep);
}

TEST(IdleDecision, max_age_waits_for_a_moment_without_work)
{
    auto settings = ten_minutes();
    settings.timeout = 24h;
    settings.max_age = 2h;
    EXPECT_EQ(decide_server(settings, server(3h, 10s), now).verdict, CullVerdict::keep);
    EXPECT_EQ(decide_server(settings, server(3h, 359s), now).verdict, CullVerdict::warn);
    EXPECT_EQ(decide_server(settings, server(3h, 360s), now).verdict, CullVerdict::stop);
    EXPECT_EQ(decide_server(settings, server(2h, 1h), now).verdict, CullVerdict::warn) << "not older than it yet";
}

TEST(IdleDecision, people_go_only_when_asked_for_and_without_servers)
{
    auto settings = ten_minutes();
    PersonFacts const idle{.admin = false, .has_servers = false, .created = now - 48h, .last_activity = now - 1h};
    PersonFacts admin = idle, working = idle, fresh{.created = now - 10s};
    admin.admin = true;
    working.has_servers = true;
    EXPECT_FALSE(decide_person(settings, idle, now));
    settings.cull_users = true;
    EXPECT_TRUE(decide_person(settings, idle, now));
    EXPECT_TRUE(decide_person(settings, admin, now));
    EXPECT_FALSE(decide_person(settings, working, now));
    EXPECT_FALSE(decide_person(settings, fresh, now));
    settings.cull_admin_users = false;
    EXPECT_FALSE(decide_person(settings, admin, now));
}

class IdleCulling : public TestHub {
  protected:
    IdleCulling() { settings.hub.idle_culler = ten_minutes(); }
    IdleCuller& culler()
    {
        if (!culler_)
            culler_ = std::make_unique<IdleCuller>(hub());
        return *culler_;
    }
    void look() { EXPECT_TRUE(run(culler().look())); }
    bool runs(std::string const& user, std::string const& name = "")
    {
        auto const known = server_of(user, name);
        return known && known->ready();
    }
    std::string names_of_servers() { return TestHub::look("SELECT count(*) FROM spawners WHERE name = 'lab'"); }
    std::unique_ptr<IdleCuller> culler_;
};

TEST_F(IdleCulling, warns_then_stops_what_nobody_uses)
{
    settings.hub.allow_named_servers = true;
    start_server("ada");
    start_server("bob", "lab");
    look();
    clock.advance(301s);
    look();
    EXPECT_TRUE(runs("ada"));
    clock.advance(301s);
    look();
    EXPECT_FALSE(runs("ada"));
    EXPECT_FALSE(runs("bob", "lab"));
    EXPECT_EQ(names_of_servers(), "1") << "the name stays";
    auto const entry = hub().audit.latest(1)[0];
    EXPECT_EQ(entry["actor"], "idle-culler");
    EXPECT_EQ(entry["action"], "cull server");
    EXPECT_EQ(entry["target"], (Json{{"user", "bob"}, {"server", "lab"}}));
}

TEST_F(IdleCulling, activity_after_the_warning_saves_a_server)
{
    start_server("ada");
    clock.advance(590s);
    look();
    auto const active = to_iso8601(clock.now());
    EXPECT_EQ(with_token("ada")
                  .post("/hub/api/users/ada/activity", {{"servers", {{"", {{"last_activity", active}}}}}})
                  .status,
              200);
    clock.advance(300s);
    look();
    clock.advance(299s);
    look();
    EXPECT_TRUE(runs("ada"));
    clock.advance(1s);
    look();
    EXPECT_FALSE(runs("ada"));
}

TEST_F(IdleCulling, traffic_that_the_proxy_saw_counts_up_to_this_moment)
{
    start_server("ada");
    clock.advance(590s);
    look();
    clock.advance(300s);
    proxy.routes.at("/user/ada")["last_activity"] = to_iso8601(clock.now() - 1s);
    look();
    EXPECT_TRUE(runs("ada"));
}

TEST_F(IdleCulling, stops_nobody_when_the_proxy_cannot_be_asked)
{
    start_server("ada");
    clock.advance(590s);
    look();
    clock.advance(300s);
    proxy.close();
    EXPECT_FALSE(run(culler().look()));
    EXPECT_TRUE(runs("ada"));
}

TEST_F(IdleCulling, removes_named_servers_and_people_when_asked_to)
{
    settings.hub.allow_named_servers = true;
    settings.hub.idle_culler.remove_named_servers = true;
    settings.hub.idle_culler.cull_users = true;
    settings.hub.idle_culler.cull_admin_users = false;
    add_user("root", true);
    start_server("bob", "lab");
    clock.advance(700s);
    look();
    EXPECT_TRUE(find_user("bob")) << "the server still runs";
    EXPECT_TRUE(runs("bob", "lab"));
    add_user("eve");
    clock.advance(300s);
    look();
    EXPECT_EQ(names_of_servers(), "0");
    EXPECT_TRUE(find_user("eve"));
    EXPECT_TRUE(find_user("root"));
    clock.advance(700s);
    look();
    EXPECT_FALSE(find_user("eve"));
    EXPECT_FALSE(find_user("bob"));
    EXPECT_TRUE(find_user("root"));
}

} // namespace
} // namespace jhub::hub::services
