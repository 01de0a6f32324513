// Walks the frozen table of decisions (decisions/decisions.tsv, made from decisions/rules.py and not from this code):
// for each row a real hub must answer with that status and show exactly those fields.
#include <fstream>

#include "base/strings.hpp"
#include "hub/core/accounts.hpp"
#include "hub/support/test_hub.hpp"
#include "store/groups.hpp"
#include "store/roles.hpp"
#include "store/services.hpp"
#include "store/spawners.hpp"
#include "store/users.hpp"

namespace jhub::hub {
namespace {

struct Row {
    std::string who, held, method, path, body, decision, status, fields;
};

std::vector<Row> read_rows()
{
    std::ifstream file(JHUB_SOURCE_DIR "/tests/unit/hub/api/decisions/decisions.tsv");
    std::vector<Row> rows;
    for (std::string line; std::getline(file, line);) {
        auto const cells = split(line, '\t');
        EXPECT_EQ(cells.size(), 8U) << line;
        rows.push_back({cells[0], cells[1], cells[2], cells[3], cells[4], cells[5], cells[6], cells[7]});
    }
    return rows;
}

std::vector<std::string> words(std::string const& text)
{
    return text.empty() ? std::vector<std::string>{} : split(text, ' ');
}

// "admin kind name servers[lab-]": the keys of a model, and of its servers whether their state is shown.
std::string fields_of(Json const& model)
{
    std::vector<std::string> names;
    for (auto const& [key, value] : model.items()) {
        std::vector<std::string> servers;
        if (key == "servers")
            for (auto const& [name, server] : value.items())
                servers.push_back(name + (server.contains("state") ? "+" : "-"));
        names.push_back(key == "servers" ? "servers[" + join(servers, ",") + "]" : key);
    }
    std::ranges::sort(names);
    return join(names, " ");
}

// "alice: kind name; bob: kind name"
std::string fields_of_all(Json const& models)
{
    std::vector<std::string> texts;
    for (auto const& [key, model] : models.items())
        texts.push_back(model.at("name").get<std::string>() + ": " + fields_of(model));
    std::ranges::sort(texts);
    return join(texts, "; ");
}

// Only users, groups and services have fields that depend on scopes.
std::string fields_shown(Row const& row, Answer const& answer)
{
    auto const parts = split(row.path.substr(1, row.path.find('?') - 1), '/');
    bool const has_models = parts[0] == "users" || parts[0] == "groups" || parts[0] == "services";
    if (row.method != "GET" || answer.status != 200 || !has_models || parts.size() > 2)
        return "";
    return parts.size() == 1 ? fields_of_all(answer.json()) : fields_of(answer.json());
}

class Decisions : public TestHub {
  protected:
    Decisions()
    {
        settings.hub.allow_named_servers = true;
        settings.hub.admin_access = true;
    }

    // The world that rules.py describes; what a request has deleted comes back.
    void complete_world()
    {
        write([&](store::Transaction& transaction) {
            auto const user = [&](std::string_view name, std::initializer_list<std::string_view> servers) {
                auto const id = find_or_create_user(transaction, name, clock.now()).id;
                for (auto const server : servers)
                    store::ensure_spawner(transaction, id, server);
                return id;
            };
            auto const group = [&](std::string const& name, std::int64_t member) {
                model::Group row;
                row.name = name;
                auto const known = store::find_group(transaction, name);
                store::add_group_member(transaction, known ? known->id : store::insert_group(transaction, row), member);
            };
            group("g1", user("alice", {"", "lab"}));
            group("g2", user("bob", {""}));
            user("carol", {});
            for (std::string const name : {"culler", "grader", "probe"}) {
                model::ServiceRow row;
                row.name = name;
                row.from_config = false;
                store::upsert_service(transaction, row);
            }
            return true;
        });
    }

    // The role "held" becomes these scopes, and the only role of carol and of the service probe.
    void hold(std::vector<std::string> scopes)
    {
        write([&](store::Transaction& transaction) {
            model::Role role;
            role.name = "held";
            role.scopes = std::move(scopes);
            auto const id = store::upsert_role(transaction, role);
            auto const carol = store::find_user(transaction, "carol")->id;
            store::strip_all_roles(transaction, model::HolderKind::user, carol);
            store::grant_role(transaction, model::HolderKind::user, carol, id);
            auto const probe = store::find_service(transaction, "probe")->id;
            store::grant_role(transaction, model::HolderKind::service, probe, id);
            return true;
        });
    }

