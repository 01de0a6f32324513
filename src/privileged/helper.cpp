#include "privileged/helper.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "base/guarded_file.hpp"
#include "privileged/connection.hpp"

namespace jhub::privileged {
namespace {

using namespace std::chrono_literals;

// Longer than the helper's own deadlines, so that its clearer words arrive first.
constexpr std::chrono::milliseconds prepare_patience = 40s;
constexpr std::chrono::milliseconds release_patience = 30s;
constexpr std::chrono::milliseconds short_patience = 15s;
constexpr std::chrono::milliseconds account_patience = 75s;
constexpr std::chrono::milliseconds login_grace = 10s; // the delay after a failure comes on top of the time limit

// The far end of the socket would take a NUL as the sign of a broken hub.
bool has_nul(StartCommand const& command)
{
    auto const bad = [](std::string const& text) { return text.contains('\0'); };
    return bad(command.user) || bad(command.pam_service) || bad(command.working_directory) ||
           std::ranges::any_of(command.argv, bad) ||
           std::ranges::any_of(command.env, [&](auto const& pair) { return bad(pair.first) || bad(pair.second); });
}

// Appending, so that the file can be emptied while the process writes.
Result<Descriptor> open_output(std::string const& path)
{
    if (path.empty()) {
        Descriptor output(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3));
        if (!output)
            return fail(Errc::failed, fmt::format("There is no standard error: {}", strerror(errno)));
        return output;
    }
    auto output = open_guarded(path, {Opening::Access::append, Opening::Missing::is_made, 0600});
    if (!output)
        return fail(Errc::failed, "Cannot write the server's output: " + output.error().message);
    CHECK(replace_content(*output, "", path));
    return output;
}

// Strings this long live on the heap, so moving them leaves no copy behind and one erasure is enough.
void make_erasable(std::string& secret) { secret.reserve(64); }

} // namespace

Helper::Helper(std::shared_ptr<HelperConnection> connection) : connection_(std::move(connection)) {}

Helper::~Helper() { connection_->close(); }

Result<std::unique_ptr<Helper>> Helper::launch(asio::any_io_executor executor, HelperOptions options)
{
    auto connection = std::make_shared<HelperConnection>(std::move(executor), std::move(options));
    CHECK(connection->start());
    return std::unique_ptr<Helper>(new Helper(std::move(connection)));
}

Async<ProcessHandle> Helper::prepare(StartCommand command)
{
    auto const connection = connection_;
    if (has_nul(command))
        co_return fail(Errc::invalid_argument, "A NUL byte cannot be part of a command or its environment.");
    CO_TRY(Descriptor output, open_output(command.output_path));
    wire::Message message = wire::Prepare{.user = std::move(command.user),
                                          .argv = std::move(command.argv),
                                          .env = std::move(command.env),
                                          .working_directory = std::move(command.working_directory),
                                          .create_working_directory = command.create_working_directory,
                                          .pam_service = std::move(command.pam_service)};
    co_return co_await connection->call_for_process(std::move(message), prepare_patience, std::move(output));
}

Async<> Helper::release(int pid)
{
    auto const connection = connection_;
    wire::Message message = wire::Release{pid};
    CO_CHECK(co_await connection->call(std::move(message), release_patience));
    co_return Result<>{};
}

Async<ProcessHandle> Helper::watch(ProcessId id, std::string user)
{
    auto const connection = connection_;
    if (user.contains('\0'))
        co_return fail(Errc::not_found, "There is no such account.");
    wire::Message message = wire::Watch{std::move(id), std::move(user)};
    co_return co_await connection->call_for_process(std::move(message), short_patience);
}

Async<bool> Helper::signal(ProcessId id, int signal)
{
    auto const connection = connection_;
    wire::Message message = wire::Signal{std::move(id), signal};
    CO_TRY(wire::Message const answer, co_await connection->call(std::move(message), short_patience));
    auto const* done = std::get_if<wire::Done>(&answer);
    co_return done != nullptr && done->value;
}

ProcessHandle Helper::find(int pid) const { return connection_->find(pid); }

void Helper::on_exit(std::function<void(ProcessId const&, std::optional<int>)> callback)
{
    connection_->on_exit(std::move(callback));
}

Async<PamAnswer> Helper::authenticate(PamRequest request)
{
    auto const connection = connection_;
    wire::Authenticate login{.service = std::move(request.service),
                             .user = std::move(request.user),
                             .check_account = request.check_account,
                             .timeout_ms = static_cast<std::uint32_t>(request.timeout.count())};
    bool const impossible = login.user.contains('\0') || request.password.contains('\0') ||
                            request.otp.contains('\0') || login.user.size() > 255 || request.password.size() > 1024 ||
                            request.otp.size() > 1024;
    for (auto const& [from, to] :
         {std::pair(&request.password, &login.password), std::pair(&request.otp, &login.otp)}) {
        make_erasable(*to);
        to->append(*from);
        wire::wipe(*from);
    }
    if (impossible) {
        wire::wipe(login.password);
        wire::wipe(login.otp);
        co_return PamAnswer{PamOutcome::denied, {}, "the name or the password is too long or holds a NUL byte"};
    }
    wire::Message message = std::move(login);
    CO_TRY(wire::Message answer, co_await connection->call(std::move(message), request.timeout + login_grace));
    if (auto* verdict = std::get_if<PamAnswer>(&answer))
        co_return std::move(*verdict);
    co_return fail(Errc::failed, "The helper program gave a wrong answer.");
}

Async<Account> Helper::account(std::string user)
{
    auto const connection = connection_;
    if (user.contains('\0'))
        co_return fail(Errc::not_found, "There is no such account.");
    wire::Message message = wire::LookUp{std::move(user)};
    CO_TRY(wire::Message answer, co_await connection->call(std::move(message), short_patience));
    if (auto* account = std::get_if<Account>(&answer))
        co_return std::move(*account);
    co_return fail(Errc::failed, "The helper program gave a wrong answer.");
}

Async<> Helper::make_account(std::string user)
{
    auto const connection = connection_;
    if (user.contains('\0'))
        co_return fail(Errc::invalid_argument, "A NUL byte cannot be part of a name.");
    wire::Message message = wire::MakeAccount{std::move(user)};
    CO_CHECK(co_await connection->call(std::move(message), account_patience));
    co_return Result<>{};
}

int Helper::helper_pid() const { return connection_->helper_pid(); }

} // namespace jhub::privileged
