// Puts what PEM files hold into a TLS context. Errors name the file and OpenSSL's reason.
#pragma once

#include <string>

#include "base/result.hpp"
#include "proxy/tls.hpp"

namespace jhub::proxy {

enum class TlsRole { server, client };

// A certificate with those that lead to its authority, and its key; never asks for a passphrase on the terminal.
[[nodiscard]] Result<> use_identity(SSL_CTX& context, std::string const& certificate, std::string const& key,
                                    std::string const& passphrase, FileOpener const& open);
// Trusts the authorities; a server also tells clients which ones.
[[nodiscard]] Result<> use_authorities(SSL_CTX& context, std::string const& path, TlsRole side, FileOpener const& open);
// Without a file OpenSSL chooses parameters that fit the key.
[[nodiscard]] Result<> use_dhparam(SSL_CTX& context, std::string const& file, FileOpener const& open);

} // namespace jhub::proxy
