#include "proxy/options.hpp"

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
             {{"--port"}, "--port"},
             {{"--port", "x"}, "--port"},
             {{"--port", "70000"}, "--port"},
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
