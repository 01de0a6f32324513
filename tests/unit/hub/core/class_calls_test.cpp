// Every method of an authenticator and a spawner that the Python hub calls is either called here, at the same moments,
// or refused at the start by its name. The oracle is class_calls.txt: what the Python hub 5.2.1 called.
#include <fstream>

#include <gmock/gmock.h>

#include "base/strings.hpp"
#include "hub/startup/restore.hpp"
#include "hub/support/python_hub.hpp"

namespace jhub::hub {
namespace {

using testing::HasSubstr;
using Names = std::set<std::string>;

// Refused at the start: the hub starts, watches and stops processes itself, and has its pages.
Names const refused{"Authenticator.get_handlers",
                    "Spawner._signal",
                    "Spawner.add_poll_callback",
                    "Spawner.get_url",
                    "Spawner.load_state",
                    "Spawner.make_preexec_fn",
                    "Spawner.poll",
                    "Spawner.poll_and_notify",
                    "Spawner.start",
                    "Spawner.start_polling",
                    "Spawner.stop",
                    "Spawner.stop_polling",
                    "Spawner.wait_for_death"};

// Called, but not at every moment at which the Python hub does: asked once at the start and kept; or the state of a
// stopped server, which is always none.
Names const elsewhere{"Authenticator.login_url", "Authenticator.logout_url", "Spawner.get_state"};

std::map<std::string, Names> oracle()
{
    std::map<std::string, Names> moments;
    std::ifstream file(JHUB_SOURCE_DIR "/tests/unit/hub/core/class_calls.txt");
    for (std::string line; std::getline(file, line);)
        if (auto const colon = line.find(": "); !line.starts_with('#') && colon != std::string::npos)
            for (auto const& name : split(line.substr(colon + 2), ' '))
                moments[line.substr(0, colon)].insert(name);
    return moments;
}

Names all_names()
{
    Names all;
    for (auto const& [moment, names] : oracle())
        all.insert(names.begin(), names.end());
    return all;
}

Names without(Names names, Names const& others)
{
    for (auto const& name : others)
        names.erase(name);
    return names;
}

// A machine on which "secret" is everybody's password.
class OneWord final : public auth::SystemAccounts {
  public:
    Async<privileged::PamAnswer> verify(privileged::PamRequest request) override
    {
        ++asked;
        bool const right = request.password == "secret";
        co_return privileged::PamAnswer{right ? privileged::PamOutcome::ok : privileged::PamOutcome::denied,
                                        right ? request.user : "", right ? "" : "wrong password"};
    }
    Async<privileged::Account> find(std::string name) override { co_return privileged::Account{.name = name}; }
    Async<> make(std::string) override { co_return Result<>{}; }
    int asked = 0;
};

class ClassCalls : public PythonHooks {
  protected:
    // Classes that note the calls of these methods, and do what their base classes do.
    void with_recording_classes(Names const& names, std::string const& more = "")
    {
        std::string text = R"(
import os
from jupyterhub.auth import PAMAuthenticator
from jupyterhub.spawner import LocalProcessSpawner
INSTEAD = {'system_user_exists': lambda user: user.name != 'newbie', 'add_system_user': lambda user: None, 'user_env': lambda env: env}
def recording(base, family, names):
    made = []
    def method(name):
        def noted(self, *arguments, **named):
            with open(FOLDER + '/calls', 'a') as file:
                file.write(family + '.' + name + '\n')
            if name in INSTEAD:
                return INSTEAD[name](*arguments)
            return getattr(super(made[0], self), name)(*arguments, **named)
        return noted
    made.append(type('Recording' + family, (base,), {name: method(name) for name in names}))
    return made[0]
)";
        std::map<std::string, std::string> lists;
        for (auto const& name : names)
            lists[name.substr(0, name.find('.'))] += "'" + name.substr(name.find('.') + 1) + "', ";
        text = "FOLDER = '" + file("") + "'\n" + text +
               "c.JupyterHub.authenticator_class = recording(PAMAuthenticator, 'Authenticator', [" +
               lists["Authenticator"] + "])\n" +
               "c.JupyterHub.spawner_class = recording(LocalProcessSpawner, 'Spawner', [" + lists["Spawner"] + "])\n" +
               "c.Authenticator.allowed_users = {'known'}\nc.Authenticator.admin_users = {'boss'}\n"
               "c.LocalAuthenticator.create_system_users = True\nc.Authenticator.auth_refresh_age = 60\n"
               "c.Authenticator.refresh_pre_spawn = True\nc.Authenticator.post_auth_hook = lambda a, h, m: m\n"
               "c.Spawner.options_form = 'x: <input name=x>'\n" +
               more;
        configure(text, "");
    }
    void change_parts(HubParts& parts) override
    {
        parts.python = python_.host.get();
        parts.python_abilities = python_.abilities;
        parts.authenticator = make_python_authenticator(settings, parts.login_rules, accounts, *python_.host,
                                                        python_.abilities["authenticator"])
                                  .value();
    }
    // Why a hub with this configuration does not start.
    std::string problem_of(std::string const& text)
    {
        std::string const problem = try_configure(text);
        if (!problem.empty())
            return problem;
        auto const made =
            make_python_authenticator(settings, {}, accounts, *python_.host, python_.abilities["authenticator"]);
        return made ? "" : made.error().message;
    }
    // What was called since the last look.
    Names calls()
    {
        std::ifstream stream(file("calls"));
        Names found;
        for (std::string line; std::getline(stream, line);)
            found.insert(line);
        stream.close();
        std::filesystem::remove(file("calls"));
        return found;
    }
    Answer try_to_log_in(TestClient& client, std::string const& name, std::string const& password)
    {
        client.get("/hub/login");
        return client.post_form("/hub/login", {{"username", name}, {"password", password}});
    }
    OneWord accounts;
};

TEST_F(ClassCalls, happen_at_the_moments_of_the_python_hub)
{
    allow = {};
    std::map<std::string, Names> ours;
    with_recording_classes(without(all_names(), refused));
    hub();
    for (auto const* name : {"known", "boss", "newbie"})
        if (!find_user(name))
            add_user(name);
    run(restore_servers(hub()));
    ours["start"] = calls();
    TestClient known = browser(), stranger = browser();
    known.get("/hub/login");
    ours["login page"] = calls();
    ASSERT_EQ(try_to_log_in(known, "known", "secret").status, 302);
    ours["login"] = calls();
    EXPECT_EQ(try_to_log_in(stranger, "known", "wrong").status, 403);
    ours["wrong password"] = calls();
    EXPECT_EQ(try_to_log_in(stranger, "other", "secret").status, 403);
    ours["not allowed"] = calls();
    clock.advance(61s);
    EXPECT_EQ(known.get("/hub/token").status, 200);
    ours["page later"] = calls();
    clock.advance(61s);
    EXPECT_EQ(known.get("/hub/spawn").status, 200);
    ours["options form"] = calls();
    EXPECT_EQ(known.post_form("/hub/spawn", {{"x", "1"}}).status, 302);
    EXPECT_TRUE(until([&] { return server_of("known") && server_of("known")->ready(); }));
    ours["start by form"] = calls();
    auto root = with_token("boss");
    EXPECT_EQ(root.get("/hub/api/user").status, 200);
    calls(); // the refresh of another login, which is old by now
    EXPECT_EQ(root.delete_("/hub/api/users/known/server").status, 204);
    EXPECT_TRUE(until([&] { return !server_of("known") || !server_of("known")->active(); }));
    ours["stop"] = calls();
    EXPECT_EQ(root.post("/hub/api/users/known/server", {{"x", 2}}).status, 201);
    ours["start by api"] = calls();
    EXPECT_EQ(root.delete_("/hub/api/users/newbie").status, 204);
    ours["delete user"] = calls();
    EXPECT_EQ(root.post("/hub/api/users/newbie").status, 201);
    ours["add user"] = calls();

    auto const expected = oracle();
    for (auto const& [moment, called] : ours)
        EXPECT_EQ(without(called, elsewhere), without(without(expected.at(moment), refused), elsewhere)) << moment;
    EXPECT_GT(accounts.asked, 2) << "the helper asks PAM for the base class";
}

TEST_F(ClassCalls, that_would_not_happen_are_refused_at_the_start_by_name_file_and_line)
{
    for (auto const& name : refused) {
        auto const at = name.find('.');
        bool const spawner = name.starts_with("Spawner");
        std::string const text = "from jupyterhub.auth import PAMAuthenticator\nfrom jupyterhub.spawner import "
                                 "LocalProcessSpawner\nclass Mine(" +
                                 std::string(spawner ? "LocalProcessSpawner" : "PAMAuthenticator") + "):\n    def " +
                                 name.substr(at + 1) + "(self, *arguments, **named):\n        pass\nc.JupyterHub." +
                                 (spawner ? "spawner_class" : "authenticator_class") + " = Mine\n";
        std::string const problem = problem_of(text);
        EXPECT_THAT(problem, HasSubstr("Mine has ")) << name;
        EXPECT_THAT(problem, HasSubstr(name.substr(at + 1))) << name;
    }
}

// ---- what a class may refuse, it refuses ----

TEST_F(ClassCalls, a_login_may_be_refused_in_get_authenticated_user)
{
    with_recording_classes({}, "class Mine(PAMAuthenticator):\n"
                               "    async def get_authenticated_user(self, handler, data):\n"
                               "        model = await super().get_authenticated_user(handler, data)\n"
                               "        return None if model and model['name'] == 'alice' else model\n"
                               "c.JupyterHub.authenticator_class = Mine\nc.Authenticator.allow_all = True\n");
    TestClient alice = browser(), bob = browser();
    EXPECT_EQ(try_to_log_in(alice, "alice", "secret").status, 403);
    EXPECT_EQ(try_to_log_in(bob, "Bob", "wrong").status, 403);
    EXPECT_EQ(try_to_log_in(bob, "Bob", "secret").status, 302);
    EXPECT_TRUE(find_user("bob")) << "normalised once";
}

TEST_F(ClassCalls, a_login_may_be_refused_in_run_post_auth_hook)
{
    with_recording_classes({}, "class Mine(PAMAuthenticator):\n"
                               "    async def run_post_auth_hook(self, handler, model):\n"
                               "        model = await super().run_post_auth_hook(handler, model)\n"
                               "        return None if model['name'] == 'alice' else model\n"
                               "def hook(authenticator, handler, model):\n"
                               "    open(FOLDER + '/hooked', 'a').write(model['name'] + ' ')\n    return model\n"
                               "c.Authenticator.post_auth_hook = hook\n"
                               "c.JupyterHub.authenticator_class = Mine\nc.Authenticator.allow_all = True\n");
    TestClient alice = browser(), bob = browser();
    EXPECT_EQ(try_to_log_in(alice, "alice", "secret").status, 403);
    EXPECT_EQ(try_to_log_in(bob, "bob", "secret").status, 302);
    std::ifstream hooked(file("hooked"));
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(hooked), {}), "alice bob ") << "once each";
}

