#include "proxy/tls.hpp"

#include <arpa/inet.h>
#include <fcntl.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "proxy/tls_files.hpp"

namespace jhub::proxy {
namespace {

struct Version {
    std::string_view name;
    int number;
};
constexpr std::array versions{Version{"TLSv1_2", TLS1_2_VERSION}, Version{"TLSv1_3", TLS1_3_VERSION}};

Result<> use_version(SSL_CTX* context, std::string_view name)
{
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    if (name.ends_with("_method"))
        name.remove_suffix(7);
    if (name.empty() || name == "TLS" || name == "SSLv23")
        return {};
    auto const* const found = std::ranges::find(versions, name, &Version::name);
    if (found == versions.end())
        return fail(Errc::invalid_argument,
                    fmt::format("--ssl-protocol takes TLSv1_2 or TLSv1_3, not {}", printable(name)));
    SSL_CTX_set_min_proto_version(context, found->number);
    SSL_CTX_set_max_proto_version(context, found->number);
    return {};
}

// As in Node: names that begin with TLS_ are suites of TLS 1.3, the others are for TLS 1.2; only the former: only
// TLS 1.3.
Result<> use_ciphers(SSL_CTX* context, std::string const& ciphers)
{
    std::string suites;
    std::string others;
    for (auto const& name : split(ciphers, ':')) {
        auto& list = name.starts_with("TLS_") ? suites : others;
        list += (list.empty() ? "" : ":") + name;
    }
    auto const refuse = [](std::string const& list) {
        return fail(Errc::invalid_argument,
                    fmt::format("cannot use --ssl-ciphers {}: {}", printable(list), tls_error()));
    };
    if (!suites.empty() && SSL_CTX_set_ciphersuites(context, suites.c_str()) != 1)
        return refuse(suites);
    if (!others.empty() && SSL_CTX_set_cipher_list(context, others.c_str()) != 1)
        return refuse(others);
    if (!suites.empty() && others.empty())
        SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    return {};
}

void use_small_memory(SSL_CTX* context)
{
    SSL_CTX_set_mode(context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
}

// The further certificates of a context, owned by it.
struct Siblings {
    std::vector<TlsContext> others;
    std::vector<CertificateFacts> facts;
};

void free_siblings(void*, void* data, CRYPTO_EX_DATA*, int, long, void*) // NOLINT: C interface
{
    delete static_cast<Siblings*>(data); // NOLINT: owned by the context
}

int siblings_index()
{
    static int const index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_siblings);
    return index;
}

Siblings const* siblings_of(SSL_CTX const* context)
{
    return static_cast<Siblings const*>(SSL_CTX_get_ex_data(context, siblings_index()));
}

bool is_for(SSL_CTX const* context, std::string_view name)
{
    X509* const certificate = SSL_CTX_get0_certificate(context);
    return X509_check_host(certificate, name.data(), name.size(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, nullptr) == 1;
}

// The first certificate that fits the name, else the first of all.
int choose_by_name(SSL* session, int*, void*)
{
    char const* const name = SSL_get_servername(session, TLSEXT_NAMETYPE_host_name);
    SSL_CTX* const first = SSL_get_SSL_CTX(session);
    auto const* const siblings = siblings_of(first);
    if (name == nullptr || siblings == nullptr || siblings->others.empty() || is_for(first, name))
        return SSL_TLSEXT_ERR_OK;
    for (auto const& other : siblings->others)
        if (is_for(other.get(), name)) {
            SSL_set_SSL_CTX(session, other.get());
            break;
        }
    return SSL_TLSEXT_ERR_OK;
}

// ALPN: this program speaks HTTP/1.1 only (RFC 7301 §3.2: no common protocol ends the handshake).
int choose_protocol(SSL*, unsigned char const** out, unsigned char* size, unsigned char const* offered,
                    unsigned int offered_size, void*)
{
    static constexpr std::array<unsigned char, 18> ours{8, 'h', 't', 't', 'p', '/', '1', '.', '1',
                                                        8, 'h', 't', 't', 'p', '/', '1', '.', '0'};
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, size, ours.data(), ours.size(), offered, offered_size) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

std::int64_t expiry(X509 const& certificate)
{
    int days = 0;
    int seconds = 0;
    std::unique_ptr<ASN1_TIME, decltype([](ASN1_TIME* time) { ASN1_TIME_free(time); })> const epoch(
        ASN1_TIME_set(nullptr, 0));
    if (ASN1_TIME_diff(&days, &seconds, epoch.get(), X509_get0_notAfter(&certificate)) != 1)
        return 0;
    return std::int64_t{days} * 86'400 + seconds;
}

// A server's context without a certificate yet.
Result<TlsContext> make_one(TlsFiles const& files, TlsServerRules const& rules, TicketKeys const& keys,
                            FileOpener const& open)
{
    static constexpr std::string_view id_context = "configurable-http-proxy";
    TlsContext context(SSL_CTX_new(TLS_server_method()));
    use_small_memory(context.get());
    SSL_CTX_set_options(context.get(), SSL_OP_CIPHER_SERVER_PREFERENCE);
    // Sessions are resumed by tickets, which cost no memory here.
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_session_id_context(context.get(), reinterpret_cast<unsigned char const*>(id_context.data()), // NOLINT
                                   static_cast<unsigned>(id_context.size()));
    auto sealed = keys; // the interface takes them without const
    SSL_CTX_set_tlsext_ticket_keys(context.get(), sealed.data(), static_cast<long>(sealed.size()));
    OPENSSL_cleanse(sealed.data(), sealed.size());
    SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
    CHECK(use_version(context.get(), rules.protocol));
    CHECK(use_ciphers(context.get(), rules.ciphers));
    CHECK(use_dhparam(*context, rules.dhparam, open));
    if (!files.authorities.empty())
        CHECK(use_authorities(*context, files.authorities, TlsRole::server, open));
    // As the npm program behaves: asking for a certificate already refuses clients that have none.
    if (files.request_certificate)
        SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    return context;
}

} // namespace

std::string tls_error()
{
    std::array<char, 256> text{};
    auto const code = ERR_get_error();
    ERR_clear_error();
    if (code == 0)
        return "unknown reason";
    ERR_error_string_n(code, text.data(), text.size());
    return text.data();
}

Descriptor open_directly(std::string const& path)
{
    return Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
}

TicketKeys random_ticket_keys()
{
    TicketKeys keys{};
    if (RAND_bytes(keys.data(), static_cast<int>(keys.size())) != 1)
        throw std::runtime_error("no random numbers");
    return keys;
}

Result<TlsContext> make_server_context(TlsFiles const& files, TlsServerRules const& rules, TicketKeys const& keys,
                                       FileOpener const& open)
{
    auto siblings = std::make_unique<Siblings>();
    TlsContext first;
    for (auto const& [certificate, key] : files.pairs()) {
        TRY(TlsContext context, make_one(files, rules, keys, open));
        CHECK(use_identity(*context, certificate, key, files.passphrase, open));
        siblings->facts.push_back({certificate, expiry(*SSL_CTX_get0_certificate(context.get()))});
        if (first == nullptr)
            first = std::move(context);
        else
            siblings->others.push_back(std::move(context));
    }
    SSL_CTX_set_tlsext_servername_callback(first.get(), choose_by_name);
    SSL_CTX_set_ex_data(first.get(), siblings_index(), siblings.release());
    return first;
}

std::vector<CertificateFacts> certificate_facts(SSL_CTX& context)
{
    auto const* const siblings = siblings_of(&context);
    return siblings == nullptr ? std::vector<CertificateFacts>{} : siblings->facts;
}

Result<TlsContext> make_client_context(TlsFiles const& files, bool insecure, FileOpener const& open)
{
    TlsContext context(SSL_CTX_new(TLS_client_method()));
    use_small_memory(context.get());
    CHECK(use_version(context.get(), ""));
    for (auto const& [certificate, key] : files.pairs())
        CHECK(use_identity(*context, certificate, key, files.passphrase, open));
    if (files.authorities.empty())
        SSL_CTX_set_default_verify_paths(context.get());
    else {
        CHECK(use_authorities(*context, files.authorities, TlsRole::client, open));
    }
    SSL_CTX_set_verify(context.get(), insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
    return context;
}

TlsSession accept_session(SSL_CTX& context, int descriptor)
{
    TlsSession session(SSL_new(&context));
    if (session != nullptr && SSL_set_fd(session.get(), descriptor) == 1)
        SSL_set_accept_state(session.get());
    return session;
}

TlsSession connect_session(SSL_CTX& context, int descriptor, std::string const& host)
{
    TlsSession session(SSL_new(&context));
    if (session == nullptr || SSL_set_fd(session.get(), descriptor) != 1)
        return nullptr;
    std::array<unsigned char, 16> address{};
    bool const numeric =
        inet_pton(AF_INET, host.c_str(), address.data()) == 1 || inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
    if (numeric) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session.get()), host.c_str());
    } else {
        SSL_set_hostflags(session.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        SSL_set1_host(session.get(), host.c_str());
        SSL_set_tlsext_host_name(session.get(), host.c_str());
    }
    SSL_set_connect_state(session.get());
    return session;
}

} // namespace jhub::proxy
