// Whose word about a client's address the hub takes: its proxy's, that of listed proxies, nobody else's.
#include "hub/core/forwarded_trust.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/descriptor.hpp"
#include "base/log.hpp"

namespace jhub::hub {
namespace {

using namespace std::chrono_literals;

class Trust : public testing::Test {
  protected:
    Trust() { log::configure({.level = log::Level::critical}); }
    ForwardedTrust trust(std::vector<std::string> const& downstream = {}) { return {clock, "the token", downstream}; }

    static http::Request request(http::Headers headers, std::string const& peer = "10.1.2.3")
    {
        http::Request made;
        made.headers = std::move(headers);
        made.peer = {.address = peer, .port = 40000, .connection = 1};
        return made;
    }
    http::Request sealed(http::Headers headers, std::string_view token = "the token",
                         std::string const& peer = "10.1.2.3")
    {
        http::ForwardedSeal::Words words;
        for (auto const& [name, value] : headers)
            words.add(name, value);
        auto const now = std::chrono::floor<std::chrono::seconds>(clock.now());
        headers.add(http::ForwardedSeal::header_name, http::ForwardedSeal(token).make(words, now));
        return request(std::move(headers), peer);
    }

    ManualClock clock{Timestamp(std::chrono::seconds(1'800'000'000))};
};

TEST_F(Trust, takes_the_word_of_the_proxy_that_shares_the_token)
{
    auto judge = trust();
    auto good = sealed({{"X-Forwarded-For", "6.6.6.6, 192.0.2.7"}});
    EXPECT_EQ(judge.client_of(good), "192.0.2.7") << "what the proxy has seen, not what it was told";
    EXPECT_FALSE(good.headers.has(http::ForwardedSeal::header_name)) << "nobody else gets to see it";
    auto real = sealed({{"X-Real-IP", "192.0.2.8"}});
    EXPECT_EQ(judge.client_of(real), "192.0.2.8");
    auto bare = sealed({});
    EXPECT_EQ(judge.client_of(bare), "10.1.2.3");
}

TEST_F(Trust, takes_nobody_elses_word)
{
    auto judge = trust();
    for (std::string const name : {"X-Forwarded-For", "X-Real-IP", "Forwarded"}) {
        auto plain = request({{name, "192.0.2.7"}});
        EXPECT_EQ(judge.client_of(plain), "10.1.2.3") << name;
    }
    auto foreign = sealed({{"X-Forwarded-For", "192.0.2.7"}}, "another token");
    EXPECT_EQ(judge.client_of(foreign), "10.1.2.3");
    auto changed = sealed({{"X-Forwarded-For", "192.0.2.7"}});
    changed.headers.set("X-Forwarded-For", "192.0.2.8");
    EXPECT_EQ(judge.client_of(changed), "10.1.2.3");
    auto old = sealed({{"X-Forwarded-For", "192.0.2.7"}});
    clock.advance(6min);
    EXPECT_EQ(judge.client_of(old), "10.1.2.3");
    ForwardedTrust open(clock, "", {});
    auto with_no_token = sealed({{"X-Forwarded-For", "192.0.2.7"}}, "");
    EXPECT_EQ(open.client_of(with_no_token), "10.1.2.3") << "a token that everybody knows is none";
}

TEST_F(Trust, takes_the_word_of_listed_proxies_and_looks_through_them)
{
    auto judge = trust({"10.1.2.3", "172.20.0.0/16", "not an address"});
    auto const client = [&](std::string const& chain, std::string const& peer = "10.1.2.3") {
        auto asked = request({{"X-Forwarded-For", chain}}, peer);
        return judge.client_of(asked);
    };
    EXPECT_EQ(client("192.0.2.7"), "192.0.2.7");
    EXPECT_EQ(client("6.6.6.6, 192.0.2.7, 172.20.9.9,10.1.2.3"), "192.0.2.7");
    EXPECT_EQ(client("192.0.2.7", "172.20.1.1"), "192.0.2.7");
    EXPECT_EQ(client("192.0.2.7", "172.21.1.1"), "172.21.1.1");
    EXPECT_EQ(client("10.1.2.3,172.20.9.9"), "10.1.2.3") << "all are ours: the first";
    EXPECT_EQ(client("unknown"), "10.1.2.3");
    EXPECT_EQ(client("<script>,"), "10.1.2.3");
    EXPECT_EQ(client("2001:db8::1"), "2001:db8::1");
    auto twice = request({{"X-Forwarded-For", "6.6.6.6"}, {"X-Forwarded-For", "192.0.2.7"}});
    EXPECT_EQ(judge.client_of(twice), "192.0.2.7");
    auto looked_through = sealed({{"X-Forwarded-For", "192.0.2.7,172.20.9.9"}}, "the token", "127.0.0.1");
    EXPECT_EQ(judge.client_of(looked_through), "192.0.2.7") << "behind our own proxy, too";
}

TEST_F(Trust, believes_the_socket_that_only_its_own_account_can_open)
{
    auto judge = trust();
    auto asked = request({{"X-Forwarded-For", "192.0.2.7"}}, "unix");
    EXPECT_EQ(judge.client_of(asked), "192.0.2.7");
}

TEST_F(Trust, another_token_may_come_later)
{
    auto judge = trust();
    judge.share("the next token");
    auto good = sealed({{"X-Forwarded-For", "192.0.2.7"}}, "the next token");
    EXPECT_EQ(judge.client_of(good), "192.0.2.7");
    auto old = sealed({{"X-Forwarded-For", "192.0.2.7"}});
    EXPECT_EQ(judge.client_of(old), "10.1.2.3");
}

// A connection on this machine, of the account that runs the test.
class LocalConnection {
  public:
    LocalConnection()
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address); // NOLINT: C interface
        bool const opened = bind(listener_.get(), generic, size) == 0 && listen(listener_.get(), 1) == 0 &&
                            getsockname(listener_.get(), generic, &size) == 0 &&
                            connect(client_.get(), generic, size) == 0;
        EXPECT_TRUE(opened);
        server_ = Descriptor(accept(listener_.get(), nullptr, nullptr));
        local_port_ = ntohs(address.sin_port);
        getsockname(client_.get(), generic, &size);
        port_ = ntohs(address.sin_port);
    }
    [[nodiscard]] http::Peer peer(std::uint64_t number) const
    {
        return {.address = "127.0.0.1",
                .port = port_,
                .local_address = "127.0.0.1",
                .local_port = local_port_,
                .connection = number};
    }
    void close_client() { client_ = Descriptor(); }

  private:
    Descriptor listener_{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    Descriptor client_{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    Descriptor server_;
    std::uint16_t port_ = 0, local_port_ = 0;
};

TEST_F(Trust, knows_a_proxy_that_seals_nothing_by_its_account)
{
    LocalConnection connection;
    auto judge = trust();
    auto const client = [&](std::uint64_t number) {
        auto asked = request({{"X-Forwarded-For", "192.0.2.7"}});
        asked.peer = connection.peer(number);
        return judge.client_of(asked);
    };
    EXPECT_EQ(client(1), "127.0.0.1") << "no proxy of ours runs";
    judge.know_proxy([] { return 1; });
    if (geteuid() != 0)
        EXPECT_EQ(client(2), "127.0.0.1") << "another account's";
    judge.know_proxy([] { return static_cast<int>(getpid()); });
    EXPECT_EQ(client(3), "192.0.2.7");
    auto remote = request({{"X-Forwarded-For", "192.0.2.7"}});
    EXPECT_EQ(judge.client_of(remote), "10.1.2.3") << "it does not come from this machine";
    connection.close_client();
    EXPECT_EQ(client(3), "192.0.2.7") << "it was asked once";
    EXPECT_EQ(client(4), "127.0.0.1") << "nobody has that connection any more";
}

TEST_F(Trust, does_not_go_by_the_account_once_the_proxy_seals)
{
    LocalConnection const connection;
    auto judge = trust();
    judge.know_proxy([] { return static_cast<int>(getpid()); });
    auto good = sealed({{"X-Forwarded-For", "192.0.2.7"}});
    EXPECT_EQ(judge.client_of(good), "192.0.2.7");
    auto asked = request({{"X-Forwarded-For", "192.0.2.7"}});
    asked.peer = connection.peer(1);
    EXPECT_EQ(judge.client_of(asked), "127.0.0.1") << "a server of the same account";
}

} // namespace
} // namespace jhub::hub
