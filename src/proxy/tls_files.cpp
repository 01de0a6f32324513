#include "proxy/tls_files.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include <openssl/err.h>
#include <openssl/pem.h>

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

using Bio = std::unique_ptr<BIO, decltype([](BIO* bio) { BIO_free(bio); })>;
using Certificate = std::unique_ptr<X509, decltype([](X509* certificate) { X509_free(certificate); })>;
using Key = std::unique_ptr<EVP_PKEY, decltype([](EVP_PKEY* key) { EVP_PKEY_free(key); })>;

// A file's text as OpenSSL reads it; wiped at the end, since it may be a key.
class PemText {
  public:
    static Result<PemText> read(std::string_view what, std::string const& path, FileOpener const& open)
    {
        PemText result;
        Descriptor const file = open(path);
        std::array<char, 8192> piece{};
        ssize_t got = -1;
        while (file.get() >= 0 && (got = ::read(file.get(), piece.data(), piece.size())) > 0 &&
               result.text_.size() < largest_file)
            result.text_.append(piece.data(), static_cast<std::size_t>(got));
        OPENSSL_cleanse(piece.data(), piece.size());
        if (got != 0)
            return fail(Errc::invalid_argument, fmt::format("cannot read {} {}: {}", what, printable(path),
                                                            got > 0 ? "it is too large" : std::strerror(errno)));
        return result;
    }
    PemText(PemText&&) = default;
    PemText& operator=(PemText&&) = delete;
    ~PemText() { OPENSSL_cleanse(text_.data(), text_.size()); }
    [[nodiscard]] Bio bio() const { return Bio(BIO_new_mem_buf(text_.data(), static_cast<int>(text_.size()))); }

  private:
    PemText() = default;
    static constexpr std::size_t largest_file = 8 * 1024 * 1024;
    std::string text_;
};

// The server's own certificate first, then those that lead to the authority.
Result<> use_certificate(SSL_CTX* context, std::string const& path, FileOpener const& open)
{
    TRY(PemText const text, PemText::read("the certificate", path, open));
    Bio const bio = text.bio();
    Certificate const own(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
    if (own == nullptr || SSL_CTX_use_certificate(context, own.get()) != 1)
        return broken("the certificate", path);
    while (Certificate next{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)})
        if (SSL_CTX_add0_chain_cert(context, next.release()) != 1)
            return broken("the certificate", path);
    ERR_clear_error(); // "no start line" ends the list
    return {};
}

} // namespace

Result<> use_identity(SSL_CTX& context, std::string const& certificate, std::string const& key,
                      std::string const& passphrase, FileOpener const& open)
{
    CHECK(use_certificate(&context, certificate, open));
    TRY(PemText const text, PemText::read("the key", key, open));
    Key const secret(PEM_read_bio_PrivateKey(text.bio().get(), nullptr, give_passphrase,
                                             const_cast<std::string*>(&passphrase))); // NOLINT: C interface
    if (secret == nullptr || SSL_CTX_use_PrivateKey(&context, secret.get()) != 1 ||
        SSL_CTX_check_private_key(&context) != 1)
        return broken("the key", key);
    return {};
}

Result<> use_authorities(SSL_CTX& context, std::string const& path, TlsRole side, FileOpener const& open)
{
    TRY(PemText const text, PemText::read("the certificate authorities", path, open));
    Bio const bio = text.bio();
    std::size_t count = 0;
    while (Certificate const next{PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr)}) {
        X509_STORE_add_cert(SSL_CTX_get_cert_store(&context), next.get());
        if (side == TlsRole::server)
            SSL_CTX_add_client_CA(&context, next.get());
        ++count;
    }
    if (count == 0)
        return broken("the certificate authorities", path);
    ERR_clear_error();
    return {};
}

Result<> use_dhparam(SSL_CTX& context, std::string const& file, FileOpener const& open)
{
    if (file.empty()) {
        SSL_CTX_set_dh_auto(&context, 1);
        return {};
    }
    TRY(PemText const text, PemText::read("the Diffie-Hellman parameters", file, open));
    Key parameters(PEM_read_bio_Parameters(text.bio().get(), nullptr));
    if (parameters == nullptr || SSL_CTX_set0_tmp_dh_pkey(&context, parameters.get()) != 1)
        return broken("the Diffie-Hellman parameters", file);
    (void)parameters.release(); // the context has it
    return {};
}

} // namespace jhub::proxy
