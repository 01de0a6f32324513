// Starts, stops, deletions and renames at the same time: first every pair of them, the second begun after each number
// of steps of the first, then long random sequences. After each, what runs, what is routed, what is in memory and what
// is in the database are the same servers (I-2, I-3 of the list of faults), and what was acknowledged as deleted is
// gone.
#include <random>
#include <set>

#include "base/strings.hpp"
#include "hub/core/route_check.hpp"
#include "hub/support/test_hub.hpp"

namespace jhub::hub {
namespace {

// One request of the administrator's, with what its success means.
struct Deed {
    std::string method, target;
    Json body = {};
    std::string gone = {}; // label of the server ("ada", "ada:lab") that is away when the answer is 204; "ada*": all
};

namespace deed {

std::string server_path(std::string const& user, std::string const& name)
{
    return "/hub/api/users/" + user + (name.empty() ? "/server" : "/servers/" + name);
}
std::string label(std::string const& user, std::string const& name) { return name.empty() ? user : user + ":" + name; }

Deed start(std::string const& user, std::string const& name = "") { return {"POST", server_path(user, name)}; }
Deed stop(std::string const& user, std::string const& name = "")
{
    return {"DELETE", server_path(user, name), {}, label(user, name)};
}
Deed remove(std::string const& user, std::string const& name)
{
    return {"DELETE", server_path(user, name), {{"remove", true}}, label(user, name)};
}
Deed delete_user(std::string const& user) { return {"DELETE", "/hub/api/users/" + user, {}, user + "*"}; }
Deed create(std::string const& user) { return {"POST", "/hub/api/users/" + user}; }
Deed rename(std::string const& user, std::string const& to)
{
    return {"PATCH", "/hub/api/users/" + user, {{"name", to}}};
}
Deed share(std::string const& owner, std::string const& name, std::string const& with)
{
    return {"POST", "/hub/api/shares/" + owner + "/" + name, {{"user", with}}};
}
Deed token(std::string const& user) { return {"POST", "/hub/api/users/" + user + "/tokens"}; }
Deed read_routes() { return {"POST", "/hub/api/proxy"}; }

} // namespace deed

class Races : public TestHub {
  protected:
    Races()
    {
        settings.hub.allow_named_servers = true;
        settings.hub.tornado_settings.slow_spawn_timeout = 0s;
        settings.spawner.http_timeout = 60s;
    }
    void SetUp() override
    {
        add_user("root", true);
        root = with_token("root");
    }

    struct Asked {
        Deed deed;
        std::shared_ptr<Exchange> exchange;
        bool seen = false; // its answer
    };
    Asked ask(Deed deed)
    {
        Call call{deed.method, deed.target};
        if (!deed.body.is_null()) {
            call.headers.set("Content-Type", "application/json");
            call.body = deed.body.dump();
        }
        log += fmt::format("  {} {}{}\n", deed.method, deed.target, deed.body.is_null() ? "" : " " + deed.body.dump());
        auto exchange = root.begin(std::move(call));
        return {std::move(deed), std::move(exchange)};
    }
    // Each success is looked at in the very moment, before anything else is asked for.
    bool see_answers(std::vector<Asked>& asked, bool strict)
    {
        bool all = true;
        for (auto& one : asked) {
            if (one.exchange->ended && !std::exchange(one.seen, true))
                look_at(one, strict);
            all = all && one.seen;
        }
        return all;
    }
    void finish(std::vector<Asked> asked, bool strict)
    {
        ASSERT_TRUE(until([&] { return see_answers(asked, strict); }, 20s)) << "not all requests were answered:\n"
                                                                            << log;
    }
    void look_at(Asked const& one, bool strict)
    {
        auto const& answer = one.exchange->answer;
        log += fmt::format("  → {} {} {}: {}\n", one.deed.method, one.deed.target, answer.status,
                           answer.status < 400 ? "" : answer.message());
        if (answer.status >= 500 && !failures_planned)
            ADD_FAILURE() << "nothing is broken:\n" << log;
        if (!strict || answer.status != 204 || one.deed.gone.empty())
            return;
        bool const all = one.deed.gone.ends_with('*');
        std::string const name = one.deed.gone.substr(0, one.deed.gone.size() - (all ? 1 : 0));
        for (auto const& running : spawner.running())
            if (running == name || (all && running.starts_with(name + ":")))
                ADD_FAILURE() << running << " runs although it was acknowledged as gone:\n" << log;
        std::string const route = "/user/" + replace_all(name, ":", "/");
        for (auto const& [path, data] : proxy.routes)
            if (path == route || (all && path.starts_with(route + "/")))
                ADD_FAILURE() << path << " is routed although it was acknowledged as gone:\n" << log;
    }

