// The same statements loaded by us and by Python's traitlets (classes with the same options), compared. Skipped where
// the Python package traitlets is missing.
#include "config/support.hpp"

namespace jhub::config {
namespace {

// Configurations of Spawner > LocalProcessSpawner > SimpleLocalProcessSpawner; "refused" when traitlets raises.
constexpr char const* statements[] = {
    "c.Spawner.args = ['a']",
    "c.Spawner.args = 'a'",
    "c.Spawner.args = ('a', 'b')",
    "c.Spawner.args = 5",
    ("c.Spawner.args.append('a'); c.LocalProcessSpawner.args.append('b'); "
     "c.SimpleLocalProcessSpawner.args.prepend(['c'])"),
    "c.Spawner.args = ['a']; c.LocalProcessSpawner.args.extend(['b', 'c']); c.LocalProcessSpawner.args.insert(0, 'z')",
    "c.Spawner.args.append('a'); c.SimpleLocalProcessSpawner.args = ['only']",
    "c.Spawner.args.insert(-1, 'a'); c.Spawner.args.insert(9, 'b')",
    "c.Spawner.env_keep.append('MORE')",
    "c.Spawner.environment = {'A': '1'}; c.LocalProcessSpawner.environment.update({'B': '2'})",
    "c.Spawner.environment.update({'A': '1'}); c.LocalProcessSpawner.environment.update({'A': '2'})",
    "c.Spawner.environment = []",
    "c.Spawner.start_timeout = '5'",
    "c.Spawner.debug = 1",
    "c.Spawner.debug = 'yes'",
    "c.Spawner.poll_jitter = 1",
    "c.Spawner.poll_jitter = 2",
    "c.Spawner.cpu_limit = None",
    "c.Spawner.default_url = None",
    "c.Spawner.default_url = b'x'",
    "c.Spawner.ssl_alt_names_include_local = False; c.SimpleLocalProcessSpawner.ip = 'x'; c.Spawner.ip = 'y'",
};

constexpr char const* program = R"PY(
import json, sys
try:
    import traitlets as t
    from traitlets.config import Config, Configurable
except ImportError:
    sys.exit(77)
class Spawner(Configurable):
    args = t.List(t.Unicode()).tag(config=True)
    env_keep = t.List(["JUPYTERHUB_SINGLEUSER_APP"]).tag(config=True)
    environment = t.Dict().tag(config=True)
    start_timeout = t.Integer(60).tag(config=True)
    debug = t.Bool().tag(config=True)
    poll_jitter = t.Float(0.1, min=0, max=1).tag(config=True)
    cpu_limit = t.Float(None, allow_none=True).tag(config=True)
    default_url = t.Unicode().tag(config=True)
    ip = t.Unicode("127.0.0.1").tag(config=True)
    ssl_alt_names_include_local = t.Bool(True).tag(config=True)
class LocalProcessSpawner(Spawner):
    env_keep = t.List(ENV_KEEP).tag(config=True)
class SimpleLocalProcessSpawner(LocalProcessSpawner):
    pass
def attempt(statement):
    config = Config()
    exec(statement, {"c": config})
    try:
        spawner = SimpleLocalProcessSpawner(config=config)
    except Exception:
        return "refused"
    return {name: getattr(spawner, name) for name in Spawner.class_own_traits(config=True)}
c.Answer.all = [attempt(s) for s in STATEMENTS]
)PY";

class Traitlets : public Loading {
  protected:
    Json ours(std::string const& statement, Json const& names)
    {
        folder.write("jupyterhub_config.py", "c.JupyterHub.spawner_class = 'simple'\n" + statement + "\n");
        auto const result = load({});
        if (std::holds_alternative<Exit>(result))
            return "refused";
        Json values = Json::object();
        for (auto const& name : names)
            values[name.get<std::string>()] = std::get<Loaded>(result).config.value("Spawner", name.get<std::string>());
        return values;
    }
};

TEST_F(Traitlets, loads_the_same_values)
{
    Json const list(std::vector<std::string>(std::begin(statements), std::end(statements)));
    auto const env_keep = Config().value("LocalProcessSpawner", "env_keep").dump();
    auto const file =
        folder.write("theirs.py", "STATEMENTS = " + list.dump() + "\nENV_KEEP = " + env_keep + "\n" + program);
    auto const answer = python::evaluate_config(file, environment);
    ASSERT_TRUE(answer) << answer.error().message;
    if (answer->value("exit", 0) == 77)
        GTEST_SKIP() << "the Python package traitlets is not installed";
    ASSERT_TRUE(answer->contains("sections")) << answer->dump();
    auto const theirs = (*answer)["sections"]["Answer"]["all"]["value"];
    Json names = Json::array();
    for (auto const& [name, value] : theirs[0].items())
        names.push_back(name);
    for (std::size_t i = 0; i < std::size(statements); ++i)
        EXPECT_EQ(ours(statements[i], names), theirs[i]) << statements[i];
}

} // namespace
} // namespace jhub::config
