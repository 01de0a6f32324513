// What holds for all scopes: no way of combining two sets grants more than both together, and a token never does more
// than its owner.
#include <random>

#include <gtest/gtest.h>

#include "rbac/scope_support.hpp"

namespace jhub::rbac {
namespace {

std::vector<std::string> const names{"ada", "bob", "eve"};
FixedMemberships const groups({{"staff", {"ada", "bob"}}, {"class-a", {"bob"}}});

class RandomScopes {
  public:
    explicit RandomScopes(unsigned seed) : engine_(seed) {}

    std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(engine_); }

    std::string filter()
    {
        switch (below(6)) {
        case 0:
            return "";
        case 1:
            return "!user=" + names[below(3)];
        case 2:
            return below(2) == 0 ? "!group=staff" : "!group=class-a";
        case 3:
            return "!server=" + names[below(3)] + (below(2) == 0 ? "/" : "/lab");
        case 4:
            return "!service=culler";
        default:
            return "!user";
        }
    }

    Texts raw()
    {
        static std::vector<Scope> const all = builtin().all_real();
        Texts scopes;
        for (std::size_t count = below(8); count > 0; --count)
            scopes.push_back(std::string(builtin().name(all[below(all.size())])) + filter());
        if (below(4) == 0)
            scopes.emplace_back("self");
        return scopes;
    }

  private:
    std::mt19937 engine_;
};

// Every question that can be asked about the small world above.
template <typename Ask> void for_every_question(Ask ask)
{
    for (Scope const scope : builtin().all_real()) {
        ask(scope, Target::everything());
        for (std::string const& name : names) {
            ask(scope, Target::user(name));
            for (auto const* server : {"", "lab"})
                ask(scope, Target::server(server_filter(name, server)));
        }
        ask(scope, Target::group("staff"));
        ask(scope, Target::group("class-a"));
        ask(scope, Target::service("culler"));
    }
}

TEST(Property, combinations_of_two_sets_grant_no_more_than_their_union)
{
    RandomScopes random(7);
    for (int round = 0; round < 150; ++round) {
        ScopeSet const a = expand(random.raw(), user("ada"), Client{}, builtin()).scopes;
        ScopeSet const b = expand(random.raw(), user("ada"), Client{}, builtin()).scopes;
        ScopeSet both = a;
        both.add(b);
        ScopeSet const common = intersect(a, b, groups);
        for_every_question([&](Scope scope, Target target) {
            bool const by_a = has_scope(a, scope, target, groups);
            bool const by_b = has_scope(b, scope, target, groups);
            EXPECT_EQ(has_scope(both, scope, target, groups), by_a || by_b);
            if (has_scope(common, scope, target, groups))
                EXPECT_TRUE(by_a && by_b) << builtin().name(scope) << "!" << target.value;
        });
    }
}

TEST(Property, two_scopes_written_together_grant_what_each_grants_alone)
{
    RandomScopes random(5);
    std::vector<Scope> const all = builtin().all_real();
    for (int round = 0; round < 800; ++round) {
        auto const one_scope = [&] {
            return std::string(builtin().name(all[random.below(all.size())])) + random.filter();
        };
        Texts const two{one_scope(), one_scope()};
        ScopeSet const together = expand(two, user("ada"), Client{}, builtin()).scopes;
        ScopeSet const first = expand(Texts{two[0]}, user("ada"), Client{}, builtin()).scopes;
        ScopeSet const second = expand(Texts{two[1]}, user("ada"), Client{}, builtin()).scopes;
        for_every_question([&](Scope scope, Target target) {
            bool const alone = has_scope(first, scope, target, groups) || has_scope(second, scope, target, groups);
            EXPECT_EQ(has_scope(together, scope, target, groups), alone)
                << two[0] << " and " << two[1] << " for " << builtin().name(scope) << "!" << target.value;
        });
    }
}

TEST(Property, no_token_does_more_than_its_owner)
{
    RandomScopes random(11);
    Context const context{builtin(), groups};
    std::vector<Client> const clients{Client{}, server_client("bob", "lab"), service_client("culler")};
    for (int round = 0; round < 150; ++round) {
        Grants const grants{user("ada"), random.raw(), {}, {}};
        ScopeSet const owner = resolve_owner(grants, context);
        Texts const requested = random.raw();
        ScopeSet const token = resolve_token(grants, requested, clients[random.below(3)], context);
        for_every_question([&](Scope scope, Target target) {
            if (has_scope(token, scope, target, groups))
                EXPECT_TRUE(has_scope(owner, scope, target, groups)) << builtin().name(scope) << "!" << target.value;
        });
    }
}

TEST(Property, what_is_granted_on_request_was_there_before)
{
    RandomScopes random(13);
    Context const context{builtin(), groups};
    for (int round = 0; round < 150; ++round) {
        Texts const have = random.raw();
        Resolution const resolution = resolve_requested(random.raw(), have, user("ada"), Client{}, context);
        ScopeSet const before = expand(have, user("ada"), Client{}, builtin()).scopes;
        ScopeSet const granted = expand(resolution.allowed, user("ada"), Client{}, builtin()).scopes;
        for_every_question([&](Scope scope, Target target) {
            if (has_scope(granted, scope, target, groups))
                EXPECT_TRUE(has_scope(before, scope, target, groups)) << builtin().name(scope) << "!" << target.value;
        });
    }
}

} // namespace
} // namespace jhub::rbac