    [[nodiscard]] std::string ready_servers()
    {
        std::set<std::string> labels;
        for (auto const& live : hub().servers.all())
            if (live->active())
                labels.insert(live->label() + (live->ready() ? "" : " which is not ready"));
        return join(std::vector(labels.begin(), labels.end()), " ");
    }
    // Everything at rest says the same.
    void expect_one_truth(std::string const& when)
    {
        ASSERT_TRUE(until([&] { return hub().servers.settled(); }, 20s)) << when << ready_servers() << "\n" << log;
        std::string const known = ready_servers();
        EXPECT_EQ(join(spawner.running(), " "), known) << when << "processes\n" << log;
        std::set<std::string> routes;
        for (auto const& [path, data] : proxy.routes)
            if (path.starts_with("/user/"))
                routes.insert(replace_all(path.substr(6), "/", ":"));
        EXPECT_EQ(join(std::vector(routes.begin(), routes.end()), " "), known) << when << "routes\n" << log;
        EXPECT_EQ(look("SELECT ifnull(group_concat(label, ' '), '') FROM (SELECT users.name || CASE spawners.name WHEN "
                       "'' THEN '' ELSE ':' || spawners.name END AS label FROM spawners JOIN users ON users.id = "
                       "spawners.user_id WHERE server_id IS NOT NULL ORDER BY 1)"),
                  known)
            << when << "rows\n"
            << log;
        std::string const count = std::to_string(known.empty() ? 0 : std::ranges::count(known, ' ') + 1);
        EXPECT_EQ(
            look("SELECT (SELECT count(*) FROM servers) || ' ' || (SELECT count(*) FROM jhub_processes) || ' ' || "
                 "(SELECT count(*) FROM api_tokens WHERE note LIKE 'Server at%') || ' ' || "
                 "(SELECT count(*) FROM oauth_clients WHERE identifier LIKE 'jupyterhub-user-%')"),
            fmt::format("{0} {0} {0} {0}", count))
            << when << "servers, processes, tokens, clients\n"
            << log;
        EXPECT_EQ(look("SELECT (SELECT count(*) FROM spawners WHERE user_id NOT IN (SELECT id FROM users)) + "
                       "(SELECT count(*) FROM api_tokens WHERE user_id NOT IN (SELECT id FROM users)) + "
                       "(SELECT count(*) FROM shares WHERE spawner_id NOT IN (SELECT id FROM spawners)) + "
                       "(SELECT count(*) FROM jhub_settings WHERE key LIKE 'stopping:%')"),
                  "0")
            << when << "left behind\n"
            << log;
        for (auto const& live : hub().servers.all())
            EXPECT_EQ(look(fmt::format("SELECT name FROM users WHERE id = {}", live->user_id)), live->user_name)
                << when << "in memory\n"
                << log;
    }

    void steps(int count, std::vector<Asked>& asked, bool strict)
    {
        for (int i = 0; i < count; ++i) {
            loop().run_one_for(1ms);
            see_answers(asked, strict);
        }
    }

    TestClient root{*this};
    std::string log;
    bool failures_planned = false;
};

struct Pair {
    char const* name;
    Deed first, second;
    bool running = false;            // ada and ada:lab run before
    Scripted plan = Scripted::ready; // of the start
    Stopping stopping = Stopping::at_once;
};

class TwoAtOnce : public Races, public testing::WithParamInterface<Pair> {};

TEST_P(TwoAtOnce, end_in_one_truth)
{
    auto const& [name, first, second, running, plan, stopping] = GetParam();
    spawner.stopping = stopping;
    for (int count = 0; count <= 96; count += count < 48 ? 4 : 8) {
        log.clear();
        if (!find_user("ada"))
            add_user("ada");
        if (running) {
            start_server("ada");
            start_server("ada", "lab");
        }
        if (plan != Scripted::ready)
            spawner.next_start(plan);
        spawner.hold_stops();
        std::vector<Asked> asked{ask(first)};
        steps(count, asked, true);
        log += fmt::format("  … {} steps\n", count);
        asked.push_back(ask(second));
        steps(80, asked, true);
        spawner.release_stops();
        finish(asked, true);
        if (plan != Scripted::ready) { // nobody else ends it
            std::vector<Asked> end{ask(deed::stop("ada")), ask(deed::stop("ada", "lab"))};
            finish(end, false);
            spawner.forget_plans();
        }
        expect_one_truth(fmt::format("after {} steps: ", count));
        for (auto const* user : {"ada", "bob"})
            if (find_user(user))
                finish({ask(deed::delete_user(user))}, true);
        expect_one_truth(fmt::format("after {} steps and the deletion: ", count));
        if (HasFailure())
            return;
    }
}

INSTANTIATE_TEST_SUITE_P(
    Pairs, TwoAtOnce,
    testing::Values(Pair{"start_and_deletion", deed::start("ada"), deed::delete_user("ada")},
                    Pair{"start_and_deletion_never_ready", deed::start("ada"), deed::delete_user("ada"), false,
                         Scripted::never_ready},
                    Pair{"start_and_deletion_never_started", deed::start("ada", "lab"), deed::delete_user("ada"), false,
                         Scripted::never_started},
                    Pair{"deletion_and_start", deed::delete_user("ada"), deed::start("ada")},
                    Pair{"deletion_and_start_of_another", deed::delete_user("ada"), deed::start("ada", "new"), true},
                    Pair{"slow_deletion_and_start_of_another", deed::delete_user("ada"), deed::start("ada", "new"),
                         true, Scripted::ready, Stopping::slow},
                    Pair{"start_and_removal", deed::start("ada", "lab"), deed::remove("ada", "lab")},
                    Pair{"removal_and_start", deed::remove("ada", "lab"), deed::start("ada", "lab"), true},
                    Pair{"slow_removal_and_start", deed::remove("ada", "lab"), deed::start("ada", "lab"), true,
                         Scripted::ready, Stopping::slow},
                    Pair{"start_and_rename", deed::start("ada"), deed::rename("ada", "bob")},
                    Pair{"rename_and_start", deed::rename("ada", "bob"), deed::start("ada")},
                    Pair{"rename_and_start_under_the_new_name", deed::rename("ada", "bob"), deed::start("bob")},
                    Pair{"rename_and_deletion", deed::rename("ada", "bob"), deed::delete_user("ada")},
                    Pair{"deletion_and_rename", deed::delete_user("ada"), deed::rename("ada", "bob"), true},
                    Pair{"start_and_stop", deed::start("ada"), deed::stop("ada")},
                    Pair{"stop_and_start", deed::stop("ada"), deed::start("ada"), true},
                    Pair{"slow_stop_and_start", deed::stop("ada"), deed::start("ada"), true, Scripted::ready,
                         Stopping::slow},
                    Pair{"stop_and_deletion", deed::stop("ada"), deed::delete_user("ada"), true},
                    Pair{"two_deletions", deed::delete_user("ada"), deed::delete_user("ada"), true},
                    Pair{"deletion_and_creation", deed::delete_user("ada"), deed::create("ada"), true},
                    Pair{"deletion_and_token", deed::delete_user("ada"), deed::token("ada"), true},
                    Pair{"removal_and_share", deed::remove("ada", "lab"), deed::share("ada", "lab", "root"), true},
                    Pair{"stop_and_check_of_routes", deed::stop("ada"), deed::read_routes(), true},
                    Pair{"check_of_routes_and_start", deed::read_routes(), deed::start("ada")}),
    [](auto const& info) { return std::string(info.param.name); });

// ---- random sequences ----

class RandomRaces : public Races, public testing::WithParamInterface<unsigned> {
  protected:
    std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random); }
    template <typename T, std::size_t N> T const& one_of(std::array<T, N> const& list) { return list[below(N)]; }