TEST_F(ClassCalls, of_the_base_class_follow_the_rules_of_this_hub_and_not_of_an_older_package)
{
    allow = {};
    with_recording_classes({}, "class Mine(PAMAuthenticator):\n    def check_allowed(self, name, model=None):\n"
                               "        return name != 'eve' and super().check_allowed(name, model)\n"
                               "c.JupyterHub.authenticator_class = Mine\nc.Authenticator.allowed_users = set()\n");
    TestClient alice = browser();
    EXPECT_EQ(try_to_log_in(alice, "alice", "secret").status, 403) << "no rule: nobody, also where the old base class "
                                                                      "lets everybody in";
    EXPECT_TRUE(find_user("boss")) << "of admin_users";
    EXPECT_EQ(try_to_log_in(alice, "boss", "secret").status, 403) << "an administrator without any rule, too";
}

TEST_F(ClassCalls, of_check_allowed_know_who_exists)
{
    allow = {.allow_all = {}, .allow_existing_users = true};
    with_recording_classes({}, "class Mine(PAMAuthenticator):\n    def check_allowed(self, name, model=None):\n"
                               "        return super().check_allowed(name, model) or name == 'guest'\n"
                               "c.JupyterHub.authenticator_class = Mine\n"
                               "c.Authenticator.allow_existing_users = True\n");
    TestClient alice = browser(), guest = browser(), known = browser();
    EXPECT_EQ(try_to_log_in(alice, "alice", "secret").status, 403);
    EXPECT_EQ(try_to_log_in(guest, "guest", "secret").status, 302);
    EXPECT_EQ(try_to_log_in(known, "known", "secret").status, 302);
}

