#include "proxy/tls.hpp"

#include <arpa/inet.h>

#include <array>
#include <string_view>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <fmt/format.h>

#include "base/strings.hpp"

namespace jhub::proxy {
namespace {

std::unexpected<Error> broken(std::string_view what, std::string const& file)
{
    return fail(Errc::invalid_argument, fmt::format("cannot use {} {}: {}", what, printable(file), tls_error()));
}

// Never asks on the terminal.
int give_passphrase(char* buffer, int size, int, void* passphrase)
{
    auto const& text = *static_cast<std::string const*>(passphrase);
    if (static_cast<std::size_t>(size) < text.size())
        return -1;
    text.copy(buffer, text.size());
    return static_cast<int>(text.size());
}

Result<> use_identity(SSL_CTX* context, TlsFiles const& files)
{
    if (files.certificate.empty() && files.key.empty())
        return {};
    std::string const& certificate = files.certificate.empty() ? files.key : files.certificate;
    std::string const& key = files.key.empty() ? files.certificate : files.key;
    SSL_CTX_set_default_passwd_cb(context, give_passphrase);
    SSL_CTX_set_default_passwd_cb_userdata(context, const_cast<std::string*>(&files.passphrase)); // NOLINT: C interface
    if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1)
        return broken("the certificate", certificate);
    if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1)
        return broken("the key", key);
    SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
    return {};
}

struct Version {
    std::string_view name;
    int number;
};
constexpr std::array versions{Version{"TLSv1", TLS1_VERSION}, Version{"TLSv1_1", TLS1_1_VERSION},
                              Version{"TLSv1_2", TLS1_2_VERSION}, Version{"TLSv1_3", TLS1_3_VERSION}};

Result<> use_version(SSL_CTX* context, std::string_view name)
{
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    if (name.ends_with("_method"))
        name.remove_suffix(7);
    if (name.empty() || name == "TLS" || name == "SSLv23")
        return {};
    auto const* const found = std::ranges::find(versions, name, &Version::name);
    if (found == versions.end())
        return fail(Errc::invalid_argument, "unknown --ssl-protocol: " + printable(name));
    SSL_CTX_set_min_proto_version(context, found->number);
    SSL_CTX_set_max_proto_version(context, found->number);
    return {};
}

Result<> use_dhparam(SSL_CTX* context, std::string const& file)
{
    if (file.empty()) {
        SSL_CTX_set_dh_auto(context, 1);
        return {};
    }
    std::unique_ptr<BIO, decltype([](BIO* bio) { BIO_free(bio); })> const bio(BIO_new_file(file.c_str(), "r"));
    EVP_PKEY* const parameters = bio == nullptr ? nullptr : PEM_read_bio_Parameters(bio.get(), nullptr);
    if (parameters == nullptr || SSL_CTX_set0_tmp_dh_pkey(context, parameters) != 1) {
        EVP_PKEY_free(parameters);
        return broken("the Diffie-Hellman parameters", file);
    }
    return {};
}

void use_small_memory(SSL_CTX* context)
{
    SSL_CTX_set_mode(context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
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

Result<TlsContext> make_server_context(TlsFiles const& files, TlsServerRules const& rules)
{
    TlsContext context(SSL_CTX_new(TLS_server_method()));
    use_small_memory(context.get());
    SSL_CTX_set_options(context.get(), SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    CHECK(use_version(context.get(), rules.protocol));
    if (!rules.ciphers.empty() && SSL_CTX_set_cipher_list(context.get(), rules.ciphers.c_str()) != 1)
        return broken("--ssl-ciphers", rules.ciphers);
    CHECK(use_dhparam(context.get(), rules.dhparam));
    CHECK(use_identity(context.get(), files));
    if (!files.authorities.empty()) {
        if (SSL_CTX_load_verify_locations(context.get(), files.authorities.c_str(), nullptr) != 1)
            return broken("the certificate authorities", files.authorities);
        SSL_CTX_set_client_CA_list(context.get(), SSL_load_client_CA_file(files.authorities.c_str()));
    }
    // As the npm program behaves: asking for a certificate already refuses clients that have none.
    if (files.request_certificate)
        SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    return context;
}

Result<TlsContext> make_client_context(TlsFiles const& files, bool insecure)
{
    TlsContext context(SSL_CTX_new(TLS_client_method()));
    use_small_memory(context.get());
    CHECK(use_version(context.get(), ""));
    CHECK(use_identity(context.get(), files));
    if (!files.authorities.empty()) {
        if (SSL_CTX_load_verify_locations(context.get(), files.authorities.c_str(), nullptr) != 1)
            return broken("the certificate authorities", files.authorities);
    } else {
        SSL_CTX_set_default_verify_paths(context.get());
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
