#include "privileged/helper_policy.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "base/sealed_file.hpp"
#include "privileged/packing.hpp"

namespace jhub::privileged {

namespace wire {

JHUB_WIRE_FIELDS(HubIdentity, m.uid, m.gid);
JHUB_WIRE_FIELDS(AdmissionRules, m.allow_root_user, m.first_uid, m.never, m.shells, m.users, m.groups, m.powerful);
JHUB_WIRE_FIELDS(FixedCommand, m.user, m.argv, m.directory, m.environment);
JHUB_WIRE_FIELDS(AccountNumber, m.name, m.uid);
JHUB_WIRE_FIELDS(AddAccount, m.command, m.uids);
JHUB_WIRE_FIELDS(HelperPolicy, m.open_files, m.hub, m.admission, m.variables, m.fixed_variables, m.programs, m.services,
                 m.add_account, m.login_service, m.session_service, m.check_account);

} // namespace wire

namespace {

constexpr std::size_t largest_policy = 4 * 1024 * 1024;

std::unexpected<Error> cannot(char const* step)
{
    return fail(Errc::failed, fmt::format("The helper's policy cannot be handed over: {}", strerror(errno)), step);
}

} // namespace

std::string encode_policy(HelperPolicy const& policy)
{
    wire::Writer writer;
    writer.put(policy);
    return std::move(writer.bytes);
}

Result<HelperPolicy> decode_policy(std::string_view bytes)
{
    wire::Reader reader(bytes);
    HelperPolicy policy;
    reader.get(policy);
    if (!reader.finished())
        return fail(Errc::invalid_argument, "This is no policy of the helper.");
    return policy;
}

Result<Descriptor> seal_policy(HelperPolicy const& policy)
{
    std::string const bytes = encode_policy(policy);
    if (bytes.size() > largest_policy)
        return fail(Errc::too_large, "The helper's policy is larger than 4 MiB.");
    return sealed_file("helper-policy", bytes);
}

Result<HelperPolicy> read_policy(int file)
{
    struct stat facts{};
    if (!is_sealed(file) || fstat(file, &facts) != 0 || facts.st_size > static_cast<off_t>(largest_policy))
        return fail(Errc::invalid_argument, "This is no policy of the helper.");
    std::string bytes(static_cast<std::size_t>(facts.st_size), '\0');
    if (pread(file, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
        return cannot("read");
    return decode_policy(bytes);
}

} // namespace jhub::privileged
