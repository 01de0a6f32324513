#include "http/client.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "http/char_class.hpp"
#include "http/client_state.hpp"
#include "http/headers.hpp"

namespace jhub::http {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_header_bytes = 64 * 1024;
constexpr std::size_t most_headers = 200;

struct EasyDeleter {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, ListDeleter>;

std::size_t on_body(char* data, std::size_t, std::size_t size, void* user)
{
    auto& transfer = *static_cast<Transfer*>(user);
    if (size > transfer.max_body - transfer.response.body.size()) {
        transfer.too_large = true;
        return 0;
    }
    transfer.response.body.append(data, size);
    return size;
}

// One line at a time. A status line starts a new response: after 100, and after each redirect.
std::size_t on_header(char* data, std::size_t, std::size_t size, void* user)
{
    auto& transfer = *static_cast<Transfer*>(user);
    std::string_view const line(data, size);
    transfer.header_bytes += size;
    if (transfer.header_bytes > most_header_bytes || transfer.response.headers.size() == most_headers) {
        transfer.too_large = true;
        return 0;
    }
    if (line.starts_with("HTTP/")) {
        transfer.response.headers = {};
        return size;
    }
    if (auto const colon = line.find(':'); colon != std::string_view::npos)
        transfer.response.headers.add(trim(line.substr(0, colon)), trim(line.substr(colon + 1)));
    return size;
}

// libcurl's own additions that a call did not ask for are switched off by a name without a value.
Result<HeaderList> header_list(ClientRequest const& request)
{
    HeaderList list;
    auto const append = [&list](std::string const& line) {
        curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
        if (longer == nullptr)
            throw std::bad_alloc();
        static_cast<void>(list.release());
        list.reset(longer);
    };
    for (Header const& header : request.headers) {
        if (header.name.empty() || !chars::all(header.name, chars::token) || !chars::is_value(header.value))
            return fail(Errc::invalid_argument, "Malformed header in a call to " + printable(request.url));
        // "Name;" is how libcurl is told to send an empty value.
        append(header.value.empty() ? header.name + ";" : header.name + ": " + header.value);
    }
    if (!request.headers.has("Expect"))
        append("Expect:");
    if (!request.body.empty() && !request.headers.has("Content-Type"))
        append("Content-Type:");
    return list;
}

template <typename Value> void set(CURL* easy, CURLoption option, Value value)
{
    if (auto const code = curl_easy_setopt(easy, option, value); code != CURLE_OK)
        throw std::runtime_error(std::string("libcurl option: ") + curl_easy_strerror(code));
}

void set_method(CURL* easy, ClientRequest const& request)
{
    if (request.method == "HEAD") {
        set(easy, CURLOPT_NOBODY, 1L);
        return;
    }
    if (!request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH") {
        set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        set(easy, CURLOPT_POSTFIELDS, request.body.c_str());
    }
    if (request.method != "GET" || !request.body.empty())
        set(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void set_options(CURL* easy, ClientRequest const& request, Transfer& transfer, curl_slist* headers)
{
    set(easy, CURLOPT_URL, request.url.c_str());
    set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(easy, CURLOPT_NOSIGNAL, 1L);
    set(easy, CURLOPT_PATH_AS_IS, 1L);
    set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
    set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
    set(easy, CURLOPT_HTTPHEADER, headers);
    set(easy, CURLOPT_ERRORBUFFER, transfer.problem.data());
    set(easy, CURLOPT_WRITEFUNCTION, &on_body);
    set(easy, CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
    set(easy, CURLOPT_HEADERFUNCTION, &on_header);
    set(easy, CURLOPT_HEADERDATA, static_cast<void*>(&transfer));
    if (request.follow_redirects) {
        set(easy, CURLOPT_FOLLOWLOCATION, 1L);
        set(easy, CURLOPT_MAXREDIRS, 5L);
        set(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    }
    if (!request.verify_tls) {
        set(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        set(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (!request.reuse_connection) {
        set(easy, CURLOPT_FRESH_CONNECT, 1L);
        set(easy, CURLOPT_FORBID_REUSE, 1L);
    }
    if (!request.use_environment_proxy)
        set(easy, CURLOPT_PROXY, "");
    if (request.unix_socket)
        set(easy, CURLOPT_UNIX_SOCKET_PATH, request.unix_socket->c_str());
    set_method(easy, request);
}

std::unexpected<Error> failure(ClientRequest const& request, Transfer const& transfer)
{
    auto const target = printable(request.url.substr(0, request.url.find('?'))); // queries carry secrets
    if (transfer.abandoned)
        return fail(Errc::unavailable, "The call to " + target + " was given up");
    if (transfer.too_large)
        return fail(Errc::too_large, "The answer of " + target + " is too large");
    std::string_view why = transfer.problem.c_str();
    if (why.empty())
        why = curl_easy_strerror(transfer.outcome);
    switch (transfer.outcome) {
    case CURLE_OPERATION_TIMEDOUT:
        return fail(Errc::timeout, target + " did not answer in time", printable(why));
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return fail(Errc::invalid_argument, "Not a usable URL: " + target, printable(why));
    default:
        return fail(Errc::unavailable, target + " cannot be reached: " + printable(why));
    }
}

// Takes the transfer out of the engine when the waiting coroutine ends, also when it is destroyed while it waits.
struct Running {
    Running(std::shared_ptr<ClientState> owner, Transfer& started) : state(std::move(owner)), transfer(started)
    {
        state->start(transfer);
    }
    ~Running() { state->remove(transfer); }
    Running(Running const&) = delete;
    Running& operator=(Running const&) = delete;
    std::shared_ptr<ClientState> state;
    Transfer& transfer;
};

Async<ClientResponse> run(std::shared_ptr<ClientState> state, ClientRequest request)
{
    if (request.method.empty() || !chars::all(request.method, chars::token))
        co_return fail(Errc::invalid_argument, "Malformed method in a call to " + printable(request.url));
    CO_TRY(auto const headers, header_list(request));
    std::unique_ptr<CURL, EasyDeleter> const easy(curl_easy_init());
    if (!easy)
        throw std::bad_alloc();
    Transfer transfer;
    transfer.easy = easy.get();
    transfer.max_body = request.max_body;
    set_options(easy.get(), request, transfer, headers.get());

    if (state->is_abandoned())
        co_return fail(Errc::unavailable, "The call was given up: the program is stopping");
    {
        Running const running(std::move(state), transfer);
        // libcurl enforces the deadline; the margin only guards against a mistake of ours.
        bool const finished = co_await transfer.finished.wait(request.timeout + 2s);
        if (!finished)
            transfer.outcome = CURLE_OPERATION_TIMEDOUT;
    }
    if (transfer.outcome != CURLE_OK || transfer.abandoned)
        co_return failure(request, transfer);
    long status = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
    transfer.response.status = static_cast<int>(status);
    co_return std::move(transfer.response);
}

} // namespace

Client::Client(asio::any_io_executor executor) : state_(std::make_shared<ClientState>(std::move(executor))) {}

Client::~Client() { state_->abandon(); }

Async<ClientResponse> Client::send(ClientRequest request) { return run(state_, std::move(request)); }

} // namespace jhub::http
