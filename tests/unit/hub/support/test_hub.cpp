#include "hub/support/test_hub.hpp"

#include "auth/simple_authenticators.hpp"
#include "auth/token_hash.hpp"
#include "base/log.hpp"
#include "hub/api/tables.hpp"
#include "hub/core/accounts.hpp"
#include "hub/oauth/tables.hpp"
#include "hub/pages/renderer.hpp"
#include "hub/pages/tables.hpp"
#include "store/groups.hpp"
#include "store/look.hpp"
#include "store/roles.hpp"
#include "store/services.hpp"
#include "store/tokens.hpp"
#include "store/users.hpp"

namespace jhub::hub {
namespace {

// Memory when there is some to write on: a test waits for every commit.
std::filesystem::path make_folder()
{
    std::filesystem::path const memory = "/dev/shm";
    auto const base = std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
    std::string pattern = (base / "jhub-hub-XXXXXX").string();
    return ::mkdtemp(pattern.data());
}

config::Settings test_settings(std::filesystem::path const& folder)
{
    auto settings = config::default_settings();
    settings.hub.db_url = "sqlite:///" + (folder / "jupyterhub.sqlite").string();
    settings.hub.cookie_secret = std::string(32, 's');
    settings.hub.tornado_settings.slow_spawn_timeout = 5s;
    settings.hub.tornado_settings.slow_stop_timeout = 5s;
    settings.authenticator.class_name = "DummyAuthenticator";
    settings.spawner.http_timeout = 10s;
    return settings;
}

} // namespace

TestHub::TestHub()
    : clock(std::chrono::floor<std::chrono::seconds>(system_clock().now())), folder_(make_folder()),
      loop_(std::make_unique<Loop>())
{
    log::configure({.program = "test", .level = log::Level::critical, .extra_file = {}});
    settings = test_settings(folder_);
    server.listen(loop_->get_executor());
    proxy.listen(loop_->get_executor());
    spawner.ready_port = server.port();
}

TestHub::~TestHub()
{
    kill_hub();
    server.close();
    proxy.close();
    loop_->abandon();
    std::filesystem::remove_all(folder_);
}

std::vector<RouteTable> TestHub::tables() const
{
    std::vector<RouteTable> all = api::tables();
    for (auto const& more : {oauth::tables(), pages::tables()})
        all.insert(all.end(), more.begin(), more.end());
    return all;
}

Hub& TestHub::hub()
{
    if (!hub_)
        if (auto const started = start(); !started)
            throw std::runtime_error("the hub does not start: " + started.error().message);
    return *hub_;
}

std::string TestHub::start_problem()
{
    auto const started = start();
    return started ? "" : started.error().message;
}

Result<> TestHub::start()
{
    ServeInput const input{settings, allow, {}};
    TRY(auto opened, open_everything(loop_->get_executor(), input));
    opened_ = std::make_unique<Opened>(std::move(opened));
    HubParts parts;
    parts.settings = settings;
    parts.cookie_secret = opened_->cookie_secret;
    parts.anonymous_id = opened_->anonymous_id;
    parts.login_rules = opened_->rules;
    parts.scopes = opened_->scopes;
    parts.authenticator = std::make_unique<auth::DummyAuthenticator>(settings.authenticator.dummy_password);
    parts.store = opened_->store.get();
    parts.make_spawner = spawner.factory();
    parts.clock = &clock;
    parts.proxy_api_url = proxy.url();
    parts.proxy_auth_token = "proxy-token";
    change_parts(parts);
    hub_ = std::make_unique<Hub>(loop_->get_executor(), std::move(parts));
    TRY(renderer_, pages::Renderer::create(*hub_));
    router_ = std::make_unique<Router>(tables());
    dispatcher_ = std::make_unique<Dispatcher>(*hub_, *renderer_, *router_);
    return {};
}

// The store goes first (its threads post to the loop), then the coroutines, then what they refer to.
void TestHub::kill_hub()
{
    if (opened_)
        opened_->store.reset();
    server.close();
    proxy.close();
    loop_->abandon();
    dispatcher_.reset();
    router_.reset();
    renderer_.reset();
    hub_.reset();
    opened_.reset();
    loop_ = std::make_unique<Loop>();
    server.listen(loop_->get_executor());
    proxy.listen(loop_->get_executor());
}

TestClient TestHub::login(std::string const& name)
{
    TestClient client(*this);
    EXPECT_EQ(client.get("/hub/login").status, 200);
    auto const answer = client.post_form("/hub/login", {{"username", name}, {"password", "secret"}});
    EXPECT_EQ(answer.status, 302) << answer.body;
    return client;
}

namespace {

model::ApiToken token_row(std::string const& token, std::vector<std::string> scopes, Timestamp now)
{
    model::ApiToken row;
    row.hashed = auth::hash_token(token, auth::generated_rounds);
    row.prefix = auth::token_prefix(token);
    row.client_id = "jupyterhub";
    row.created = now;
    row.note = "of the test";
    row.scopes = std::move(scopes);
    return row;
}

} // namespace

std::string TestHub::make_token(std::string const& user, std::vector<std::string> scopes,
                                std::optional<Timestamp> expires_at)
{
    std::string const token = auth::new_token();
    auto row = token_row(token, std::move(scopes), clock.now());
    row.expires_at = expires_at;
    write([&](store::Transaction& transaction) {
        row.user_id = find_or_create_user(transaction, user, clock.now()).id;
        return store::insert_token(transaction, row);
    });
    return token;
}

TestClient TestHub::with_token(std::string const& user, std::vector<std::string> scopes)
{
    TestClient client(*this);
    client.token = make_token(user, std::move(scopes));
    return client;
}

TestClient TestHub::with_service_token(std::string const& service, std::vector<std::string> scopes)
{
    TestClient client(*this);
    client.token = auth::new_token();
    auto row = token_row(client.token, std::move(scopes), clock.now());
    write([&](store::Transaction& transaction) {
        auto known = store::find_service(transaction, service);
        if (!known) {
            known.emplace();
            known->name = service;
            known->id = store::upsert_service(transaction, *known);
        }
        row.service_id = known->id;
        return store::insert_token(transaction, row);
    });
    return client;
}

model::User TestHub::add_user(std::string const& name, bool admin)
{
    return write([&](store::Transaction& transaction) { return create_user(transaction, name, admin, clock.now()); });
}

void TestHub::add_group(std::string const& name, std::vector<std::string> const& members)
{
    write([&](store::Transaction& transaction) {
        model::Group group;
        group.name = name;
        auto const id = store::insert_group(transaction, group);
        for (auto const& member : members)
            store::add_group_member(transaction, id, find_or_create_user(transaction, member, clock.now()).id);
        return true;
    });
}

void TestHub::grant(std::string const& user, std::string const& role, std::vector<std::string> scopes)
{
    write([&](store::Transaction& transaction) {
        model::Role row;
        row.name = role;
        row.scopes = std::move(scopes);
        auto const id = store::upsert_role(transaction, row);
        store::grant_role(transaction, model::HolderKind::user, store::find_user(transaction, user)->id, id);
        return true;
    });
}

std::optional<model::User> TestHub::find_user(std::string const& name)
{
    auto const find = [&](store::Transaction& transaction) { return store::find_user(transaction, name); };
    return read(find);
}

std::shared_ptr<LiveServer> TestHub::server_of(std::string const& user, std::string const& name)
{
    return hub().servers.find_by_name(user, name);
}

std::shared_ptr<LiveServer> TestHub::start_server(std::string const& user, std::string const& name)
{
    auto const row = find_user(user);
    auto const started =
        hub().launcher.start({.user = row ? *row : add_user(user), .server_name = name, .user_options = {}});
    if (!started)
        throw std::runtime_error(started.error().message);
    EXPECT_TRUE(until([&] { return (*started)->settled->is_set(); }, 10s)) << "the start was not decided";
    return *started;
}

std::string TestHub::look(std::string const& sql)
{
    hub();
    return store::look(file("jupyterhub.sqlite"), sql);
}

} // namespace jhub::hub
