// Evaluation of configuration files by the real interpreter: values, places, exits, errors, deadlines.
#include "python/host.hpp"
#include "python/support.hpp"

#include <gmock/gmock.h>

namespace jhub::python {
namespace {

using testing::HasSubstr;

Environment usual() { return {{"PATH", "/usr/local/bin:/usr/bin:/bin"}, {"HOME", "/tmp"}}; }

struct EvaluateConfig : testing::Test {
    Result<Json> evaluate(std::string const& text, Limits limits = {})
    {
        return evaluate_config(folder.write("jupyterhub_config.py", text), usual(), limits);
    }
    Json sections(std::string const& text)
    {
        auto const answer = evaluate(text);
        EXPECT_TRUE(answer) << (answer ? "" : answer.error().message);
        EXPECT_TRUE(answer && answer->contains("sections")) << (answer ? answer->dump() : "");
        return answer ? answer->value("sections", Json::object()) : Json::object();
    }
    Json value(std::string const& expression)
    {
        return sections("import pathlib\nc.A.b = " + expression + "\n")["A"]["b"]["value"];
    }
    static bool has_package(std::string const& name)
    {
        return std::system(("/usr/bin/python3 -c 'import " + name + "' 2>/dev/null").c_str()) == 0; // NOLINT
    }
    TemporaryDirectory folder;
};

TEST_F(EvaluateConfig, plain_values_cross_as_json)
{
    EXPECT_EQ(value("{'s': 'ü', 'i': 3, 'f': 1.5, 't': True, 'n': None, 'l': [1, [2]]}"),
              Json::parse(R"({"s": "ü", "i": 3, "f": 1.5, "t": true, "n": null, "l": [1, [2]]})"));
}

TEST_F(EvaluateConfig, what_json_lacks_crosses_with_a_tag)
{
    struct Case {
        char const* python;
        char const* json;
    };
    for (auto const& [python, json] : {
             Case{"{'b', 'a'}", R"({"$set": ["a", "b"]})"},
             Case{"set()", R"({"$set": []})"},
             Case{"(1, 'x')", R"({"$tuple": [1, "x"]})"},
             Case{"b'\\xff\\x00'", R"({"$bytes": "ff00"})"},
             Case{"pathlib.Path('/srv')", R"({"$path": "/srv"})"},
             Case{"{1: 2}", R"({"$dict": [[1, 2]]})"},
             Case{"{'$set': 2}", R"({"$dict": [["$set", 2]]})"},
             Case{"float('inf')", R"({"$number": "inf"})"},
             Case{"2**70", R"({"$number": "1180591620717411303424"})"},
             Case{"len", R"({"$live": {"name": "len", "kind": "function", "at": "A.b"}})"},
             Case{"pathlib.Path", R"({"$live": {"name": "pathlib.Path", "kind": "class", "at": "A.b",
                      "bases": ["Path", "PurePath", "object"]}})"},
             Case{"object()", R"({"$live": {"name": "object", "kind": "object", "at": "A.b"}})"},
         })
        EXPECT_EQ(value(python), Json::parse(json)) << python;
}

TEST_F(EvaluateConfig, a_function_inside_a_dictionary_is_marked)
{
    EXPECT_EQ(value("{'PLAIN': 'v', 'CALLED': lambda spawner: 1}")["CALLED"]["$live"]["kind"], "function");
}

TEST_F(EvaluateConfig, each_assignment_is_remembered_with_file_and_line)
{
    folder.write("more.py", "\nc.A.c = 2\n");
    auto const found = sections("c.A.b = 1\nload_subconfig('more.py')\nc.A.d.append(1)\nc.A.e, c.A.b = 1, 3\n"
                                "c.A.update({\n  'f': 1})\n")["A"];
    auto const place = [&](char const* name) {
        return found[name]["file"].get<std::string>().substr(folder.path().size() + 1) + ":" +
               std::to_string(found[name]["line"].get<int>());
    };
    EXPECT_EQ(place("b"), "jupyterhub_config.py:4");
    EXPECT_EQ(place("c"), "more.py:2");
    EXPECT_EQ(place("d"), "jupyterhub_config.py:3");
    EXPECT_EQ(place("e"), "jupyterhub_config.py:4");
    EXPECT_EQ(place("f"), "jupyterhub_config.py:5");
}

