// Home, starting a server from the browser, servers that do not run, open pages (reference http-pages.md §1–§5, §8,
// §9).
#include <fstream>

#include "hub/support/test_hub.hpp"
#include "resources/resources.hpp"

namespace jhub::hub {
namespace {

class Pages : public TestHub {
  protected:
    Pages() { settings.hub.allow_named_servers = true; }
};

TEST_F(Pages, home_offers_to_start_or_open_the_server)
{
    TestClient ada = login("ada");
    auto const stopped = ada.get("/hub/home");
    EXPECT_EQ(stopped.status, 200);
    EXPECT_TRUE(stopped.contains("Start my server"));
    EXPECT_TRUE(stopped.contains("href=\"/hub/spawn/ada\"")) << stopped.body;
    EXPECT_EQ(stopped.header("Cache-Control"), "no-store") << "what a person sees is nobody else's";
    start_server("ada");
    auto const running = ada.get("/hub/home");
    EXPECT_TRUE(running.contains("Stop my server"));
    EXPECT_TRUE(running.contains("href=\"/user/ada/\""));
}

TEST_F(Pages, home_notices_a_server_that_died)
{
    TestClient ada = login("ada");
    start_server("ada");
    spawner.exit("ada", 1, false);
    EXPECT_TRUE(ada.get("/hub/home").contains("Start my server"));
}

TEST_F(Pages, home_with_a_running_named_server_still_offers_to_start_the_default_one)
{
    TestClient ada = login("ada");
    start_server("ada", "lab");
    auto const page = ada.get("/hub/home");
    EXPECT_TRUE(page.contains("Start my server"));
    EXPECT_TRUE(page.contains("data-server-name=\"lab\""));
    EXPECT_TRUE(page.contains("href=\"/hub/spawn/ada\"")) << "not the address of a server that does not run";
}

TEST_F(Pages, the_token_page_lists_tokens_and_removes_expired_ones)
{
    TestClient ada = login("ada");
    ada.post("/hub/api/users/ada/tokens", {{"note", "cron <job>"}});
    ada.post("/hub/api/users/ada/tokens", {{"note", "short"}, {"expires_in", 60}});
    EXPECT_TRUE(ada.get("/hub/token").contains("cron &lt;job&gt;"));
    EXPECT_TRUE(ada.get("/hub/token").contains("short"));
    clock.advance(61s);
    EXPECT_FALSE(ada.get("/hub/token").contains("short"));
    EXPECT_EQ(look("SELECT count(*) FROM api_tokens WHERE note = 'short'"), "0");
}

// ---- spawn (reference http-pages.md §2) ----

TEST_F(Pages, spawn_starts_and_leads_to_the_pending_page_and_on_to_the_server)
{
    TestClient ada = login("ada");
    auto const spawn = ada.get("/hub/spawn?next=%2Fuser%2Fada%2Flab");
    EXPECT_EQ(spawn.status, 302);
    EXPECT_EQ(spawn.location(), "/hub/spawn-pending/ada?next=%2Fuser%2Fada%2Flab");
    EXPECT_EQ(spawner.starts(), 1U);
    EXPECT_EQ(ada.get(spawn.location()).location(), "/user/ada/lab") << "it is ready";
    EXPECT_EQ(ada.get("/hub/spawn").location(), "/user/ada/");
    EXPECT_EQ(ada.get("/hub/spawn/ada").location(), "/user/ada/");
    EXPECT_EQ(spawner.starts(), 1U);
}

TEST_F(Pages, the_pending_page_shows_the_progress_of_a_start_and_of_a_stop)
{
    TestClient ada = login("ada");
    spawner.next_start(Scripted::never_ready);
    ASSERT_EQ(ada.get("/hub/spawn").status, 302);
    auto const page = ada.get("/hub/spawn-pending/ada");
    EXPECT_EQ(page.status, 200);
    EXPECT_TRUE(page.contains("Your server is starting"));
    EXPECT_TRUE(page.contains("/hub/api/users/ada/server/progress?_xsrf=")) << page.body;
    EXPECT_EQ(ada.get("/hub/spawn").location(), "/hub/spawn-pending/ada") << "a second click";
    EXPECT_EQ(spawner.starts(), 1U);
    EXPECT_EQ(ada.post_form("/hub/spawn", {}).status, 400) << "under way already";

    spawner.stopping = Stopping::slow;
    hub().launcher.stop(server_of("ada"));
    ASSERT_TRUE(until([&] { return server_of("ada")->state == ServerState::stopping; }));
    EXPECT_EQ(ada.get("/hub/spawn-pending/ada").status, 200);
    EXPECT_FALSE(ada.get("/hub/spawn-pending/ada").contains("Your server is starting"));
}

TEST_F(Pages, an_immediate_failure_is_shown_with_reason_advice_and_output)
{
    TestClient ada = login("ada");
    spawner.next_start(Scripted::fails);
    auto const pending = ada.get("/hub/spawn?next=%2Fuser%2Fada%2Flab");
    ASSERT_EQ(pending.status, 302);
    auto const page = ada.get(pending.location());
    EXPECT_EQ(page.status, 500);
    EXPECT_TRUE(page.contains("Command not found: jupyterhub-singleuser"));
    EXPECT_TRUE(page.contains("install &lt;jupyterhub&gt;"));
    EXPECT_TRUE(page.contains("no module named lab"));
    EXPECT_TRUE(page.contains("/hub/spawn/ada?next=%2Fuser%2Fada%2Flab")) << "the way on is kept for the next try";
    ASSERT_EQ(ada.get("/hub/spawn").status, 302);
    EXPECT_EQ(ada.get("/hub/spawn-pending/ada").location(), "/user/ada/") << "the next start works";
}

TEST_F(Pages, the_pending_page_never_starts_anything)
{
    TestClient ada = login("ada");
    auto const page = ada.get("/hub/spawn-pending/ada");
    EXPECT_EQ(page.status, 200);
    EXPECT_TRUE(page.contains("Your server is not running"));
    EXPECT_EQ(ada.get("/hub/spawn-pending/ada/unknown").status, 404);
    EXPECT_EQ(spawner.starts(), 0U);
}

TEST_F(Pages, spawn_of_somebody_elses_server_looks_missing)
{
    add_user("bob");
    TestClient ada = login("ada");
    for (std::string const path : {"/hub/spawn/bob", "/hub/spawn/nobody", "/hub/spawn-pending/bob"})
        EXPECT_EQ(ada.get(path).status, 404) << path;
    EXPECT_EQ(spawner.starts(), 0U);
}

TEST_F(Pages, an_administrator_starts_the_servers_of_others)
{
    add_user("root", true);
    add_user("bob");
    TestClient root = login("root");
    EXPECT_EQ(root.get("/hub/spawn/bob").location(), "/hub/spawn-pending/bob");
    EXPECT_TRUE(server_of("bob")->ready());
    EXPECT_EQ(root.get("/hub/spawn/nobody").status, 404);
}

TEST_F(Pages, named_servers_follow_the_rules)
{
    settings.hub.named_server_limit_per_user = 1;
    TestClient ada = login("ada");
    EXPECT_EQ(ada.get("/hub/spawn/ada/one").location(), "/hub/spawn-pending/ada/one");
    EXPECT_EQ(ada.get("/hub/spawn/ada/two").status, 400);
    kill_hub();
    settings.hub.allow_named_servers = false;
    EXPECT_EQ(login("ada").get("/hub/spawn/ada/one").status, 400);
}

TEST_F(Pages, an_options_form_is_shown_and_its_answers_are_the_options)
{
    settings.spawner.options_form = "<input name=\"image\">";
    settings.spawner.options_from_form = "passthrough";
    TestClient ada = login("ada");
    auto const form = ada.get("/hub/spawn");
    EXPECT_EQ(form.status, 200);
    EXPECT_TRUE(form.contains("<input name=\"image\">")) << "the operator's HTML as it is";
    EXPECT_TRUE(form.contains("action=\"/hub/spawn?_xsrf="));
    EXPECT_EQ(spawner.starts(), 0U);
    EXPECT_EQ(ada.post_form("/hub/spawn", {{"image", "big"}, {"image", "small"}}).status, 302);
    EXPECT_EQ(spawner.requests.back().user_options, (Json{{"image", {"big", "small"}}}));
}

TEST_F(Pages, simple_options_are_single_values)
{
    settings.spawner.options_form = "<input>";
    settings.spawner.options_from_form = "simple";
    TestClient ada = login("ada");
    ASSERT_EQ(ada.post_form("/hub/spawn", {{"gpu", "on"}, {"image", "big"}, {"n", "1"}, {"n", "2"}}).status, 302);
    EXPECT_EQ(spawner.requests.back().user_options, (Json{{"gpu", true}, {"image", "big"}, {"n", {"1", "2"}}}));
}

TEST_F(Pages, options_in_the_address_start_at_once)
{
    settings.spawner.options_form = "<input>";
    TestClient ada = login("ada");
    auto const answer = ada.get("/hub/spawn?image=big&next=%2Fuser%2Fada%2F");
    EXPECT_EQ(answer.location(), "/hub/spawn-pending/ada?image=big&next=%2Fuser%2Fada%2F");
    EXPECT_EQ(spawner.requests.back().user_options["image"], (Json{"big"}));
}

// ---- /hub/user/… (reference http-pages.md §4) ----

TEST_F(Pages, a_server_that_does_not_run_offers_to_be_started)
{
    TestClient ada = login("ada");
    auto const page = ada.get("/hub/user/ada/lab/tree?x=1");
    EXPECT_EQ(page.status, 424);
    EXPECT_TRUE(page.contains("/hub/spawn/ada?next=%2Fhub%2Fuser%2Fada%2Flab%2Ftree%3Fx%3D1")) << page.body;
    EXPECT_EQ(browser().get("/hub/user/ada/").location(), "/hub/login?next=%2Fhub%2Fuser%2Fada%2F");
    kill_hub();
    settings.hub.use_legacy_stopped_server_status_code = true;
    EXPECT_EQ(login("ada").get("/hub/user/ada/").status, 503);
}

TEST_F(Pages, programs_get_json_from_a_server_that_does_not_run)
{
    TestClient ada = login("ada");
    auto const answer = ada.get("/hub/user/ada/api/kernels");
    EXPECT_EQ(answer.status, 424);
    EXPECT_EQ(answer.header("Content-Type"), "application/json");
    EXPECT_EQ(answer.json(), (Json{{"message", "JupyterHub: /hub/user/ada/api/kernels is not running. Start it at "
                                               "http://hub.example/hub/spawn/ada"}}));
    EXPECT_EQ(ada.get("/hub/user/ada/x", {{"Accept", "application/json"}}).header("Content-Type"), "application/json");
    EXPECT_EQ(ada.get("/hub/user/ada/x", {{"Accept", "text/html, application/json"}}).header("Content-Type"),
              "text/html");
    EXPECT_EQ(ada.get("/hub/user/ada/x", {{"Accept", "*/*"}}).header("Content-Type"), "text/html");
    EXPECT_EQ(with_token("ada").get("/hub/user/ada/api/x").status, 424) << "tokens are accepted here";
}

TEST_F(Pages, changes_on_a_stopped_server_are_refused_as_json)
{
    TestClient ada = login("ada");
    for (std::string const method : {"POST", "PATCH", "DELETE"}) {
        auto const answer = ada.send({method, "/hub/user/ada/api/contents"});
        EXPECT_EQ(answer.status, 424) << method;
        EXPECT_TRUE(answer.json().contains("message"));
    }
    EXPECT_EQ(ada.send({"PUT", "/hub/user/ada/x"}).status, 405);
    ada.sends_xsrf = false;
    EXPECT_EQ(ada.send({"POST", "/hub/user/ada/api/contents"}).status, 403);
    EXPECT_EQ(browser().send({"POST", "/hub/user/ada/api/contents"}).status, 403) << "anonymous";
    EXPECT_EQ(with_token("ada").post("/hub/user/ada/api/contents").status, 424);
}

TEST_F(Pages, servers_of_others_look_missing)
{
    add_user("bob");
    TestClient ada = login("ada");
    EXPECT_EQ(ada.get("/hub/user/bob/lab").status, 404);
    EXPECT_EQ(ada.get("/hub/user/nobody/lab").status, 404);
}

TEST_F(Pages, a_running_server_gets_its_visitor_back_a_few_times)
{
    TestClient ada = login("ada");
    start_server("ada");
    EXPECT_EQ(ada.get("/hub/user/ada/lab?x=1").location(), "/user/ada/lab?x=1&redirects=1");
    EXPECT_EQ(ada.get("/hub/user/ada/lab?redirects=4").status, 500) << "a loop";
    EXPECT_EQ(ada.get("/hub/user/ada/lab?redirects=x").location(), "/user/ada/lab?redirects=1");
}

TEST_F(Pages, a_server_of_another_version_is_suspected_earlier)
{
    server.version = "4.0.0";
    TestClient ada = login("ada");
    start_server("ada");
    auto const page = ada.get("/hub/user/ada/lab?redirects=3");
    EXPECT_EQ(page.status, 500);
    EXPECT_TRUE(page.contains("4.0.0"));
}

TEST_F(Pages, a_starting_or_failed_server_leads_to_its_progress)
{
    settings.hub.tornado_settings.slow_spawn_timeout = 20ms;
    TestClient ada = login("ada");
    spawner.next_start(Scripted::never_ready);
    ASSERT_EQ(ada.post("/hub/api/users/ada/server").status, 202);
    auto const pending = ada.get("/hub/user/ada/lab");
    EXPECT_EQ(pending.status, 303);
    EXPECT_EQ(pending.location(), "/hub/spawn-pending/ada?next=%2Fhub%2Fuser%2Fada%2Flab");
    ASSERT_EQ(ada.delete_("/hub/api/users/ada/server").status, 204);
    EXPECT_EQ(ada.get("/hub/user/ada/lab").status, 424) << "a cancelled start is no failure";
    spawner.next_start(Scripted::fails);
    start_server("ada");
    EXPECT_EQ(ada.get("/hub/user/ada/lab").status, 303);
}

TEST_F(Pages, a_path_may_name_a_named_server)
{
    TestClient ada = login("ada");
    start_server("ada", "lab");
    EXPECT_EQ(ada.get("/hub/user/ada/lab/tree").location(), "/user/ada/lab/tree?redirects=1");
    EXPECT_EQ(ada.get("/hub/user/ada/tree").status, 424) << "the default server";
}

TEST_F(Pages, user_redirect_leads_to_ones_own_server)
{
    TestClient ada = login("ada");
    EXPECT_EQ(ada.get("/hub/user-redirect/lab/tree/x?y=1").location(),
              "/hub/spawn/ada?next=%2Fuser%2Fada%2Flab%2Ftree%2Fx%3Fy%3D1");
    EXPECT_EQ(ada.get("/hub/user-redirect").status, 404);
    EXPECT_EQ(browser().get("/hub/user-redirect/lab").location(), "/hub/login?next=%2Fhub%2Fuser-redirect%2Flab");
    kill_hub();
    settings.hub.default_server_name = "work";
    EXPECT_EQ(login("ada").get("/hub/user-redirect/lab").location(),
              "/hub/spawn/ada/work?next=%2Fuser%2Fada%2Fwork%2Flab");
}

// ---- open pages ----

TEST_F(Pages, static_files_are_embedded_and_known_by_their_etag)
{
    auto const file = resources::find("static/css/style.css");
    ASSERT_TRUE(file);
    auto const answer = browser().get("/hub/static/css/style.css");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("Content-Type"), "text/css");
    EXPECT_EQ(answer.header("Cache-Control"), "no-cache");
    EXPECT_EQ(answer.body, file->bytes);
    auto const etag = answer.header("ETag");
    EXPECT_EQ(browser().get("/hub/static/css/style.css", {{"If-None-Match", etag}}).status, 304);
    EXPECT_NE(browser().get("/hub/static/css/style.css?v=1").header("Cache-Control").find("max-age=315360000"),
              std::string::npos);
}

TEST_F(Pages, there_is_no_way_out_of_the_static_files)
{
    for (std::string const path :
         {"/hub/static/", "/hub/static/../templates/page.html", "/hub/static/..%2Ftemplates%2Fpage.html",
          "/hub/static/%2Fetc%2Fpasswd", "/hub/static/css", "/hub/static/css/style.css%00.png"})
        EXPECT_EQ(browser().get(path).status, 404) << path;
}

TEST_F(Pages, the_logo_can_be_replaced)
{
    EXPECT_EQ(browser().get("/hub/logo").header("Content-Type"), "image/png");
    kill_hub();
    settings.hub.logo_file = file("own.svg");
    std::ofstream(settings.hub.logo_file) << "<svg/>";
    EXPECT_EQ(browser().get("/hub/logo").body, "<svg/>");
    EXPECT_EQ(browser().get("/hub/logo").header("Content-Type"), "image/svg+xml");
}

TEST_F(Pages, error_pages_for_the_proxy_are_200_and_name_the_code)
{
    for (std::string const code : {"404", "503", "500"}) {
        auto const page = browser().get("/hub/error/" + code);
        EXPECT_EQ(page.status, 200);
        EXPECT_TRUE(page.contains(code));
    }
    for (std::string const code : {"99", "600", "x", "-1", "99999999"})
        EXPECT_EQ(browser().get("/hub/error/" + code).status, 404) << code;
}

TEST_F(Pages, error_pages_escape_what_strangers_wrote)
{
    TestClient ada = login("ada");
    auto const page = ada.get("/hub/api/oauth2/authorize?client_id=%3Cscript%3Ealert(1)%3C/script%3E");
    EXPECT_EQ(page.status, 400);
    EXPECT_FALSE(page.contains("<script>alert"));
}

TEST_F(Pages, a_sites_own_templates_win)
{
    std::filesystem::create_directory(file("templates"));
    std::ofstream(file("templates/error.html")) << "oops {{ status_code }}";
    settings.hub.template_paths = {file("templates")};
    EXPECT_EQ(browser().get("/hub/error/418").body, "oops 418");
}

} // namespace
} // namespace jhub::hub
