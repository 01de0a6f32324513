// TLS contexts from the --ssl-*, --api-ssl-* and --client-ssl-* options. OpenSSL works directly on the socket, which
// costs an idle connection a fraction of what a stream layer with its own buffers would.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <openssl/ssl.h>

#include "base/result.hpp"
#include "proxy/options.hpp"
#include "proxy/sockets.hpp"

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

// Opens a file for reading; -1 and errno when it cannot. A proxy that gave up root may have to ask somebody.
using FileOpener = std::function<Descriptor(std::string const& path)>;
[[nodiscard]] Descriptor open_directly(std::string const& path);

// What session tickets are sealed with. Workers that share one resume each other's sessions.
using TicketKeys = std::array<unsigned char, 80>;
[[nodiscard]] TicketKeys random_ticket_keys();

// The context of the first certificate; the others are chosen by the name a client asks for. Speaks http/1.1 to
// clients that negotiate (ALPN). Errors name the file and OpenSSL's reason.
[[nodiscard]] Result<TlsContext> make_server_context(TlsFiles const& files, TlsServerRules const& rules,
                                                     TicketKeys const& keys, FileOpener const& open = open_directly);
// Towards https targets: the system's authorities unless files names some; insecure: certificates are not checked.
[[nodiscard]] Result<TlsContext> make_client_context(TlsFiles const& files, bool insecure,
                                                     FileOpener const& open = open_directly);

struct CertificateFacts {
    std::string file;
    std::int64_t expires; // seconds since 1970
};
// Of all certificates of a server's context, in the order of the options.
[[nodiscard]] std::vector<CertificateFacts> certificate_facts(SSL_CTX& context);

[[nodiscard]] TlsSession accept_session(SSL_CTX& context, int descriptor);
// host is checked against the certificate and sent as SNI when it is a name.
[[nodiscard]] TlsSession connect_session(SSL_CTX& context, int descriptor, std::string const& host);

// What OpenSSL says about the last failure on this thread; clears it.
[[nodiscard]] std::string tls_error();

} // namespace jhub::proxy
