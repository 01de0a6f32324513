// TLS towards clients: which certificate they get, resumption, ALPN, versions, and certificates that change meanwhile.
#include "proxy/tls.hpp"

#include <csignal>
#include <ctime>
#include <fstream>

#include <openssl/err.h>

#include "certificate_maker.hpp"
#include "running_proxy.hpp"

namespace jhub::proxy {
namespace {

using testing::make_certificate;
using testing::RunningProxy;
using testing::small_proxy;

// A TLS client of one connection; what it learnt is in its fields.
struct TlsClient {
    struct Wish {
        std::string name;              // SNI
        std::string alpn;              // as on the wire: length, name, …
        int version = 0;               // the highest
        SSL_SESSION* resume = nullptr; // a session of before
        std::string ciphers;           // of TLS 1.2
    };

    using Session = std::unique_ptr<SSL_SESSION, decltype([](SSL_SESSION* one) { SSL_SESSION_free(one); })>;

    explicit TlsClient(std::uint16_t port) : TlsClient(port, Wish{}) {}
    TlsClient(std::uint16_t port, Wish const& wish) : context(SSL_CTX_new(TLS_client_method()))
    {
        SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_set_app_data(context.get(), &given);
        SSL_CTX_sess_set_new_cb(context.get(), [](SSL* one, SSL_SESSION* offered) {
            static_cast<Session*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(one)))->reset(offered);
            return 1; // kept
        });
        if (wish.version != 0)
            SSL_CTX_set_max_proto_version(context.get(), wish.version);
        if (!wish.ciphers.empty())
            SSL_CTX_set_cipher_list(context.get(), wish.ciphers.c_str());
        descriptor = Descriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connect(descriptor.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
        timeval const patience{.tv_sec = 10, .tv_usec = 0};
        setsockopt(descriptor.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        session = TlsSession(SSL_new(context.get()));
        SSL_set_fd(session.get(), descriptor.get());
        if (!wish.name.empty())
            SSL_set_tlsext_host_name(session.get(), wish.name.c_str());
        if (!wish.alpn.empty())
            SSL_set_alpn_protos(session.get(), reinterpret_cast<unsigned char const*>(wish.alpn.data()),
                                static_cast<unsigned>(wish.alpn.size()));
        if (wish.resume != nullptr) {
            Session const copy(SSL_SESSION_dup(wish.resume)); // ours will not be marked as used up
            SSL_set_session(session.get(), copy.get());
        }
        shook_hands = SSL_connect(session.get()) == 1;
    }
    [[nodiscard]] std::string certificate_name() const
    {
        X509* const shown = SSL_get0_peer_certificate(session.get());
        std::array<char, 256> text{};
        if (shown != nullptr)
            X509_NAME_get_text_by_NID(X509_get_subject_name(shown), NID_commonName, text.data(), text.size());
        return text.data();
    }
    [[nodiscard]] std::string alpn() const
    {
        unsigned char const* text = nullptr;
        unsigned size = 0;
        SSL_get0_alpn_selected(session.get(), &text, &size);
        return {reinterpret_cast<char const*>(text), size};
    }
    std::string ask(std::string_view request)
    {
        SSL_write(session.get(), request.data(), static_cast<int>(request.size()));
        std::array<char, 4096> buffer{};
        int const got = SSL_read(session.get(), buffer.data(), buffer.size());
        return {buffer.data(), static_cast<std::size_t>(std::max(got, 0))};
    }
    std::string ask_health() { return ask("GET /_chp_healthz HTTP/1.1\r\nHost: h\r\n\r\n"); }

    Session given; // the newest session the server offered
    TlsContext context;
    Descriptor descriptor;
    TlsSession session;
    bool shook_hands = false;
};

class Tls : public ::testing::Test {
  protected:
    Tls()
    {
        signal(SIGPIPE, SIG_IGN); // OpenSSL writes to sockets without asking not to be told so
        std::filesystem::create_directories(folder);
    }
    ~Tls() override { std::filesystem::remove_all(folder); }
    Options with(std::vector<std::string> certificates)
    {
        Options options = small_proxy();
        options.tls.certificates = std::move(certificates);
        return options;
    }
    // The certificate new clients get becomes the one of that name.
    static bool soon_shows(RunningProxy const& proxy, std::string const& name)
    {
        for (int i = 0; i < 500; ++i) {
            if (TlsClient(proxy.program.public_port()).certificate_name() == name)
                return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        return false;
    }

    std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / ("tls" + std::to_string(getpid()));
};

TEST_F(Tls, the_certificate_follows_the_name_the_client_asks_for)
{
    RunningProxy proxy(with({make_certificate(folder, "first.example"), make_certificate(folder, "second.example"),
                             make_certificate(folder, "*.wild.example", 30, "wild")}));
    auto const port = proxy.program.public_port();
    EXPECT_EQ(TlsClient(port, {.name = "first.example"}).certificate_name(), "first.example");
    EXPECT_EQ(TlsClient(port, {.name = "second.example"}).certificate_name(), "second.example");
    EXPECT_EQ(TlsClient(port, {.name = "a.wild.example"}).certificate_name(), "*.wild.example");
    EXPECT_EQ(TlsClient(port, {.name = "other.example"}).certificate_name(), "first.example") << "the first of all";
    EXPECT_EQ(TlsClient(port).certificate_name(), "first.example");
    TlsClient second(port, {.name = "second.example"});
    EXPECT_TRUE(second.ask_health().starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST_F(Tls, sessions_are_resumed_by_any_worker_in_both_versions)
{
    Options options = with({make_certificate(folder, "a.example")});
    options.workers = 3;
    RunningProxy proxy(std::move(options));
    for (int const version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        TlsClient first(proxy.program.public_port(), {.version = version});
        ASSERT_TRUE(first.shook_hands);
        first.ask_health(); // with TLS 1.3 the ticket comes after the handshake
        ASSERT_NE(first.given, nullptr) << version;
        for (int i = 0; i < 8; ++i) {
            TlsClient again(proxy.program.public_port(), {.version = version, .resume = first.given.get()});
            EXPECT_EQ(SSL_session_reused(again.session.get()), 1) << version;
            EXPECT_TRUE(again.ask_health().starts_with("HTTP/1.1 200 OK\r\n"));
        }
    }
}

TEST_F(Tls, http_1_1_is_what_it_negotiates_and_nothing_else)
{
    RunningProxy proxy(with({make_certificate(folder, "a.example")}));
    auto const port = proxy.program.public_port();
    EXPECT_EQ(TlsClient(port, {.alpn = "\x02h2\x08http/1.1"}).alpn(), "http/1.1");
    EXPECT_EQ(TlsClient(port).alpn(), "");
    EXPECT_FALSE(TlsClient(port, {.alpn = "\x02h2"}).shook_hands);
}

TEST_F(Tls, versions_before_1_2_are_refused)
{
    RunningProxy proxy(with({make_certificate(folder, "a.example")}));
    EXPECT_FALSE(TlsClient(proxy.program.public_port(), {.version = TLS1_1_VERSION}).shook_hands);
    EXPECT_TRUE(TlsClient(proxy.program.public_port(), {.version = TLS1_2_VERSION}).shook_hands);
    Options options = with({make_certificate(folder, "a.example")});
    options.tls_protocol = "TLSv1_1_method";
    auto const started = Program(std::move(options)).start();
    ASSERT_FALSE(started);
    EXPECT_NE(started.error().message.find("--ssl-protocol"), std::string::npos);
}

TEST_F(Tls, ciphers_are_those_of_the_option)
{
    Options options = with({make_certificate(folder, "a.example")});
    options.tls_ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
    RunningProxy proxy(std::move(options));
    auto const port = proxy.program.public_port();
    TlsClient const good(port, {.version = TLS1_2_VERSION});
    ASSERT_TRUE(good.shook_hands);
    EXPECT_STREQ(SSL_get_cipher_name(good.session.get()), "ECDHE-ECDSA-AES128-GCM-SHA256");
    EXPECT_FALSE(TlsClient(port, {.version = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384"}).shook_hands);
    Options bad = with({make_certificate(folder, "a.example")});
    bad.tls_ciphers = "NO-SUCH-CIPHER";
    EXPECT_FALSE(Program(std::move(bad)).start());
}

TEST_F(Tls, ciphers_of_tls_1_3_alone_leave_only_that_version)
{
    Options options = with({make_certificate(folder, "a.example")});
    options.tls_ciphers = "TLS_AES_128_GCM_SHA256";
    RunningProxy proxy(std::move(options));
    TlsClient const good(proxy.program.public_port());
    ASSERT_TRUE(good.shook_hands);
    EXPECT_STREQ(SSL_get_cipher_name(good.session.get()), "TLS_AES_128_GCM_SHA256");
    EXPECT_FALSE(TlsClient(proxy.program.public_port(), {.version = TLS1_2_VERSION}).shook_hands);
}

TEST_F(Tls, diffie_hellman_parameters_come_from_the_option_and_nonsense_is_refused_by_name)
{
    std::unique_ptr<EVP_PKEY_CTX, decltype([](EVP_PKEY_CTX* one) { EVP_PKEY_CTX_free(one); })> const maker(
        EVP_PKEY_CTX_new_from_name(nullptr, "DH", nullptr));
    std::array<OSSL_PARAM, 2> group{
        OSSL_PARAM_construct_utf8_string("group", const_cast<char*>("ffdhe2048"), 0), // NOLINT: C interface
        OSSL_PARAM_construct_end()};
    EVP_PKEY* made = nullptr;
    ASSERT_EQ(EVP_PKEY_paramgen_init(maker.get()), 1);
    ASSERT_EQ(EVP_PKEY_CTX_set_params(maker.get(), group.data()), 1);
    ASSERT_EQ(EVP_PKEY_paramgen(maker.get(), &made), 1);
    std::string const file = folder / "dh.pem";
    BIO* const out = BIO_new_file(file.c_str(), "w");
    PEM_write_bio_Parameters(out, made);
    BIO_free(out);
    EVP_PKEY_free(made);

    Options options = with({make_certificate(folder, "a.example")});
    options.tls_dhparam = file;
    EXPECT_TRUE(Program(options).start());
    std::ofstream(file) << "nonsense";
    auto const refused = Program(options).start();
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("dh.pem"), std::string::npos);
}

TEST_F(Tls, a_replaced_certificate_is_used_by_new_connections_and_drops_no_old_one)
{
    auto const file = make_certificate(folder, "old.example", 30, "it");
    RunningProxy proxy(with({file}));
    TlsClient old(proxy.program.public_port());
    ASSERT_EQ(old.certificate_name(), "old.example");
    make_certificate(folder, "new.example", 30, "it");
    EXPECT_TRUE(soon_shows(proxy, "new.example")) << "noticed without being told";
    EXPECT_TRUE(old.ask_health().starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST_F(Tls, a_reload_on_request_reads_at_once_and_keeps_the_old_when_the_new_is_broken)
{
    auto const file = make_certificate(folder, "old.example", 30, "it");
    RunningProxy proxy(with({file}));
    std::ofstream(file) << "nonsense";
    proxy.program.reload_certificates();
    for (int i = 0; i < 2; ++i) // the thread that answers is the one that reloads: it has done so before the second
        proxy.add("/x", "http://127.0.0.1:1");
    EXPECT_EQ(TlsClient(proxy.program.public_port()).certificate_name(), "old.example");
    make_certificate(folder, "new.example", 30, "it");
    proxy.program.reload_certificates();
    EXPECT_TRUE(soon_shows(proxy, "new.example"));
}

TEST_F(Tls, a_target_gets_the_certificate_it_asks_for_and_its_own_is_checked)
{
    testing::Backend pages([](testing::Socket& stream, int) {
        while (stream.until("\r\n\r\n").ends_with("\r\n\r\n"))
            stream.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage");
    });
    auto const server = make_certificate(folder, "localhost");
    auto const client = make_certificate(folder, "client.example");
    Options behind = with({server});
    behind.ip = "localhost";
    behind.tls.authorities = client;
    behind.tls.request_certificate = true;
    RunningProxy target(std::move(behind));
    target.add("/", pages.url());

    Options options = small_proxy();
    options.client_tls.certificates = {client};
    options.client_tls.authorities = server;
    options.client_tls.request_certificate = options.client_tls.reject_unauthorized = true; // as upstream's hub passes
    auto const fetched = [&](Options const& changed) {
        RunningProxy proxy(changed);
        proxy.add("/", "https://localhost:" + std::to_string(target.program.public_port()));
        return proxy.fetch("/");
    };
    EXPECT_TRUE(fetched(options).ends_with("page"));
    Options nameless = options;
    nameless.client_tls.certificates.clear();
    EXPECT_TRUE(fetched(nameless).starts_with("HTTP/1.1 503 ")) << "the target wants a certificate";
    Options distrustful = options;
    distrustful.client_tls.authorities = client;
    EXPECT_TRUE(fetched(distrustful).starts_with("HTTP/1.1 503 ")) << "the target's own is not trusted";
    distrustful.insecure = true;
    EXPECT_TRUE(fetched(distrustful).ends_with("page"));
}

TEST_F(Tls, the_metrics_say_when_each_certificate_expires)
{
    Options options = with({make_certificate(folder, "a.example", 10), make_certificate(folder, "b.example", 20)});
    options.metrics_ip = "127.0.0.1";
    options.metrics_port = 0;
    RunningProxy proxy(std::move(options));
    auto metrics = testing::dial(proxy.program.metrics_port());
    metrics.send("GET /metrics HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    std::string const page = metrics.rest();
    for (auto const& [name, days] : {std::pair("a.example", 10), std::pair("b.example", 20)}) {
        std::string const line =
            std::string("ssl_certificate_expiry_seconds{file=\"") + (folder / name).string() + ".pem\"} ";
        auto const place = page.find(line);
        ASSERT_NE(place, std::string::npos) << page;
        EXPECT_NEAR(std::stod(page.substr(place + line.size())), static_cast<double>(time(nullptr) + days * 86'400),
                    60);
    }
}

} // namespace
} // namespace jhub::proxy
