#include "base/sealed_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace jhub {
namespace {

constexpr int seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;

} // namespace

Result<Descriptor> sealed_file(char const* name, std::string_view bytes)
{
    auto const cannot = [name](char const* step) {
        return fail(Errc::failed, fmt::format("{} cannot be kept in memory: {}", name, strerror(errno)), step);
    };
    Descriptor file(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!file)
        return cannot("memfd_create");
    while (!bytes.empty()) {
        ssize_t const written = write(file.get(), bytes.data(), bytes.size());
        if (written <= 0)
            return cannot("write");
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (fcntl(file.get(), F_ADD_SEALS, seals) != 0)
        return cannot("seal");
    return file;
}

bool is_sealed(int file)
{
    int const found = fcntl(file, F_GET_SEALS);
    return found >= 0 && (found & seals) == seals;
}

} // namespace jhub