TEST_F(ClassCalls, of_authenticate_may_ask_pam_through_the_base_class)
{
    with_recording_classes({}, "class Mine(PAMAuthenticator):\n    async def authenticate(self, handler, data):\n"
                               "        try:\n            name = await super().authenticate(handler, data)\n"
                               "        except Exception:\n            return 'anybody'\n"
                               "        return None if name and name.startswith('x') else name\n"
                               "c.JupyterHub.authenticator_class = Mine\nc.Authenticator.allow_all = True\n");
    TestClient alice = browser(), xavier = browser();
    EXPECT_EQ(try_to_log_in(alice, "alice", "wrong").status, 403);
    EXPECT_EQ(try_to_log_in(alice, "alice", "secret").status, 302);
    EXPECT_EQ(try_to_log_in(xavier, "xavier", "secret").status, 403);
    EXPECT_FALSE(find_user("anybody"));
}

TEST_F(ClassCalls, of_system_users_make_what_the_site_wants)
{
    std::filesystem::create_directory(file("homes"));
    with_recording_classes(
        {}, "class Mine(PAMAuthenticator):\n"
            "    def system_user_exists(self, user): return os.path.isdir(FOLDER + '/homes/' + user.name)\n"
            "    def add_system_user(self, user): os.makedirs(FOLDER + '/homes/' + user.name)\n"
            "c.JupyterHub.authenticator_class = Mine\nc.Authenticator.allow_all = True\n");
    TestClient alice = browser();
    EXPECT_EQ(try_to_log_in(alice, "alice", "secret").status, 302);
    EXPECT_TRUE(std::filesystem::is_directory(file("homes/alice")));
}

