// The shipped pages: all of them render with what the hub promises (reference http-pages.md §10), keep upstream's
// block names, and let no stranger's text become HTML.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "base/strings.hpp"
#include "jinja/environment.hpp"
#include "resources/resources.hpp"
#include "resources/sample_context.hpp"

namespace jhub::resources::test {
namespace {

using jinja::Dict;
using jinja::Environment;
using jinja::Value;

std::vector<std::string> template_names()
{
    std::vector<std::string> names;
    for (Resource const& file : all())
        if (file.path.starts_with("templates/"))
            names.emplace_back(file.path.substr(sizeof("templates/") - 1));
    return names;
}

std::unique_ptr<Environment> shipped()
{
    auto environment = Environment::load({.search_paths = {},
                                          .shipped_names = template_names(),
                                          .shipped = [](std::string_view name) -> std::optional<std::string_view> {
                                              auto const file = find("templates/" + std::string(name));
                                              return file ? std::optional(file->bytes) : std::nullopt;
                                          }});
    EXPECT_TRUE(environment) << environment.error().message;
    return std::move(*environment);
}

class Page : public testing::TestWithParam<std::string> {};

TEST_P(Page, renders_and_escapes_what_people_wrote)
{
    auto const page = shipped()->render(GetParam(), sample_context(GetParam()));
    ASSERT_TRUE(page) << page.error().message;
    for (std::string_view const dangerous :
         {"ada<b>", "<script>alert", "\"><script>", "grader<i>", "<huge>", "<stdin>", "<time>."})
        EXPECT_FALSE(page->contains(dangerous)) << dangerous;
    EXPECT_TRUE(page->contains("<!DOCTYPE html>"));
    EXPECT_TRUE(page->contains("window.jhdata"));
    // For looking at the pages in a browser: JHUB_PAGES_DIR=somewhere test_resources
    if (char const* directory = std::getenv("JHUB_PAGES_DIR"))
        std::ofstream(std::filesystem::path(directory) / GetParam()) << *page;
}

INSTANTIATE_TEST_SUITE_P(Shipped, Page, testing::ValuesIn(template_names()), [](auto const& info) {
    return replace_all(replace_all(info.param.substr(0, info.param.find('.')), "-", "_"), "404", "not_found");
});

TEST(Pages, have_upstreams_names_and_blocks)
{
    struct Contract {
        std::string name;
        std::string blocks;
    };
    for (auto const& [name, blocks] : std::vector<Contract>{
             {"page.html",
              "title stylesheet favicon scripts meta nav_bar logo nav_bar_left_items service nav_bar_right_items "
              "theme_toggle login_widget header announcement main footer script"},
             {"login.html",
              "login login_container username_input username_input_attrs password_input password_input_attrs "
              "otp_input otp_input_attrs login_terms login_terms_text"},
             {"logout.html", "main"},
             {"home.html", "main"},
             {"admin.html", "main"},
             {"token.html", "expiration_options token_row client_row"},
             {"spawn.html", "heading"},
             {"spawn_pending.html", "message"},
             {"stop_pending.html", "message"},
             {"not_running.html", "heading message start_button"},
             {"oauth.html", "main"},
             {"accept-share.html", "main"},
             {"error.html", "h1_error error_detail"},
             {"404.html", "error_detail"}}) {
        auto const file = find("templates/" + name);
        ASSERT_TRUE(file) << name;
        for (std::string const& block : split(blocks, ' '))
            EXPECT_TRUE(file->bytes.contains("{% block " + block + " ") ||
                        file->bytes.contains("{%- block " + block + " "))
                << name << " has no block " << block;
    }
}

// Every |safe is a decision: the operator's, the authenticator's or the spawner's HTML. A new one is decided here.
TEST(Pages, trust_only_what_is_listed)
{
    std::vector<std::string> trusted;
    for (std::string const& name : template_names()) {
        std::string_view const text = find("templates/" + name)->bytes;
        for (std::size_t at = text.find("|safe"); at != text.npos; at = text.find("|safe", at + 1)) {
            std::size_t const begin = text.find_last_of(" {", at);
            trusted.push_back(name + " " + std::string(text.substr(begin + 1, at - begin - 1)));
        }
    }
    std::ranges::sort(trusted);
    EXPECT_EQ(trusted, (std::vector<std::string>{"error.html extra_error_html", "error.html message_html",
                                                 "login.html custom_html", "not_running.html failed_html_message",
                                                 "page.html announcement", "spawn.html html_error_message",
                                                 "spawn.html spawner_options_form",
                                                 "token.html token_expires_in_options_html"}));
}

TEST(Pages, have_no_inline_event_handlers)
{
    for (std::string const& name : template_names())
        for (std::string_view const handler : {" onclick=", " onload=", " onsubmit=", " onchange=", "javascript:"})
            EXPECT_FALSE(find("templates/" + name)->bytes.contains(handler)) << name << handler;
}

TEST(Pages, refer_only_to_static_files_that_exist)
{
    for (std::string const& name : template_names()) {
        std::string_view const text = find("templates/" + name)->bytes;
        for (std::size_t at = text.find("static_url('"); at != text.npos; at = text.find("static_url('", at + 1)) {
            std::size_t const begin = at + sizeof("static_url('") - 1;
            std::string const path = "static/" + std::string(text.substr(begin, text.find('\'', begin) - begin));
            EXPECT_TRUE(find(path)) << name << " uses " << path;
        }
    }
}

TEST(Pages, say_what_the_conformance_suite_looks_for)
{
    auto const environment = shipped();
    std::string const login = *environment->render("login.html", sample_context("login.html"));
    for (std::string_view const wanted :
         {"name=\"username\"", "value=\"eve&#34;&gt;&lt;script&gt;\"", "name=\"password\"", "name=\"otp\"",
          "name=\"_xsrf\"", "role=\"alert\">Invalid username", "action=\"/hub/login?next=%2Fhub%2F\"",
          "Maintenance on <b>Friday</b>"})
        EXPECT_TRUE(login.contains(wanted)) << wanted;
    std::string const home = *environment->render("home.html", sample_context("home.html"));
    for (std::string_view const wanted :
         {"id=\"start\"", "id=\"stop\"", "href=\"/hub/admin\"", "href=\"/hub/logout\"", "href=\"/hub/token\"",
          "/services/grader/", "/user/ada%3Cb%3E/lab", "/hub/spawn/ada%3Cb%3E/gpu-notebook"})
        EXPECT_TRUE(home.contains(wanted)) << wanted;
    std::string const pending = *environment->render("spawn_pending.html", sample_context("spawn_pending.html"));
    EXPECT_TRUE(
        pending.contains("data-progress-url=\"/hub/api/users/ada/servers/lab/progress?_xsrf=token-of-the-form\""));
    EXPECT_TRUE(pending.contains("id=\"progress-message\""));
    std::string const oauth = *environment->render("oauth.html", sample_context("oauth.html"));
    EXPECT_TRUE(oauth.contains("name=\"scopes\" value=\"self\""));
}

TEST(Pages, of_errors_need_little)
{
    Dict const context{
        {"base_url", "/hub/"},
        {"static_url", Value::function([](jinja::Arguments const&) -> Result<Value> { return Value("x"); })},
        {"status_code", 500},
        {"status_message", "Internal Server Error"}};
    EXPECT_TRUE(shipped()->render("error.html", context));
}

TEST(Pages, hide_the_admin_link_from_others)
{
    Dict context = sample_context("logout.html");
    context.set("parsed_scopes", Dict{});
    EXPECT_FALSE(shipped()->render("logout.html", context)->contains("/hub/admin"));
}

TEST(Resources, are_found_by_path_with_type_and_etag)
{
    auto const style = find("static/css/style.css");
    ASSERT_TRUE(style);
    EXPECT_EQ(style->content_type, "text/css");
    EXPECT_TRUE(style->bytes.contains("--hub-accent"));
    EXPECT_EQ(style->etag.size(), 18U);
    EXPECT_EQ(find("static/images/jupyterhub-80.png")->content_type, "image/png");
    EXPECT_TRUE(find("static/images/jupyterhub-80.png")->bytes.starts_with("\x89PNG"));
    EXPECT_TRUE(find("static/favicon.ico"));
    EXPECT_TRUE(find("static/components/bootstrap/dist/css/bootstrap.min.css")->bytes.contains("Bootstrap"));
    for (std::string_view const path :
         {"", "static", "static/", "static/css", "static/../templates/page.html", "/static/css/style.css"})
        EXPECT_FALSE(find(path)) << path;
    EXPECT_TRUE(std::ranges::is_sorted(all(), {}, &Resource::path));
}

} // namespace
} // namespace jhub::resources::test