TEST_F(EvaluateConfig, the_place_is_in_the_file_even_when_a_helper_assigns)
{
    folder.write("helper.py", "def put(section, name, value):\n    section[name] = value\n");
    auto const found = sections("import sys\nsys.path.insert(0, '.')\nfrom helper import put\nput(c.A, 'b', 1)\n");
    EXPECT_EQ(found["A"]["b"]["line"], 4);
}

TEST_F(EvaluateConfig, subconfigs_are_looked_up_in_the_working_directory_and_may_be_missing)
{
    folder.write("etc/own.py", "c.A.own = 1\n");
    folder.write("more.py", "c = get_config()\nc.A.more = 1\nc.A.both = 'sub'\n");
    auto const found = sections("c.A.both = 'main'\nload_subconfig('more.py')\nload_subconfig('own.py', path='etc')\n"
                                "load_subconfig('none.py')\n")["A"];
    EXPECT_EQ(found["both"]["value"], "sub");
    EXPECT_TRUE(found.contains("more") && found.contains("own"));
}

TEST_F(EvaluateConfig, get_config_may_be_shadowed)
{
    EXPECT_EQ(
        sections("c = get_config()\ndef get_config(x):\n    return x + 1\nc.A.b = get_config(1)\n")["A"]["b"]["value"],
        2);
}

TEST_F(EvaluateConfig, every_way_to_ask_for_the_configuration_gives_the_same_object)
{
    if (!has_package("jupyterhub"))
        GTEST_SKIP() << "the Python package jupyterhub is not installed";
    folder.write("helper.py", "from traitlets.config import get_config\nc = get_config()\nc.A.b = 1\n");
    for (char const* statement : {
             "from traitlets.config import get_config\nc = get_config()\nc.A.b = 1",
             "import traitlets.config\ntraitlets.config.get_config().A.b = 1",
             "from traitlets.config.application import get_config as theirs\ntheirs().A.b = 1",
             "from traitlets.config import Application\nApplication.instance().config.A.b = 1",
             "from traitlets.config import Application, Config\n"
             "Application.instance().update_config(Config({'A': {'b': 1}}))",
             "from traitlets.config import Application, Config\nApplication.instance().config = Config({'A': {'b': "
             "1}})",
             "from jupyterhub.app import JupyterHub\nassert JupyterHub.initialized()\n"
             "JupyterHub.instance().config.A.b = 1",
             "from traitlets.config import get_config as theirs\nassert theirs() is get_config() is c\nc.A.b = 1",
             "import sys\nsys.path.insert(0, '.')\nimport helper",
             "load_subconfig('helper.py')",
         })
        EXPECT_EQ(sections(statement)["A"]["b"]["value"], 1) << statement;
}

TEST_F(EvaluateConfig, other_applications_are_left_alone)
{
    if (!has_package("traitlets"))
        GTEST_SKIP() << "the Python package traitlets is not installed";
    EXPECT_EQ(sections("from traitlets.config import Application\nclass Mine(Application): pass\n"
                       "assert not Mine.initialized()\nmine = Mine.instance()\n"
                       "assert type(mine) is Mine and Mine.instance() is mine and mine.config is not c\n"
                       "c.A.b = len(mine.config)")["A"]["b"]["value"],
              0);
}

TEST_F(EvaluateConfig, the_injected_names_work_without_traitlets_and_its_absence_is_told)
{
    std::string const without = "import sys\nsys.modules['traitlets'] = None\n";
    EXPECT_EQ(sections(without + "get_config().A.b = 1\nassert get_config() is c")["A"]["b"]["value"], 1);
    testing::internal::CaptureStderr();
    auto const answer = evaluate(without + "from traitlets.config import get_config");
    EXPECT_EQ((*answer)["where"], folder.path() + "/jupyterhub_config.py:3");
    testing::internal::GetCapturedStderr();
}

TEST_F(EvaluateConfig, dunder_file_is_absolute_and_its_folder_is_no_import_path)
{
    EXPECT_EQ(value("__file__"), folder.path() + "/jupyterhub_config.py");
    auto const path = sections("import sys\nc.A.b = sys.path\n")["A"]["b"]["value"];
    for (auto const& entry : path) {
        EXPECT_NE(entry, "");
        EXPECT_NE(entry, folder.path());
    }
}

