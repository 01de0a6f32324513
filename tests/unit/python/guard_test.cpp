// Whose code the interpreter runs: never the working directory's, and as root never what somebody else can change.
#include <filesystem>

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "python/host.hpp"
#include "python/support.hpp"

namespace jhub::python {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr uid_t bob = 61555;

struct Guard : testing::Test {
    Guard()
    {
        home = folder.path() + "/home";
        fs::create_directories(home);
        environment = {{"PATH", "/usr/bin:/bin"}, {"HOME", home}, {"PYTHONDONTWRITEBYTECODE", "1"}};
    }
    // A module that says that it has been run.
    std::string spy(std::string const& name)
    {
        return folder.write(name, "open('" + folder.path() + "/ran', 'a').write('" + name + "\\n')\nvalue = 42\n");
    }
    [[nodiscard]] bool ran() const { return fs::exists(folder.path() + "/ran"); }

    Result<Json> evaluate(std::string const& text, Trust trust = Trust::if_only_root_can_change_it)
    {
        return evaluate_config(folder.write("etc/jupyterhub_config.py", text), environment, {}, trust);
    }
    std::string refusal(std::string const& text = "c.A.b = 1\n")
    {
        auto const answer = evaluate(text);
        if (!answer)
            return answer.error().message;
        return answer->value("refused", "was run: " + answer->dump());
    }
    Json value(std::string const& text)
    {
        auto const answer = evaluate(text);
        EXPECT_TRUE(answer) << (answer ? "" : answer.error().message);
        return answer && answer->contains("sections") ? (*answer)["sections"]["A"]["b"]["value"]
                                                      : Json(answer ? answer->dump() : "");
    }
    void give_to_bob(std::string const& path)
    {
        if (geteuid() != 0)
            GTEST_SKIP() << "makes files of other accounts";
        ASSERT_EQ(lchown(path.c_str(), bob, bob), 0);
    }
    [[nodiscard]] std::string user_site()
    {
        auto const place = value("import site\nc.A.b = site.getusersitepackages()\n").get<std::string>();
        return place.substr(folder.path().size() + 1);
    }

