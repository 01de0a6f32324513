#include "proxy/options.hpp"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace jhub::proxy {
namespace {

std::optional<std::string> no_environment(char const*) { return std::nullopt; }
std::optional<std::string> some_environment(char const* name)
{
    return std::string_view(name) == "CONFIGPROXY_AUTH_TOKEN" ? std::optional<std::string>("secret") : std::nullopt;
}

Options parsed(std::vector<std::string> arguments)
{
    auto result = parse_command_line(std::move(arguments), no_environment);
    if (auto const* exit = std::get_if<Exit>(&result))
        ADD_FAILURE() << exit->err;
    return std::holds_alternative<Options>(result) ? std::get<Options>(result) : Options{};
}

Exit refused(std::vector<std::string> arguments)
{
    auto result = parse_command_line(std::move(arguments), no_environment);
    EXPECT_TRUE(std::holds_alternative<Exit>(result));
    return std::holds_alternative<Exit>(result) ? std::get<Exit>(result) : Exit{};
}

TEST(CommandLine, defaults_are_those_of_the_npm_program)
{
    Options const options = parsed({});
    EXPECT_EQ(options.public_port(), 8000);
    EXPECT_EQ(options.control_port(), 8001);
    EXPECT_EQ(options.api_ip, "localhost");
    EXPECT_EQ(options.keep_alive_timeout_ms, 5000U);
    EXPECT_FALSE(options.wants_metrics());
}

TEST(CommandLine, the_command_of_the_hub_is_understood)
{
    auto const result = parse_command_line({"--ip", "", "--port", "8123", "--api-ip", "127.0.0.1", "--api-port", "8001",
                                            "--error-target", "http://127.0.0.1:8081/hub/error", "--log-level", "warn",
                                            "--host-routing"},
                                           some_environment);
    ASSERT_TRUE(std::holds_alternative<Options>(result));
    auto const& options = std::get<Options>(result);
    EXPECT_EQ(options.ip, "");
    EXPECT_EQ(options.public_port(), 8123);
    EXPECT_EQ(options.error_target, "http://127.0.0.1:8081/hub/error");
    EXPECT_EQ(options.level(), log::Level::warning);
    EXPECT_TRUE(options.host_routing);
    EXPECT_EQ(options.auth_token, "secret");
}

TEST(CommandLine, the_api_port_follows_the_public_port)
{
    EXPECT_EQ(parsed({"--port=9000"}).control_port(), 9001);
    EXPECT_EQ(parsed({"--socket", "/x"}).control_port(), 8001);
}

TEST(CommandLine, custom_headers_are_split_at_the_first_colon_and_may_be_repeated)
{
    auto const options = parsed({"--custom-header", "X-One: first", "--custom-header", " X-Two :second:part "});
    ASSERT_EQ(options.custom_headers.size(), 2U);
    EXPECT_EQ(options.custom_headers[1], (std::pair<std::string, std::string>{"X-Two", "second:part"}));
    EXPECT_EQ(parsed({"--custom-header", "X-A: 1", "--custom-header", "x-a: 2"}).custom_headers.size(), 1U)
        << "the last one counts";
}

TEST(CommandLine, tls_options_exist_for_all_three_sides)
{
    auto const options = parsed({"--ssl-key", "a", "--ssl-request-cert", "--api-ssl-ca=b", "--client-ssl-cert", "c"});
    EXPECT_EQ(options.tls.pairs().at(0), std::pair(std::string("a"), std::string("a"))) << "both in one file";
    EXPECT_TRUE(options.tls.request_certificate);
    EXPECT_EQ(options.api_tls.authorities, "b");
    EXPECT_EQ(options.client_tls.certificates.at(0), "c");
}

TEST(CommandLine, mistakes_exit_with_one_and_name_the_option)
{
    struct Mistake {
        std::vector<std::string> arguments;
        std::string_view said;
    };
    for (auto const& [arguments, said] : std::vector<Mistake>{
             {{"--frobnicate"}, "unknown option '--frobnicate'"},
             {{"--prot", "1"}, "unknown option '--prot'\n(Did you mean --port?)"},
             {{"--frobnicate=1"}, "unknown option '--frobnicate'"},
             {{"extra"}, "extra"},
             {{"--port"}, "option '--port' argument missing"},
             {{"--port", "x"}, "option '--port' takes a whole number up to 65535, not 'x'"},
             {{"--port", "-1"}, "option '--port' takes a whole number up to 65535, not '-1'"},
             {{"--port=70000"}, "option '--port' takes a whole number up to 65535, not '70000'"},
             {{"--timeout", "s1"}, "option '--timeout' takes a whole number, not 's1'"},
             {{"--port", "8000", "--", "extra"}, "extra"},
             {{"--port", "65535"}, "say --api-port"},
             {{"--custom-header", "none"}, "none"},
             {{"--error-path", "p", "--error-target", "t"}, "error-target and error-path"},
             {{"--redirect-port", "1"}, "redirect-port"},
             {{"--storage-backend", "x"}, "x"},
             {{"--socket", "s", "--port", "1"}, "'--port'"},
             {{"--ssl-key", "a", "--ssl-key", "b", "--ssl-cert", "c"}, "each certificate needs its key"},
             {{"--client-ssl-key", "a", "--client-ssl-key", "b"}, "only once"},
             {{"--log-level", "loud"}, "loud"}}) {
        Exit const exit = refused(arguments);
        EXPECT_EQ(exit.code, 1) << said;
        EXPECT_NE(exit.err.find(said), std::string::npos) << exit.err;
        EXPECT_EQ(exit.out, "");
    }
}

TEST(CommandLine, a_star_and_nothing_are_all_interfaces)
{
    for (auto const* text : {"", "*"})
        EXPECT_EQ(parsed({"--ip", text}).ip, "");
    EXPECT_EQ(parsed({"--api-ip", "*"}).api_ip, "");
    EXPECT_EQ(parsed({"--ip", "*"}).remarks.size(), 1U) << "nothing is the preferred word";
    EXPECT_EQ(parsed({}).ip, std::nullopt);
    EXPECT_EQ(parsed({"--ip=::1"}).ip, "::1");
}

TEST(CommandLine, addresses_may_stand_in_brackets_as_in_a_url)
{
    auto const options = parsed({"--ip", "[::1]", "--api-ip=[::]", "--metrics-ip", "[fe80::1]"});
    EXPECT_EQ(options.ip, "::1");
    EXPECT_EQ(options.api_ip, "::");
    EXPECT_EQ(options.metrics_ip, "fe80::1");
}

TEST(CommandLine, numbers_are_read_as_the_npm_program_reads_them)
{
    auto const options = parsed({"--port", " 8123 ", "--timeout=1000ms", "--proxy-timeout", "100.5"});
    EXPECT_EQ(options.port, 8123);
    EXPECT_EQ(options.timeout_ms, 1000U);
    EXPECT_EQ(options.proxy_timeout_ms, 100U);
    EXPECT_EQ(options.remarks, (std::vector<std::string>{"--timeout '1000ms' is read as 1000",
                                                         "--proxy-timeout '100.5' is read as 100"}));
    EXPECT_EQ(parsed({"--port", ""}).public_port(), 8000);
    EXPECT_EQ(parsed({"--port", "8124", "--"}).public_port(), 8124);
}

TEST(CommandLine, log_levels_are_known_in_any_case_and_with_those_of_the_npm_programs_logger)
{
    for (auto const& [word, level] : {std::pair("INFO", log::Level::info),
                                      {"Debug", log::Level::debug},
                                      {"warning", log::Level::warning},
                                      {"WARN", log::Level::warning},
                                      {"verbose", log::Level::info},
                                      {"silly", log::Level::debug}})
        EXPECT_EQ(parsed({"--log-level", word}).level(), level) << word;
}

TEST(CommandLine, limits_have_the_documented_defaults_and_can_be_set)
{
    Options const defaults = parsed({});
    EXPECT_EQ(defaults.max_connections_per_address, 256U);
    EXPECT_EQ(defaults.max_request_line, 16384U);
    EXPECT_EQ(defaults.max_header_size, 32768U);
    EXPECT_EQ(defaults.max_headers, 100U);
    EXPECT_EQ(defaults.head_timeout_ms, 10'000U);
    EXPECT_EQ(defaults.body_timeout_ms, 60'000U);
    EXPECT_EQ(defaults.connect_timeout_ms, 5'000U);
    EXPECT_EQ(defaults.tcp_keep_alive_seconds, 60U);
    EXPECT_FALSE(defaults.memory_budget_mib);
    EXPECT_EQ(defaults.drain_seconds, 3600U);
    Options const set = parsed({"--max-connections", "7", "--max-connections-per-address=0", "--drain-seconds", "5",
                                "--memory-budget", "512", "--metrics-routes", "3"});
    EXPECT_EQ(set.max_connections, 7U);
    EXPECT_EQ(set.max_connections_per_address, 0U);
    EXPECT_EQ(set.drain_seconds, 5U);
    EXPECT_EQ(set.memory_budget_mib, 512U);
    EXPECT_EQ(set.metrics_routes, 3U);
}

// The proxy container of Zero to JupyterHub is started like this.
TEST(CommandLine, a_value_may_be_empty_behind_an_equals_sign)
{
    auto const options = parsed({"--ip=", "--api-ip=", "--api-port=8001", "--default-target=http://hub:8081",
                                 "--error-target=http://hub:8081/hub/error", "--port=8000"});
    EXPECT_EQ(options.ip, "");
    EXPECT_EQ(options.api_ip, "");
    EXPECT_EQ(options.default_target, "http://hub:8081");
    EXPECT_EQ(options.port, 8000);
    EXPECT_EQ(parsed({"--custom-header", "--ip=x: y"}).custom_headers.at(0).first, "--ip=x") << "a value, no option";
}

TEST(CommandLine, an_option_without_effect_says_so)
{
    EXPECT_NE(parsed({"--ssl-allow-rc4"}).remarks.at(0).find("no effect"), std::string::npos);
}

TEST(CommandLine, help_has_the_order_of_the_npm_program)
{
    std::string const help = help_text();
    std::size_t last = 0;
    for (std::string const name :
         {"-V, --version", "--ip", "--port", "--socket", "--ssl-key", "--ssl-reject-unauthorized", "--ssl-protocol",
          "--ssl-dhparam", "--api-ip", "--api-socket", "--api-ssl-key", "--api-ssl-reject-unauthorized",
          "--client-ssl-key", "--client-ssl-reject-unauthorized", "--default-target", "--metrics-port",
          "--keep-alive-timeout", "-h, --help"}) {
        auto const at = help.find("  " + name + " ");
        ASSERT_NE(at, std::string::npos) << name;
        EXPECT_GT(at, last) << name;
        last = at;
    }
}

// The list of options for the manual page, from --help.
std::string manual_options()
{
    std::istringstream help(help_text());
    std::string out;
    for (std::string line; std::getline(help, line);) {
        auto const start = line.find("--");
        if (!line.starts_with("  ") || start == std::string::npos || start > 6)
            continue;
        auto const name_end = line.find(' ', start);
        out += ".It Fl -" + line.substr(start + 2, name_end - start - 2);
        auto text = line.find_first_not_of(' ', name_end);
        if (line[text] == '<') {
            auto const end = line.find('>', text);
            out += " Ar " + line.substr(text + 1, end - text - 1);
            text = line.find_first_not_of(' ', end + 1);
        }
        out += "\n" + line.substr(text) + "\n";
    }
    return out;
}

// JHUB_ACCEPT=1 writes the list anew.
TEST(CommandLine, the_manual_page_describes_every_option)
{
    std::string const file = JHUB_SOURCE_DIR "/docs/man/configurable-http-proxy.1";
    std::ifstream in(file);
    std::string page(std::istreambuf_iterator<char>(in), {});
    std::string const begin = ".Bl -tag -width Ds\n.It Fl -version\n";
    auto const start = page.find(begin);
    ASSERT_NE(start, std::string::npos);
    auto const list = start + begin.find(".It");
    auto const end = page.find(".El\n", list);
    if (std::getenv("JHUB_ACCEPT") != nullptr) // NOLINT: one thread
        std::ofstream(file) << page.replace(list, end - list, manual_options());
    else
        EXPECT_EQ(page.substr(list, end - list), manual_options());
}

TEST(CommandLine, version_is_bare_and_help_names_every_option)
{
    EXPECT_EQ(refused({"--version"}).out, "5.3.0\n");
    Exit const help = refused({"--help"});
    EXPECT_EQ(help.code, 0);
    for (auto const* name :
         {"--api-ssl-reject-unauthorized", "--client-ssl-key", "--keep-alive-timeout", "--routes-file"})
        EXPECT_NE(help.out.find(name), std::string::npos) << name;
}

} // namespace
} // namespace jhub::proxy