TEST_F(EvaluateConfig, the_environment_is_the_given_one)
{
    EXPECT_EQ(sections("import os\nc.A.b = os.environ['HOME']\n")["A"]["b"]["value"], "/tmp");
}

TEST_F(EvaluateConfig, print_goes_to_standard_output)
{
    testing::internal::CaptureStdout();
    sections("print('hello from the file')\n");
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "hello from the file\n");
}

TEST_F(EvaluateConfig, sys_exit_is_reported_with_its_code)
{
    EXPECT_EQ((*evaluate("import sys\nsys.exit(3)\n"))["exit"], 3);
    EXPECT_EQ((*evaluate("import sys\nsys.exit()\n"))["exit"], 0);
    testing::internal::CaptureStderr();
    EXPECT_EQ((*evaluate("import sys\nsys.exit('no section called x')\n"))["exit"], 1);
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "no section called x\n");
}

TEST_F(EvaluateConfig, an_exception_prints_the_traceback_of_the_file_alone)
{
    testing::internal::CaptureStderr();
    auto const answer = evaluate("def grow():\n    raise RuntimeError('flowers are missing')\ngrow()\n");
    auto const printed = testing::internal::GetCapturedStderr();
    EXPECT_EQ((*answer)["error"], "RuntimeError: flowers are missing");
    EXPECT_THAT(printed, testing::HasSubstr("jupyterhub_config.py\", line 3"));
    EXPECT_THAT(printed, testing::HasSubstr("raise RuntimeError('flowers are missing')"));
    EXPECT_THAT(printed, testing::Not(testing::HasSubstr("<jupyterhub")));
}

TEST_F(EvaluateConfig, a_syntax_error_names_file_and_line)
{
    testing::internal::CaptureStderr();
    auto const answer = evaluate("c.A.b = 1\nc.A.b = = 2\n");
    EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr("jupyterhub_config.py\", line 2"));
    EXPECT_THAT((*answer)["error"].get<std::string>(), testing::HasSubstr("SyntaxError"));
    EXPECT_THAT((*answer)["where"].get<std::string>(), testing::EndsWith("/jupyterhub_config.py:2"));
    testing::internal::CaptureStderr();
    auto const deep = evaluate("import json\ndef f():\n    json.loads('?')\nf()\n");
    testing::internal::GetCapturedStderr();
    EXPECT_THAT((*deep)["where"].get<std::string>(), testing::EndsWith("/jupyterhub_config.py:3"))
        << "the last line of the file's own, not the library's";
}

TEST_F(EvaluateConfig, a_file_that_never_ends_is_killed_at_the_deadline)
{
    auto const answer = evaluate("while True:\n    pass\n", {.evaluation = std::chrono::milliseconds(300)});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::timeout);
    EXPECT_THAT(answer.error().message, testing::HasSubstr("jupyterhub_config.py did not finish within"));
}

TEST_F(EvaluateConfig, an_interpreter_that_dies_is_told_from_an_exception)
{
    auto const answer = evaluate("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::failed);
    EXPECT_THAT(answer.error().message, testing::HasSubstr("signal 11"));
}

TEST_F(EvaluateConfig, an_endless_answer_is_refused)
{
    auto const answer = evaluate("c.A.b = 'x' * 300000\n", {.answer_bytes = 100000});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::too_large);
}

TEST_F(EvaluateConfig, a_thread_or_child_left_behind_does_not_hold_up_the_answer)
{
    EXPECT_EQ(sections("import threading, time, subprocess\nthreading.Thread(target=lambda: time.sleep(30)).start()\n"
                       "p = subprocess.Popen(['sleep', '2'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
                       "c.A.b = 1\n")["A"]["b"]["value"],
              1);
}

// ---- whether what lives on may run as root beside a hub that is not ----

struct NotAsRoot : EvaluateConfig {
    std::string reason(std::string const& text)
    {
        auto const answer = evaluate(text);
        return answer && answer->contains("not_as_root") ? (*answer)["not_as_root"].get<std::string>() : "not asked";
    }
};