    TemporaryDirectory folder;
    std::string home;
    Environment environment;
};

TEST_F(Guard, modules_of_the_working_directory_are_never_imported)
{
    for (auto const* name : {"json.py", "re.py", "enum.py", "os.py", "site.py", "sitecustomize.py", "types.py"})
        spy(name);
    for (auto const* path : {"", ":", ".", "./", "/usr/lib:"}) {
        environment["PYTHONPATH"] = path;
        EXPECT_EQ(value("import json, re, enum, types\nc.A.b = 1\n"), 1) << path;
        EXPECT_FALSE(ran()) << path;
    }
}

TEST_F(Guard, the_search_path_is_that_of_the_python_hub)
{
    environment["PYTHONPATH"] = folder.path() + "/one:two";
    spy("one/first.py");
    spy("two/second.py");
    spy(user_site() + "/third.py");
    EXPECT_EQ(value("import first, second, third, traitlets, sys\nc.A.b = sys.path[:2]\n"),
              Json({folder.path() + "/one", folder.path() + "/two"}));
    environment["PYTHONNOUSERSITE"] = "1";
    EXPECT_THAT(evaluate("import third\n")->dump(), HasSubstr("No module named 'third'"));
}

TEST_F(Guard, a_folder_of_pythonpath_that_others_can_change_is_refused_with_place_reason_and_command)
{
    spy("one/first.py");
    environment["PYTHONPATH"] = folder.path() + "/one";
    give_to_bob(folder.path() + "/one");
    EXPECT_THAT(refusal("import first\n"), AllOf(HasSubstr(folder.path() + "/one belongs to the account number 61555"),
                                                 HasSubstr("chown -R root:root " + folder.path() + "/one"),
                                                 HasSubstr("--JupyterHub.trust_config_file=True")));
    EXPECT_FALSE(ran());
    EXPECT_TRUE(evaluate("import first\nc.A.b = 1\n", Trust::whoever_can_change_it)->contains("sections"));
    EXPECT_TRUE(ran());
}

TEST_F(Guard, a_folder_that_does_not_exist_is_harmless_unless_others_can_make_it)
{
    environment["PYTHONPATH"] = folder.path() + "/none";
    EXPECT_EQ(value("c.A.b = 1\n"), 1);
    give_to_bob(home);
    environment["PYTHONPATH"] = home + "/none";
    EXPECT_THAT(refusal(), HasSubstr(home + " belongs to the account number 61555"));
    environment["PYTHONPATH"] = "/tmp/jhub-no-such-folder";
    EXPECT_THAT(refusal(), HasSubstr("everybody can write to /tmp"));
    environment["PYTHONPATH"] = "/tmp";
    EXPECT_THAT(refusal(), HasSubstr("everybody can write to /tmp"));
}

TEST_F(Guard, a_user_site_of_somebody_else_is_refused)
{
    spy(user_site() + "/third.py");
    give_to_bob(home);
    EXPECT_THAT(refusal("import third\n"), HasSubstr(home + " belongs to the account number 61555"));
    environment["SUDO_UID"] = "61555";
    EXPECT_EQ(value("import third\nc.A.b = third.value\n"), 42) << "the person who called sudo";
}

TEST_F(Guard, a_pth_file_of_somebody_else_is_not_read_and_what_one_adds_is_looked_at)
{
    auto const pth = folder.write(user_site() + "/x.pth", "import spy\n" + folder.path() + "/added\n");
    spy(user_site() + "/spy.py");
    fs::create_directories(folder.path() + "/added");
    EXPECT_EQ(value("import sys\nc.A.b = sys.path[-1]\n").dump().find("added"), std::string::npos);
    ASSERT_TRUE(ran());
    fs::remove(folder.path() + "/ran");
    give_to_bob(folder.path() + "/added");
    EXPECT_THAT(refusal(), HasSubstr("/added belongs to the account number 61555"));
    fs::remove(folder.path() + "/ran");
    give_to_bob(pth);
    EXPECT_THAT(refusal(), HasSubstr("/x.pth belongs to the account number 61555"));
    EXPECT_FALSE(ran());
}

TEST_F(Guard, one_file_of_somebody_else_inside_a_package_is_not_run)
{
    auto const file = spy("one/package/part.py");
    folder.write("one/package/__init__.py", "");
    environment["PYTHONPATH"] = folder.path() + "/one";
    give_to_bob(file);
    EXPECT_THAT(evaluate("import package.part\n")->dump(), HasSubstr("part.py belongs to the account number 61555"));
    EXPECT_FALSE(ran());
    EXPECT_EQ(value("try:\n    import package.part\nexcept ImportError:\n    c.A.b = 'without'\n"), "without");
}

TEST_F(Guard, compiled_files_of_somebody_else_are_not_used)
{
    environment.erase("PYTHONDONTWRITEBYTECODE");
    environment["PYTHONPATH"] = folder.path() + "/one";
    folder.write("one/module.py", "value = 1\n");
    spy("evil.py");
    auto const compiled = value("import importlib._bootstrap_external as external, os, module\n"
                                "facts = os.stat(module.__file__)\n"
                                "code = compile(open('evil.py').read(), module.__file__, 'exec')\n"
                                "data = external._code_to_timestamp_pyc(code, int(facts.st_mtime), facts.st_size)\n"
                                "open(module.__cached__, 'wb').write(data)\n"
                                "c.A.b = module.__cached__\n");
    EXPECT_EQ(value("import module\nc.A.b = module.value\n"), 42) << "what is planted would be used";
    ASSERT_TRUE(ran());
    fs::remove(folder.path() + "/ran");
    give_to_bob(compiled.get<std::string>());
    EXPECT_EQ(value("import module\nc.A.b = module.value\n"), 1);
    EXPECT_FALSE(ran());
}

TEST_F(Guard, a_module_beside_the_configuration_may_be_roots_in_a_sticky_directory)
{
    spy("etc/own.py");
    auto const planted = spy("etc/planted.py");
    ASSERT_EQ(chmod((folder.path() + "/etc").c_str(), 01777), 0);
    std::string const add = "import sys, os\nsys.path.insert(0, os.path.dirname(__file__))\n";
    EXPECT_EQ(value(add + "import own\nc.A.b = own.value\n"), 42);
    give_to_bob(planted);
    EXPECT_THAT(evaluate(add + "import planted\n")->dump(), HasSubstr("planted.py belongs to"));
}

TEST_F(Guard, nothing_is_compiled_into_a_folder_that_others_can_write_to)
{
    environment.erase("PYTHONDONTWRITEBYTECODE");
    folder.write("etc/own.py", "value = 1\n");
    ASSERT_EQ(chmod((folder.path() + "/etc").c_str(), 01777), 0);
    fs::create_directories(folder.path() + "/victim");
    ASSERT_EQ(symlink("../victim", (folder.path() + "/etc/__pycache__").c_str()), 0);
    give_to_bob(folder.path() + "/etc/__pycache__");
    EXPECT_EQ(value("import sys, os\nsys.path.insert(0, os.path.dirname(__file__))\nimport own\nc.A.b = own.value\n"),
              1);
    EXPECT_TRUE(fs::is_empty(folder.path() + "/victim"));
}

TEST_F(Guard, files_that_the_configuration_loads_are_looked_at)
{
    auto const more = spy("etc/more.py");
    EXPECT_TRUE(evaluate("load_subconfig('etc/more.py')\n")->contains("sections"));
    fs::remove(folder.path() + "/ran");
    give_to_bob(more);
    EXPECT_THAT(refusal("load_subconfig('etc/more.py')\n"), HasSubstr("more.py belongs to the account number 61555"));
    EXPECT_FALSE(ran());
}

struct Interpreter : Guard {
    // A virtual environment as venv makes it.
    std::string venv()
    {
        folder.write("venv/pyvenv.cfg", "home = /usr/bin\ninclude-system-site-packages = false\n");
        fs::create_directories(folder.path() + "/venv/bin");
        auto const site = user_site(); // home/.local/lib/python3.…/site-packages
        fs::create_directories(folder.path() + "/venv/" + site.substr(site.find("lib/")));
        fs::create_symlink("/usr/bin/python3", folder.path() + "/venv/bin/python");
        environment["JUPYTERHUB_PYTHON"] = folder.path() + "/venv/bin/python";
        return folder.path() + "/venv";
    }
};

TEST_F(Interpreter, a_virtual_environment_of_roots_is_used)
{
    auto const place = venv();
    auto const path = value("import sys\nc.A.b = [sys.prefix] + sys.path\n");
    ASSERT_TRUE(path.is_array()) << path;
    EXPECT_EQ(path[0], place);
    EXPECT_THAT(path.back().get<std::string>(), HasSubstr(place + "/lib/python3"));
}

TEST_F(Interpreter, a_virtual_environment_of_somebody_else_is_refused_before_it_runs)
{
    auto const place = venv();
    give_to_bob(place);
    EXPECT_THAT(refusal(), AllOf(HasSubstr("The Python interpreter " + place + "/bin/python is not run"),
                                 HasSubstr(place + " belongs to the account number 61555"),
                                 HasSubstr("chown -R root:root " + place), HasSubstr("JUPYTERHUB_PYTHON")));
    auto const answer = evaluate("c.A.b = 1\n", Trust::whoever_can_change_it);
    EXPECT_TRUE(answer && answer->contains("sections"));
}

TEST_F(Interpreter, its_settings_and_the_library_that_they_name_are_looked_at)
{
    auto const place = venv();
    give_to_bob(place + "/pyvenv.cfg");
    EXPECT_THAT(refusal(), HasSubstr("pyvenv.cfg belongs to the account number 61555"));
    // An interpreter that lies elsewhere, with a library of bob's.
    fs::remove(place + "/pyvenv.cfg");
    folder.write("venv/pyvenv.cfg", "home = " + folder.path() + "/far/bin\n");
    fs::create_directories(folder.path() + "/far/bin");
    for (auto const* name : {"os.py", "encodings/__init__.py"})
        folder.write(std::string("far/lib/python3.11/") + name, "");
    give_to_bob(folder.path() + "/far/lib/python3.11/encodings/__init__.py");
    EXPECT_THAT(refusal(), HasSubstr("encodings/__init__.py belongs to the account number 61555"));
    give_to_bob(folder.path() + "/far/lib");
    EXPECT_THAT(refusal(), HasSubstr("/far/lib belongs to the account number 61555"));
}

} // namespace
} // namespace jhub::python