    Deed any_deed()
    {
        static std::array<std::string, 3> const users{"ada", "bob", "eve"};
        static std::array<std::string, 3> const names{"", "lab", "gpu"};
        std::string const &user = one_of(users), &name = one_of(names);
        switch (below(16)) {
        case 0:
        case 1:
            return deed::delete_user(user);
        case 2:
        case 3:
            return deed::create(user);
        case 4:
            return deed::rename(user, one_of(users));
        case 5:
            return name.empty() ? deed::stop(user) : deed::remove(user, name);
        case 6:
        case 7:
            return deed::stop(user, name);
        case 8:
            return deed::token(user);
        case 9:
            return deed::share(user, name, one_of(users));
        case 10:
            return deed::read_routes();
        default:
            return deed::start(user, name);
        }
    }
    // How the next start goes; most go well.
    void plan_start()
    {
        static std::array const plans{Scripted::never_started, Scripted::never_ready, Scripted::fails,
                                      Scripted::exits_at_once};
        if (below(3) == 0)
            spawner.next_start(one_of(plans));
    }
    std::mt19937 random{GetParam()};
};

TEST_P(RandomRaces, end_in_one_truth)
{
    failures_planned = true; // the hub says 500 to a start that failed
    for (int round = 0; round < 25; ++round) {
        log = fmt::format("seed {}, round {}\n", GetParam(), round);
        spawner.stopping = below(2) == 0 ? Stopping::slow : Stopping::at_once;
        spawner.hold_stops();
        std::vector<Asked> asked;
        std::size_t const size = 2 + below(5);
        for (std::size_t i = 0; i < size; ++i) {
            plan_start();
            asked.push_back(ask(any_deed()));
            steps(static_cast<int>(below(40)), asked, false);
            if (below(6) == 0)
                spawner.exit(below(2) == 0 ? "ada" : "bob:lab", 1, below(2) == 0);
        }
        spawner.release_stops();
        steps(100, asked, false);
        // Starts that nobody else ends, and servers that died unseen.
        for (auto const& live : hub().servers.all()) {
            if (live->active() && !live->ready())
                hub().launcher.stop(live);
            if (live->ready())
                (void)run(hub().launcher.poll(live));
        }
        finish(asked, false);
        for (auto const& live : hub().servers.all())
            if (live->active() && !live->ready())
                hub().launcher.stop(live);
        spawner.forget_plans();
        expect_one_truth("");
        if (HasFailure())
            return;
    }
    log = fmt::format("seed {}, the end\n", GetParam());
    for (auto const* user : {"ada", "bob", "eve"})
        finish({ask(deed::delete_user(user))}, true);
    EXPECT_EQ(ready_servers(), "");
    expect_one_truth("at the end ");
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomRaces, testing::Range(1U, 6U),
                         [](auto const& info) { return fmt::format("seed_{}", info.param); });

} // namespace
} // namespace jhub::hub
