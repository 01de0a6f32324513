// A hub under test whose configuration file has functions or classes in it: a real interpreter runs them.
#pragma once

#include <array>
#include <fstream>

#include "auth/system_accounts.hpp"
#include "config/load.hpp"
#include "hub/startup/parts.hpp"
#include "hub/startup/python_account.hpp"
#include "hub/startup/start_python.hpp"
#include "hub/support/test_hub.hpp"
#include "python/host.hpp"

namespace jhub::hub {

// The classes here ask no system.
class NoAccounts final : public auth::SystemAccounts {
  public:
    Async<privileged::PamAnswer> verify(privileged::PamRequest) override { co_return fail(Errc::failed, "not asked"); }
    Async<privileged::Account> find(std::string) override { co_return fail(Errc::not_found, "not asked"); }
    Async<> make(std::string) override { co_return fail(Errc::failed, "not asked"); }
};

class PythonHooks : public TestHub {
  protected:
    // The rest of the configuration as the file has it; to be called before the hub starts.
    void configure(std::string const& text, std::string const& first = "c.JupyterHub.authenticator_class = 'dummy'\n")
    {
        ASSERT_EQ(try_configure(text, first), "");
        ASSERT_TRUE(python_.host);
    }
    // What is wrong with it; "" when it can be used.
    std::string try_configure(std::string const& text, std::string const& first = "")
    {
        file_ = file("config.py");
        std::ofstream(file_) << first << text;
        std::shared_ptr<python::Child> interpreter;
        auto const read = [&](std::string const& name, config::Environment const& environment,
                              Trust trust) -> Result<Json> {
            TRY(auto evaluation, python::evaluate(name, environment, {}, trust));
            if (evaluation.interpreter)
                interpreter = std::make_shared<python::Child>(*std::move(evaluation.interpreter));
            return std::move(evaluation.answer);
        };
        config::Environment const environment{{"PATH", "/usr/bin:/bin"}, {"HOME", "/tmp"}};
        std::array<char const*, 3> const words{"jupyterhub", "-f", file_.c_str()};
        auto loaded = config::load(words.size(), words.data(), environment, read);
        if (auto const* exit = std::get_if<config::Exit>(&loaded))
            return exit->err;
        std::vector<std::string> warnings;
        auto made = config::make_settings(std::get<config::Loaded>(loaded).config, environment, warnings);
        if (!made)
            return made.error().message;
        made->hub.db_url = settings.hub.db_url;
        made->hub.cookie_secret = settings.hub.cookie_secret;
        made->hub.tornado_settings.slow_spawn_timeout = 20s;
        made->hub.tornado_settings.slow_stop_timeout = 20s;
        settings = *std::move(made);
        ServeInput input{settings, allow, environment, interpreter, file_};
        if (auto const settled = settle_python(input, this_account()); !settled)
            return settled.error().message;
        python_ = start_python(loop().get_executor(), input);
        settings = std::move(input.settings);
        allow = input.allow;
        return "";
    }
    void change_parts(HubParts& parts) override
    {
        parts.python = python_.host.get();
        parts.python_abilities = python_.abilities;
        if (settings.python.authenticator)
            parts.authenticator = make_python_authenticator(settings, parts.login_rules, accounts_, *python_.host,
                                                            python_.abilities["authenticator"])
                                      .value();
    }
    void TearDown() override
    {
        python_.host.reset(); // while its loop is there
        kill_hub();
    }

    TestClient admin()
    {
        if (!find_user("root"))
            add_user("root", true);
        return with_token("root");
    }
    Answer start_as_admin(std::string const& user, Json const& options = Json())
    {
        if (!find_user(user))
            add_user(user);
        return admin().post("/hub/api/users/" + user + "/server", options);
    }

    StartedPython python_;
    std::string file_;
    NoAccounts accounts_;
};

// Classes of the package jupyterhub's kind; what they are asked is in reference auth-flow.md §9, plugins.md A1.
class PythonClasses : public PythonHooks {
  protected:
    // The body of an authenticator class, in which says(name) is what the test has written under that name.
    void with_authenticator(std::string const& body, std::string const& rest = "")
    {
        configure("class Mine(Authenticator):\n    allow_all = True\n    async def authenticate(self, handler, data):\n"
                  "        return eval(says('login') or 'data[\"username\"]', {'data': data})\n" +
                      body + "\nc.JupyterHub.authenticator_class = Mine\n" + rest,
                  "import os\nfrom jupyterhub.auth import Authenticator\ndef says(name):\n"
                  "    path = os.path.join('" +
                      file("") +
                      "', name)\n    return open(path).read() if os.path.exists(path) else ''\n"
                      "def note(name, text):\n    open(os.path.join('" +
                      file("") + "', name), 'a').write(text + ' ')\n");
    }
    void say(std::string const& name, std::string const& text) { std::ofstream(file(name)) << text; }
    std::string noted(std::string const& name)
    {
        std::ifstream stream(file(name));
        return {std::istreambuf_iterator<char>(stream), {}};
    }
};

} // namespace jhub::hub