    TestClient asker(Row const& row)
    {
        auto const scopes = words(row.held);
        if (row.who != "narrow") {
            hold(scopes);
            return row.who == "service" ? with_service_token("probe") : with_token("carol");
        }
        auto const find = [](store::Transaction& transaction) { return store::find_role(transaction, "admin"); };
        auto everything = read(find)->scopes;
        everything.emplace_back("self");
        hold(everything);
        return with_token("carol", scopes);
    }
};

TEST_F(Decisions, are_those_of_the_frozen_table)
{
    auto const rows = read_rows();
    ASSERT_GT(rows.size(), 2000U);
    complete_world();
    std::optional<TestClient> client;
    std::string asking;
    std::size_t wrong = 0;
    for (auto const& row : rows) {
        if (!client || asking != row.who + row.held) {
            client = asker(row);
            asking = row.who + row.held;
        }
        Call call{row.method, "/hub/api" + row.path};
        if (!row.body.empty())
            call.headers.set("Content-Type", "application/json");
        call.body = row.body;
        auto const answer = client->send(call);
        bool const right = std::to_string(answer.status) == row.status && fields_shown(row, answer) == row.fields;
        if (!right && ++wrong <= 20)
            ADD_FAILURE() << row.who << " with [" << row.held << "] asks " << row.method << " " << row.path
                          << "\n  should be " << row.decision << " " << row.status << " " << row.fields << "\n  was "
                          << answer.status << " " << fields_shown(row, answer) << " " << answer.body.substr(0, 200);
        if (answer.status < 300 && row.method != "GET")
            complete_world();
    }
    EXPECT_EQ(wrong, 0U) << "of " << rows.size() << " rows";
}

// Fields of users, groups and services that anybody learns with these scopes: "alice groups". Left out are those with
// a scope of their own that opens no end point by itself: it only means something beside one that does.
std::set<std::string> learned(TestClient& client)
{
    std::set<std::string> known;
    auto const learn = [&](Json const& model) {
        for (auto const& [key, value] : model.items())
            if (key != "servers" && key != "auth_state")
                known.insert(model.at("name").get<std::string>() + " " + key);
    };
    for (std::string const path : {"users", "groups", "services"})
        if (auto const answer = client.get("/hub/api/" + path); answer.status == 200)
            for (auto const& [key, model] : answer.json().items())
                learn(model);
    for (std::string const path : {"users/alice", "users/bob", "users/carol", "groups/g1", "groups/g2",
                                   "services/culler", "services/grader", "services/probe"})
        if (auto const answer = client.get("/hub/api/" + path); answer.status == 200)
            learn(answer.json());
    return known;
}

TEST_F(Decisions, two_scopes_show_no_more_than_each_alone)
{
    complete_world();
    TestClient probe = with_service_token("probe");
    std::vector<std::string> scopes;
    for (std::string const base :
         {"users", "list:users", "read:users:groups", "read:roles:users", "read:servers", "groups", "list:groups",
          "read:groups:name", "read:roles:groups", "read:services:name", "list:services", "read:roles"})
        for (std::string const filter : {"", "!user=alice", "!group=g1", "!service=culler"})
            if (filter.empty() || base.contains("user") || (filter != "!user=alice" && base != "read:servers"))
                scopes.push_back(base + filter);
    std::map<std::string, std::set<std::string>> alone;
    for (auto const& scope : scopes) {
        hold({scope});
        alone[scope] = learned(probe);
    }
    for (auto const& one : scopes)
        for (auto const& other : scopes) {
            if (one >= other)
                continue;
            hold({one, other});
            for (auto const& field : learned(probe))
                EXPECT_TRUE(alone[one].contains(field) || alone[other].contains(field))
                    << one << " and " << other << " show " << field;
        }
}

// Not in the table, because it holds for all of it: nothing that is hidden can be told from what does not exist.
TEST_F(Decisions, what_is_hidden_looks_exactly_like_what_does_not_exist)
{
    complete_world();
    hold({"read:users!user=alice", "read:groups!group=g1", "read:services!service=culler", "servers!user=alice"});
    TestClient probe = with_service_token("probe");
    for (std::string const path : {"/users/", "/groups/", "/services/"}) {
        std::string const hidden = path == "/users/" ? "bob" : path == "/groups/" ? "g2" : "grader";
        auto const one = probe.get("/hub/api" + path + hidden), other = probe.get("/hub/api" + path + "nosuch");
        EXPECT_EQ(one.status, 404);
        EXPECT_EQ(one.status, other.status);
        EXPECT_EQ(one.body, other.body);
    }
}

} // namespace
} // namespace jhub::hub
