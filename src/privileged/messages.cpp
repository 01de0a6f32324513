#include "privileged/messages.hpp"

#include <concepts>
#include <cstring>
#include <tuple>

namespace jhub::privileged::wire {
namespace {

constexpr std::uint8_t version = 1;

// The fields of each message, in the order they travel; written once for both directions.
template <typename T> struct Fields;
#define JHUB_WIRE_FIELDS(type, ...)                                                                                    \
    template <> struct Fields<type> {                                                                                  \
        static auto of(auto& m) { return std::tie(__VA_ARGS__); }                                                      \
    }
JHUB_WIRE_FIELDS(ProcessId, m.pid, m.start_time, m.boot_id, m.uid);
JHUB_WIRE_FIELDS(Prepare, m.user, m.argv, m.env, m.working_directory, m.create_working_directory, m.pam_service);
JHUB_WIRE_FIELDS(Release, m.pid);
JHUB_WIRE_FIELDS(Watch, m.id);
JHUB_WIRE_FIELDS(Signal, m.id, m.signal);
JHUB_WIRE_FIELDS(Authenticate, m.service, m.user, m.password, m.otp, m.check_account, m.timeout_ms);
JHUB_WIRE_FIELDS(LookUp, m.user);
JHUB_WIRE_FIELDS(Watched, m.id);
JHUB_WIRE_FIELDS(Done, m.value);
JHUB_WIRE_FIELDS(Failed, m.code, m.message, m.detail);
JHUB_WIRE_FIELDS(Exited, m.pid, m.status_known, m.status);
JHUB_WIRE_FIELDS(Account, m.name, m.uid, m.gid, m.home, m.shell, m.group_ids, m.groups);
JHUB_WIRE_FIELDS(PamAnswer, m.outcome, m.canonical_user, m.reason);
#undef JHUB_WIRE_FIELDS

template <typename T>
concept Number = std::integral<T> && !std::same_as<T, bool>;
template <typename T>
concept Structure = requires { sizeof(Fields<T>); };

template <typename T> inline constexpr std::uint8_t last_value = 0;
template <> inline constexpr std::uint8_t last_value<Errc> = static_cast<std::uint8_t>(Errc::failed);
template <> inline constexpr std::uint8_t last_value<PamOutcome> = static_cast<std::uint8_t>(PamOutcome::unreachable);

class Writer {
  public:
    void put(Number auto value)
    {
        for (std::size_t i = 0; i < sizeof value; ++i)
            bytes += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xff);
    }
    void put(bool value) { bytes += static_cast<char>(value); }
    template <typename T>
        requires std::is_enum_v<T>
    void put(T value)
    {
        put(static_cast<std::uint8_t>(value));
    }
    void put(std::string const& text)
    {
        put(static_cast<std::uint32_t>(text.size()));
        bytes += text;
    }
    template <typename T> void put(std::vector<T> const& list)
    {
        put(static_cast<std::uint32_t>(list.size()));
        for (T const& element : list)
            put(element);
    }
    void put(std::pair<std::string, std::string> const& both)
    {
        put(both.first);
        put(both.second);
    }
    template <Structure T> void put(T const& structure)
    {
        std::apply([this](auto const&... field) { (this->put(field), ...); }, Fields<T>::of(structure));
    }

    std::string bytes;
};

// Reads until the first thing that is wrong; from then on everything is.
class Reader {
  public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    [[nodiscard]] bool finished() const { return !wrong_ && rest_.empty(); }

    template <Number T> void get(T& value)
    {
        std::string_view const raw = take(sizeof value);
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < raw.size(); ++i)
            sum |= static_cast<std::uint64_t>(static_cast<unsigned char>(raw[i])) << (8 * i);
        value = static_cast<T>(sum);
    }
    void get(bool& value)
    {
        std::uint8_t raw = 0;
        get(raw);
        wrong_ |= raw > 1;
        value = raw == 1;
    }
    template <typename T>
        requires std::is_enum_v<T>
    void get(T& value)
    {
        std::uint8_t raw = 0;
        get(raw);
        wrong_ |= raw > last_value<T>;
        if (!wrong_)
            value = static_cast<T>(raw);
    }
    void get(std::string& text)
    {
        std::uint32_t size = 0;
        get(size);
        text = take(size);
        wrong_ |= text.find('\0') != std::string::npos;
    }
    template <typename T> void get(std::vector<T>& list)
    {
        std::uint32_t size = 0;
        get(size);
        // Every element takes bytes of the packet, so a lie about the number ends at the end of the packet.
        for (std::uint32_t i = 0; i < size && !wrong_; ++i)
            get(list.emplace_back());
    }
    void get(std::pair<std::string, std::string>& both)
    {
        get(both.first);
        get(both.second);
    }
    template <Structure T> void get(T& structure)
    {
        std::apply([this](auto&... field) { (this->get(field), ...); }, Fields<T>::of(structure));
    }

  private:
    std::string_view take(std::size_t size)
    {
        if (wrong_ || size > rest_.size()) {
            wrong_ = true;
            return {};
        }
        std::string_view const taken = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return taken;
    }

    std::string_view rest_;
    bool wrong_ = false;
};

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
