// What the comparison with Jinja2 cannot show: objects of the hub, limits, files, messages.
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "base/time_text.hpp"
#include "jinja/environment.hpp"
#include "jinja/time_value.hpp"

namespace jhub::jinja::test {
namespace {

namespace fs = std::filesystem;

Result<std::string> render(std::string_view source, Dict const& context = {})
{
    Environment environment(Loader{}, Options{});
    return environment.render_text("page", source, context);
}

std::string message_of(std::string_view source, Dict const& context = {})
{
    auto const result = render(source, context);
    return result ? "rendered " + *result : result.error().message;
}

class User final : public Object {
  public:
    [[nodiscard]] Value attribute(std::string_view name) const override
    {
        if (name == "name")
            return "ada";
        if (name == "server_url")
            return Value::function([](Arguments const& arguments) -> Result<Value> {
                Value const* server = arguments.get(0, "server_name");
                return Value("/user/ada/" + (server ? server->to_text() : ""));
            });
        if (name == "broken")
            return Value::function([](Arguments const&) -> Result<Value> { return fail(Errc::failed, "no luck"); });
        return {};
    }
    [[nodiscard]] std::string text() const override { return "<User(ada)>"; }
    [[nodiscard]] std::optional<List> items() const override { return List{1, 2}; }
    [[nodiscard]] Value item(Value const& key) const override
    {
        return key.is_text() && key.text() == "special" ? Value("item") : Value();
    }
};

Dict user_context() { return {{"user", std::make_shared<User>()}}; }

TEST(Objects, give_attributes_methods_items_and_text)
{
    EXPECT_EQ(render("{{ user.name }} {{ user['name'] }} {{ user.server_url() }} {{ user.server_url('lab') }} "
                     "{{ user.server_url(server_name='x') }} [{{ user.missing }}] {{ user['special'] }} {{ user[1] }} "
                     "{{ user }}",
                     user_context()),
              "ada ada /user/ada/ /user/ada/lab /user/ada/x [] item 2 &lt;User(ada)&gt;");
    EXPECT_EQ(render("{% for x in user %}{{ x }}{% endfor %}{{ user|length }}{{ user is iterable }}", user_context()),
              "122True");
}

TEST(Objects, report_a_failed_method_with_file_and_line)
{
    EXPECT_EQ(message_of("\n\n{{ user.broken() }}", user_context()), "page:3: no luck");
    EXPECT_EQ(message_of("{{ user() }}", user_context()), "page:1: 'object' object is not callable");
}

TEST(Messages, name_the_undefined_variable)
{
    EXPECT_EQ(message_of("a\n{{ spawner.name }}"), "page:2: 'spawner' is undefined");
    EXPECT_EQ(message_of("{{ user.spawner.name }}", user_context()), "page:1: 'user.spawner' is undefined");
}

TEST(Messages, name_the_file_and_line_of_a_syntax_error)
{
    EXPECT_EQ(message_of("a\nb\n{% trans %}"), "page:3: Encountered unknown tag 'trans'.");
    EXPECT_EQ(
        message_of("{% if a %}\n\n{% for x in y %}\n"),
        "page:3: Unexpected end of template. The innermost block that needs to be closed is 'for', opened in line 3");
    EXPECT_EQ(message_of("{{ a|nonsense }}"), "page:1: No filter named 'nonsense'.");
    EXPECT_EQ(message_of("{{ a\n\n|truncate(1, 2, 3, 4, 5) }}"), "page:3: filter 'truncate' takes at most 4 arguments");
}

TEST(Limits, stop_what_would_not_end)
{
    EXPECT_TRUE(message_of("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}").contains("nested more than"));
    EXPECT_TRUE(message_of("{{ 'x' * 1000000000000 }}").contains("grows beyond"));
    EXPECT_TRUE(message_of("{{ [1] * 1000000000000 }}").contains("grows beyond"));
    EXPECT_TRUE(message_of("{% set ns = namespace(x='x' * 1000000) %}{% for i in range(40) %}"
                           "{% set ns.x = ns.x ~ ns.x %}{% endfor %}")
                    .contains("grows beyond"));
    EXPECT_TRUE(message_of("{{ ('x' * 1000000)|replace('', 'y' * 1000000) }}").contains("grows beyond"));
    EXPECT_TRUE(
        message_of("{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}").contains("steps"));
    EXPECT_TRUE(message_of("{{ range(10000000) }}").contains("range() is limited"));
    EXPECT_TRUE(
        message_of("{{ " + std::string(300, '(') + "1" + std::string(300, ')') + " }}").contains("nested too deeply"));
    std::string sum = "{{ 1";
    for (int i = 0; i < 5000; ++i)
        sum += "+1";
    EXPECT_TRUE(message_of(sum + " }}").contains("too long"));
    std::string nested;
    for (int i = 0; i < 100; ++i)
        nested += "{% if 1 %}";
    EXPECT_TRUE(message_of(nested).contains("nested too deeply"));
    EXPECT_TRUE(message_of("{{ 9223372036854775807 + 1 }}").contains("too large"));
}

TEST(Limits, stop_templates_that_extend_or_include_themselves)
{
    Loader loader;
    loader.shipped = [](std::string_view name) -> std::optional<std::string_view> {
        if (name == "a.html")
            return "{% extends 'b.html' %}";
        return name == "b.html" ? "{% extends 'a.html' %}" : "{% include 'c.html' %}";
    };
    Environment environment(loader, {});
    EXPECT_TRUE(environment.render("a.html", {}).error().message.contains("extend each other"));
    EXPECT_TRUE(environment.render("c.html", {}).error().message.contains("nested more than"));
}

TEST(Closures, stay_valid_after_the_scope_they_were_made_in)
{
    EXPECT_EQ(render("{% set ns = namespace(m=[]) %}{% for n in [1, 2] %}{% macro m() %}{{ n }}{% endmacro %}"
                     "{% set _ = ns.m.append(m) %}{% endfor %}{% for m in ns.m %}{{ m() }}{% endfor %}"),
              "22");
    EXPECT_EQ(
        render(
            "{% set ns = namespace() %}{% for n in [1, 2] %}{% set ns.loop = loop %}{% endfor %}{{ ns.loop.index }}"),
        "2");
}

TEST(Times, look_like_pythons_datetime)
{
    Dict const context{{"t", time_value(*parse_time("2026-01-02T03:04:05.678901Z"))},
                       {"whole", time_value(*parse_time("2026-01-02T03:04:05Z"))},
                       {"never", time_value(std::optional<Timestamp>())}};
    EXPECT_EQ(
        render("{{ t.isoformat() + 'Z' }}|{{ t }}|{{ whole.isoformat() }}|{{ t.year }}-{{ t.month }}-{{ t.day }}|"
               "{{ t.strftime('%d.%m.%Y %H:%M:%S.%f') }}|{{ whole.timestamp() }}|{{ never }}|{{ t.hour }}{{ t.nope }}",
               context),
        "2026-01-02T03:04:05.678901Z|2026-01-02 03:04:05.678901|2026-01-02T03:04:05|2026-1-2|"
        "02.01.2026 03:04:05.678901|1767323045.0|None|3");
}

TEST(Globals, are_seen_by_imported_templates)
{
    Loader loader;
    loader.shipped = [](std::string_view name) -> std::optional<std::string_view> {
        return name == "m.html" ? "{% macro m() %}{{ site }}{{ user }}{% endmacro %}"
                                : "{% import 'm.html' as x %}{{ x.m() }}{{ site }}";
    };
    Environment environment(loader, {});
    environment.set_global("site", "here");
    EXPECT_EQ(environment.render("page.html", {{"user", "ada"}}), "herehere");
}

// A directory with templates, gone after the test.
class Files : public testing::Test {
  protected:
    Files() : directory_(fs::path(testing::TempDir()) / ("jinja_" + std::to_string(getpid())))
    {
        fs::create_directories(directory_);
    }
    ~Files() override { fs::remove_all(directory_); }
    void write(std::string const& name, std::string_view text)
    {
        fs::create_directories((directory_ / name).parent_path());
        std::ofstream(directory_ / name) << text;
    }
    Result<std::unique_ptr<Environment>> load()
    {
        return Environment::load({.search_paths = {directory_},
                                  .shipped_names = {"page.html", "login.html"},
                                  .shipped = [](std::string_view name) -> std::optional<std::string_view> {
                                      if (name == "page.html")
                                          return "{% block main %}{% endblock %}|{% block footer %}{% endblock %}";
                                      return name == "login.html"
                                                 ? std::optional(
                                                       "{% extends 'page.html' %}{% block main %}login{% endblock %}")
                                                 : std::nullopt;
                                  }});
    }
    fs::path directory_;
};

TEST_F(Files, override_shipped_templates_and_extend_what_they_override)
{
    write("login.html", "{% extends 'templates/login.html' %}{% block main %}Hi {{ super() }}{% endblock %}");
    write("page.html", "{% extends 'templates/page.html' %}{% block footer %}made here {{ 6 * 7 }}{% endblock %}");
    auto environment = load();
    ASSERT_TRUE(environment) << environment.error().message;
    EXPECT_EQ((*environment)->render("login.html", {}), "Hi login|made here 42");
    EXPECT_TRUE((*environment)->has("page.html"));
    EXPECT_FALSE((*environment)->has("403.html"));
}

TEST_F(Files, with_a_mistake_stop_the_start)
{
    write("sub/other.html", "x\n{% nonsense %}");
    auto const environment = load();
    ASSERT_FALSE(environment);
    EXPECT_EQ(environment.error().message,
              (directory_ / "sub/other.html").string() + ":2: Encountered unknown tag 'nonsense'.");
}

TEST_F(Files, outside_the_search_path_are_out_of_reach)
{
    write("in/a.html", "{% include '../secret.txt' %}");
    write("secret.txt", "secret");
    auto environment = load();
    for (std::string const name : {"../secret.txt", "/etc/passwd", "in/../secret.txt", "", "in//a.html"}) {
        auto const result = (*environment)->render(name, {});
        ASSERT_FALSE(result) << name;
        EXPECT_EQ(result.error().code, Errc::not_found);
    }
    EXPECT_FALSE((*environment)->render("in/a.html", {}));
}

TEST_F(Files, that_are_missing_are_a_different_error_than_a_mistake)
{
    auto environment = load();
    EXPECT_EQ((*environment)->render("nope.html", {}).error().code, Errc::not_found);
    EXPECT_EQ((*environment)->render_text("custom_html", "{{ a.b }}", {}).error().code, Errc::failed);
}

} // namespace
} // namespace jhub::jinja::test