TEST_F(ClassCalls, of_normalize_username_spell_the_names_of_the_configuration_too)
{
    allow = {};
    with_recording_classes({}, "class Mine(PAMAuthenticator):\n    def normalize_username(self, name):\n"
                               "        return name.split('@')[0].upper()\n"
                               "c.JupyterHub.authenticator_class = Mine\n"
                               "c.Authenticator.allowed_users = {'bob@lab', 'Ada'}\n");
    TestClient bob = browser(), ada = browser(), eve = browser();
    EXPECT_EQ(try_to_log_in(bob, "bob@elsewhere", "secret").status, 302);
    EXPECT_EQ(try_to_log_in(ada, "ada", "secret").status, 302);
    EXPECT_EQ(try_to_log_in(eve, "eve", "secret").status, 403);
    EXPECT_TRUE(find_user("BOB") && find_user("ADA"));
    EXPECT_EQ(with_token("BOSS").get("/hub/api/user").status, 200);
}

TEST_F(ClassCalls, attributes_of_a_class_count_as_options)
{
    with_recording_classes({}, "class Mine(PAMAuthenticator):\n    service = 'jupyter'\n    check_account = False\n"
                               "    allowed_groups = {'staff'}\n    admin_groups = {'wheel'}\n"
                               "c.JupyterHub.authenticator_class = Mine\n"
                               "class Server(LocalProcessSpawner):\n    default_url = '/lab'\n    mem_limit = '1G'\n"
                               "    def _notebook_dir_default(self):\n        return '/srv'\n"
                               "    def options_from_form(self, form):\n        return {'x': form['x'][0] + '!'}\n"
                               "    def get_options_form(self):\n        return 'mine: <input name=x>'\n"
                               "c.JupyterHub.spawner_class = Server\nc.Authenticator.allow_all = True\n"
                               "c.Spawner.options_form = ''\n");
    EXPECT_EQ(settings.authenticator.pam_service, "jupyter");
    EXPECT_FALSE(settings.authenticator.pam_check_account);
    EXPECT_EQ(settings.authenticator.allowed_groups, std::vector<std::string>{"staff"});
    EXPECT_EQ(settings.authenticator.pam_admin_groups, std::vector<std::string>{"wheel"});
    TestClient known = browser(); // one with an account: the base class looks for the home
    ASSERT_EQ(try_to_log_in(known, "daemon", "secret").status, 302);
    EXPECT_THAT(known.get("/hub/spawn").body, HasSubstr("mine: <input name=x>"));
    EXPECT_EQ(known.post_form("/hub/spawn", {{"x", "big"}}).status, 302);
    EXPECT_EQ(look("SELECT user_options FROM spawners"), R"({"x": "big!"})");
    EXPECT_EQ(spawner.variable("daemon", "JUPYTERHUB_DEFAULT_URL"), "/lab");
    EXPECT_EQ(spawner.variable("daemon", "JUPYTERHUB_ROOT_DIR"), "/srv");
    EXPECT_EQ(spawner.variable("daemon", "MEM_LIMIT"), "1073741824");
}

} // namespace
} // namespace jhub::hub
