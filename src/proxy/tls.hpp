// TLS contexts from the --ssl-*, --api-ssl-* and --client-ssl-* options. OpenSSL works directly on the socket, which
// costs an idle connection a fraction of what a stream layer with its own buffers would.
#pragma once

#include <memory>
#include <string>

#include <openssl/ssl.h>

#include "base/result.hpp"
#include "proxy/options.hpp"

namespace jhub::proxy {

struct TlsDeleter {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* session) const { SSL_free(session); }
};
using TlsContext = std::unique_ptr<SSL_CTX, TlsDeleter>;
using TlsSession = std::unique_ptr<SSL, TlsDeleter>;

struct TlsServerRules {
    std::string protocol; // "TLSv1_2" or "TLSv1_2_method": that version only
    std::string ciphers;
    std::string dhparam;
};

// Errors name the file and OpenSSL's reason.
[[nodiscard]] Result<TlsContext> make_server_context(TlsFiles const& files, TlsServerRules const& rules = {});
// Towards https targets: the system's authorities unless files names some; insecure: certificates are not checked.
[[nodiscard]] Result<TlsContext> make_client_context(TlsFiles const& files, bool insecure);

[[nodiscard]] TlsSession accept_session(SSL_CTX& context, int descriptor);
// host is checked against the certificate and sent as SNI when it is a name.
[[nodiscard]] TlsSession connect_session(SSL_CTX& context, int descriptor, std::string const& host);

// What OpenSSL says about the last failure on this thread; clears it.
[[nodiscard]] std::string tls_error();

} // namespace jhub::proxy
