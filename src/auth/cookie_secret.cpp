#include "auth/cookie_secret.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.hpp"
#include "base/encoding.hpp"
#include "base/guarded_file.hpp"
#include "base/random.hpp"
#include "base/strings.hpp"

namespace jhub::auth {
namespace {

constexpr std::size_t secret_bytes = 32;
constexpr std::size_t maximum_file_size = 4096;

std::string system_error() { return std::strerror(errno); }

std::string expand_home(std::string const& path, std::string const& home)
{
    if (path == "~" || path.starts_with("~/"))
        return home + path.substr(1);
    return path;
}

CookieSecret checked(std::string bytes, std::string_view source)
{
    CookieSecret secret{std::move(bytes), false, {}};
    if (secret.bytes.size() > secret_bytes)
        secret.warnings.push_back("The cookie secret from " + std::string(source) + " has " +
                                  std::to_string(secret.bytes.size()) + " bytes; 32 are enough.");
    if (secret.bytes.size() < secret_bytes)
        secret.warnings.push_back("The cookie secret from " + std::string(source) + " has only " +
                                  std::to_string(secret.bytes.size()) + " bytes; 32 cannot be guessed.");
    return secret;
}

Result<CookieSecret> from_hex(std::string_view text, std::string_view source)
{
    auto bytes = hex_decode(trim(text));
    if (!bytes || bytes->empty())
        return fail(Errc::failed,
                    std::string(source) + " must be pairs of hexadecimal digits; make one with: openssl rand -hex 32");
    return checked(*std::move(bytes), source);
}

Result<std::string> read_all(Descriptor const& file, std::string const& path)
{
    std::string text(maximum_file_size + 1, '\0');
    std::size_t used = 0;
    while (used < text.size()) {
        ssize_t const count = ::read(file.get(), text.data() + used, text.size() - used);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return fail(Errc::failed, "Cannot read the cookie secret file " + path + ": " + system_error());
        if (count == 0)
            break;
        used += static_cast<std::size_t>(count);
    }
    if (used > maximum_file_size)
        return fail(Errc::failed, "The cookie secret file " + path + " is too large to be one.");
    text.resize(used);
    return text;
}

// Whoever reads the secret can be anybody, whoever writes it can make everybody somebody else.
Result<> check_file(Descriptor const& file, std::string const& path)
{
    struct stat status{};
    if (::fstat(file.get(), &status) != 0)
        return fail(Errc::failed, "Cannot examine the cookie secret file " + path + ": " + system_error());
    if (!S_ISREG(status.st_mode))
        return fail(Errc::failed,
                    "The cookie secret file " + path +
                        " is no file. Remove it, or set c.JupyterHub.cookie_secret_file to another place.");
    if (status.st_uid != ::geteuid() && status.st_uid != 0)
        return fail(Errc::failed, "The cookie secret file " + path + " belongs to another account (number " +
                                      std::to_string(status.st_uid) +
                                      "), which could log in as anybody. Delete it to get a new one; everybody has to "
                                      "log in again then.");
    if ((status.st_mode & 077) != 0)
        return fail(Errc::failed, "Others may read or write the cookie secret file " + path +
                                      ", so that they could log in as anybody. Correct it with: chmod 600 " + path +
                                      " — or delete the file if somebody may have seen it; everybody has to log in "
                                      "again then.");
    return {};
}

Result<CookieSecret> read_secret(Descriptor const& file, std::string const& path)
{
    CHECK(check_file(file, path));
    TRY(std::string const text, read_all(file, path));
    std::string_view const stripped = trim(text);
    auto const from_hex = hex_decode(stripped);
    auto const bytes = from_hex ? from_hex : base64_decode(stripped);
    if (!bytes || bytes->empty())
        return fail(Errc::failed, "The cookie secret file " + path +
                                      " does not hold pairs of hexadecimal digits. Delete it to get a new secret; "
                                      "everybody has to log in again then.");
    if (bytes->size() < secret_bytes)
        return fail(Errc::failed, "The cookie secret file " + path + " holds " + std::to_string(bytes->size()) +
                                      " bytes, 32 are needed. Delete it to get a new secret; everybody has to log in "
                                      "again then.");
    CookieSecret secret = checked(*bytes, path);
    if (!from_hex)
        secret.warnings.push_back("The cookie secret file " + path +
                                  " is in the old base64 form. Delete it to get a new one; everybody has to log in "
                                  "again then.");
    return secret;
}

Result<> write_all(Descriptor const& file, std::string_view text)
{
    while (!text.empty()) {
        ssize_t const count = ::write(file.get(), text.data(), text.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return fail(Errc::failed, system_error());
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    if (::fsync(file.get()) != 0)
        return fail(Errc::failed, system_error());
    return {};
}

Result<CookieSecret> create_secret(std::string const& path)
{
    CookieSecret secret{random_bytes(secret_bytes), true, {}};
    auto const file = open_guarded(path, {Opening::Access::append, Opening::Missing::is_made, 0600});
    if (!file)
        return fail(Errc::failed, "Cannot create the cookie secret file " + path + ": " + file.error().message +
                                      " Set c.JupyterHub.cookie_secret_file to a place the hub may write to.");
    if (auto const written = write_all(*file, hex_encode(secret.bytes) + "\n"); !written) {
        (void)remove_guarded(path);
        return fail(Errc::failed, "Cannot write the cookie secret file " + path + ": " + written.error().message);
    }
    return secret;
}

} // namespace

Result<CookieSecret> load_or_create_cookie_secret(CookieSecretSources const& sources)
{
    if (sources.configured_bytes && !sources.configured_bytes->empty())
        return checked(*sources.configured_bytes, "c.JupyterHub.cookie_secret");
    if (sources.configured_hex && !sources.configured_hex->empty())
        return from_hex(*sources.configured_hex, "c.JupyterHub.cookie_secret");
    if (sources.environment && !sources.environment->empty())
        return from_hex(*sources.environment, "JPY_COOKIE_SECRET");

    std::string const path = expand_home(sources.file, sources.home);
    auto const file = open_guarded(path, {});
    if (file)
        return read_secret(*file, path);
    if (file.error().code == Errc::not_found)
        return create_secret(path);
    return fail(Errc::failed,
                "The cookie secret file " + file.error().message +
                    " Whoever can change it can log in as anybody. If only its mode is wrong: chmod 600 " + path +
                    " — or delete it to get a new one; everybody has to log in again then.");
}

} // namespace jhub::auth
