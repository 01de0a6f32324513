#include "privileged/messages.hpp"

#include <cstring>

#include "privileged/packing.hpp"

namespace jhub::privileged::wire {

JHUB_WIRE_FIELDS(ProcessId, m.pid, m.start_time, m.boot_id, m.uid);
JHUB_WIRE_FIELDS(Prepare, m.user, m.argv, m.env, m.working_directory, m.create_working_directory, m.pam_service);
JHUB_WIRE_FIELDS(Release, m.pid);
JHUB_WIRE_FIELDS(Watch, m.id, m.user);
JHUB_WIRE_FIELDS(Signal, m.id, m.signal);
JHUB_WIRE_FIELDS(Authenticate, m.service, m.user, m.password, m.otp, m.check_account, m.timeout_ms);
JHUB_WIRE_FIELDS(LookUp, m.user);
JHUB_WIRE_FIELDS(MakeAccount, m.user);
JHUB_WIRE_FIELDS(Watched, m.id);
JHUB_WIRE_FIELDS(Done, m.value);
JHUB_WIRE_FIELDS(Failed, m.code, m.message, m.detail);
JHUB_WIRE_FIELDS(Exited, m.pid, m.status_known, m.status);
JHUB_WIRE_FIELDS(Account, m.name, m.uid, m.gid, m.home, m.shell, m.group_ids, m.groups);
JHUB_WIRE_FIELDS(PamAnswer, m.outcome, m.canonical_user, m.reason);

template <> inline constexpr std::uint8_t last_value<Errc> = static_cast<std::uint8_t>(Errc::failed);
template <> inline constexpr std::uint8_t last_value<PamOutcome> = static_cast<std::uint8_t>(PamOutcome::unreachable);

namespace {

constexpr std::uint8_t version = 2;

// Makes the message of a type known only at run time.
template <std::size_t... index>
bool get_message(Reader& reader, std::uint8_t type, Message& message, std::index_sequence<index...>)
{
    return ((type == index && (reader.get(message.emplace<index>()), true)) || ...);
}

} // namespace

Result<std::string> encode(Packet const& packet)
{
    Writer writer;
    writer.bytes.reserve(4096); // a packet with a password never moves, so it leaves no copies
    writer.put(version);
    writer.put(static_cast<std::uint8_t>(packet.message.index()));
    writer.put(packet.request);
    std::visit([&writer](auto const& message) { writer.put(message); }, packet.message);
    if (writer.bytes.size() > max_message) {
        wipe(writer.bytes);
        return fail(Errc::too_large, "The command with its arguments and environment is larger than 64 KiB.");
    }
    return std::move(writer.bytes);
}

Result<Packet> decode(std::string_view bytes)
{
    auto const refused = [] { return fail(Errc::invalid_argument, "Not a message of the privileged helper."); };
    if (bytes.size() > max_message)
        return refused();
    Reader reader(bytes);
    std::uint8_t sent_version = 0;
    std::uint8_t type = 0;
    Packet packet;
    reader.get(sent_version);
    reader.get(type);
    reader.get(packet.request);
    if (sent_version != version)
        return refused();
    constexpr auto all_types = std::make_index_sequence<std::variant_size_v<Message>>();
    if (!get_message(reader, type, packet.message, all_types) || !reader.finished())
        return refused();
    return packet;
}

void wipe(std::string& secret)
{
    secret.resize(secret.capacity());
    explicit_bzero(secret.data(), secret.size());
    secret.clear();
}

} // namespace jhub::privileged::wire