TEST_F(NotAsRoot, functions_and_classes_without_pages_and_database_may)
{
    EXPECT_EQ(reason("import os, subprocess, functools\ndb = 'a name of its own'\n"
                     "def helper(name): return db + name\n"
                     "def hook(spawner):\n    os.makedirs(helper(spawner.user.name)); subprocess.run(['true'])\n"
                     "c.A.b = {'x': [functools.partial(hook, 1)]}\nc.JupyterHub.db_url = 'sqlite://'\n"),
              "");
    EXPECT_EQ(reason("class C:\n    def authenticate(self, handler, data): return data['username']\nc.A.b = C\n"), "");
    EXPECT_EQ(reason("c.A.b = 1\n"), "not asked") << "nothing lives on";
}

TEST_F(NotAsRoot, whatever_way_the_database_is_reached_it_is_found)
{
    for (auto const* text : {
             "def f(s): return s.db.query()\nc.A.b = f\n",
             "c.A.b = lambda s: s.db\n",
             "async def f(s):\n    def inner(): s.user.db = 1\nc.A.b = f\n",
             "def deep(s): return s.db\ndef f(s): return deep(s)\nc.A.b = {'k': [f]}\n",
             "def f(s): return getattr(s, 'db')\nc.A.b = f\n",
             "class C:\n    @property\n    def x(self): return self.db\nc.A.b = C\n",
             "class B:\n    @classmethod\n    def x(cls): return cls.db\nclass C(B): pass\nc.A.b = C\n",
             "class C:\n    def __call__(self, s): return s.db\nc.A.b = C()\n",
             "class C:\n    def m(self, s): return s.db\nc.A.b = C().m\n",
             "import functools\ndef f(x, s): return s.db\nc.A.b = functools.partial(f, 1)\n",
             "import functools\n@functools.lru_cache\ndef f(s): return s.db\nc.A.b = f\n",
             "import contextlib\n@contextlib.contextmanager\ndef g(s): yield s.db\ndef f(s):\n    with g(s): "
             "pass\nc.A.b = f\n",
             "def make():\n    def inner(s): return s.db\n    return lambda s: inner(s)\nc.A.b = make()\n",
             "def f(s, look=lambda s: s.db): return look(s)\nc.A.b = f\n",
             "exec('def f(s): return s.db')\nc.A.b = f\n",
         })
        EXPECT_THAT(reason(text), HasSubstr("c.A.b")) << text;
}

TEST_F(NotAsRoot, modules_of_the_site_are_looked_into)
{
    folder.write("lib/sitelib.py", "def query(s): return s.db\ndef plain(s): return 1\n");
    std::string const first = "import sys; sys.path.insert(0, '" + folder.path() + "/lib')\nimport sitelib\n";
    EXPECT_THAT(reason(first + "c.A.b = sitelib.query\n"), HasSubstr("sitelib.py:1"));
    EXPECT_THAT(reason(first + "c.A.b = lambda s: sitelib.query(s)\n"), HasSubstr("sitelib.py:1"));
    EXPECT_EQ(reason(first + "c.A.b = lambda s: sitelib.plain(s)\n"), "");
}

TEST_F(NotAsRoot, pages_keep_it_from_being_root)
{
    EXPECT_THAT(reason("class C:\n    def get_handlers(self, app): return []\nc.A.b = C\n"), HasSubstr("get_handlers"));
    EXPECT_THAT(reason("c.A.b = lambda s: 1\nc.JupyterHub.extra_handlers = [('/x', object)]\n"),
                HasSubstr("extra_handlers"));
}

TEST(FindInterpreter, takes_the_variable_first_and_never_falls_back_from_it)
{
    auto environment = usual();
    EXPECT_EQ(find_interpreter(environment).value(), "/usr/bin/python3");
    environment["JUPYTERHUB_PYTHON"] = "/bin/sh";
    EXPECT_EQ(find_interpreter(environment).value(), "/bin/sh");
    environment["JUPYTERHUB_PYTHON"] = "/nowhere/python";
    EXPECT_EQ(find_interpreter(environment).error().code, Errc::not_found);
}

TEST(FindInterpreter, the_first_python_of_the_path_evaluates_as_well)
{
    TemporaryDirectory const folder;
    auto const file = folder.write("jupyterhub_config.py", "c.A.b = {'x'}\n");
    Environment const environment{{"PATH", getenv("PATH")}, {"HOME", "/tmp"}, {"JUPYTERHUB_PYTHON", "python3"}};
    auto const answer = evaluate_config(file, environment);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ((*answer)["sections"]["A"]["b"]["value"], Json::parse(R"({"$set": ["x"]})"));
}

} // namespace
} // namespace jhub::python
