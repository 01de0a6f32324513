#include "python/live_link.hpp"

#include <algorithm>
#include <array>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include "base/log.hpp"

namespace jhub::python {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_calls = 4096;
constexpr std::size_t longest_line = 64 << 20;
constexpr std::chrono::milliseconds first_restart_delay = 50ms;
constexpr std::chrono::milliseconds longest_restart_delay = 30s;
constexpr std::chrono::milliseconds healthy_life = 10s; // a process that lived this long starts the back-off anew
constexpr std::chrono::milliseconds patience_for_greeting = 60s;
constexpr std::int64_t greeting_id = 0;

std::string line_of(Json const& message) { return message.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n"; }

std::unexpected<CallError> refuse(Errc code, int status, std::string message)
{
    return std::unexpected(CallError{code, std::move(message), "", status, false});
}

std::unexpected<CallError> went_away()
{
    return refuse(Errc::unavailable, 503,
                  "The Python process of the configuration ended in the middle of this; it is started again. Try again "
                  "in a moment.");
}

std::unexpected<CallError> cancelled() { return refuse(Errc::invalid_state, 400, "This was cancelled."); }

Answer answer_of(Json const& message)
{
    if (!message.contains("error"))
        return message.value("result", Json());
    auto const& error = message["error"];
    CallError problem;
    problem.message = error.value("message", "");
    problem.html = error.value("html", "");
    problem.status = error.value("status", 500);
    problem.intended = problem.status != 500;
    problem.code = problem.status < 500 ? Errc::invalid_argument : Errc::failed;
    return std::unexpected(std::move(problem));
}

} // namespace

void LiveLink::adopt(Child interpreter)
{
    attach(std::move(interpreter), Phase::ready);
    ready_since_ = std::chrono::steady_clock::now();
}

void LiveLink::attach(Child child, Phase phase)
{
    process_ = std::make_shared<Process>(executor_, std::move(child));
    phase_ = phase;
    asio::co_spawn(executor_, read(shared_from_this(), process_), asio::detached);
}

void LiveLink::close()
{
    closed_ = true;
    go_down("");
    for (auto const& [id, call] : calls_) {
        call->answer = went_away();
        call->done.set();
    }
    calls_.clear();
}

// ---- one call ----

Task<Answer> LiveLink::call(std::string method, Json arguments, std::chrono::milliseconds patience,
                            Cancellation* cancellation)
{
    auto const self = shared_from_this();
    if (cancellation != nullptr && cancellation->cancelled_)
        co_return cancelled();
    if (closed_ || calls_.size() >= most_calls)
        co_return refuse(closed_ ? Errc::unavailable : Errc::too_many, 503,
                         "Too many questions to the Python process of the configuration at once; try again.");
    auto const id = ++last_id_;
    auto const call = std::make_shared<Call>();
    call->line = line_of({{"id", id}, {"call", std::move(method)}, {"with", std::move(arguments)}});
    calls_.emplace(id, call);
    if (phase_ == Phase::ready)
        send(call->line);
    if (cancellation != nullptr)
        cancellation->end_call_ = [call] { call->done.set(); };
    (void)co_await call->done.wait(patience);
    if (cancellation != nullptr)
        cancellation->end_call_ = nullptr;
    calls_.erase(id);
    if (call->answer)
        co_return *std::move(call->answer);
    if (phase_ == Phase::ready)
        send(line_of({{"cancel", id}}));
    if (cancellation != nullptr && cancellation->cancelled_)
        co_return cancelled();
    if (phase_ == Phase::ready) {
        if (!std::exchange(looking_, true))
            asio::co_spawn(executor_, look_after_late_call(self, process_), asio::detached);
    }
    co_return refuse(Errc::timeout, 500,
                     fmt::format("A hook of the configuration did not answer within {:.3g} seconds.",
                                 std::chrono::duration<double>(patience).count()));
}

// Late because it waits for something, or because the loop is stuck? Only the second needs another process.
Task<> LiveLink::look_after_late_call(std::shared_ptr<LiveLink> self, std::shared_ptr<Process> process)
{
    auto const pong = self->pong_ = std::make_shared<Event>();
    if (self->process_ == process)
        self->send(line_of({{"ping", self->last_id_}}));
    bool const answered = co_await pong->wait(self->options_.ping_patience);
    self->looking_ = false;
    if (!answered && self->process_ == process && self->phase_ == Phase::ready)
        self->go_down("it is stuck in a function of the configuration");
}

// ---- lines ----

void LiveLink::send(std::string line)
{
    process_->outgoing.push_back(std::move(line));
    if (!std::exchange(process_->writing, true))
        asio::co_spawn(executor_, write(process_), asio::detached);
}

Task<> LiveLink::write(std::shared_ptr<Process> process)
{
    boost::system::error_code error;
    while (!process->outgoing.empty() && !error) {
        std::string const line = std::move(process->outgoing.front());
        process->outgoing.pop_front();
        auto const buffer = asio::buffer(line);
        (void)co_await asio::async_write(process->stream, buffer, asio::redirect_error(asio::use_awaitable, error));
    }
    process->writing = false; // an error shows at the reading end, too
}

Task<> LiveLink::read(std::shared_ptr<LiveLink> self, std::shared_ptr<Process> process)
{
    std::array<char, 65536> chunk{};
    auto& input = process->input;
    boost::system::error_code error;
    while (!error && input.size() < longest_line) {
        auto const buffer = asio::buffer(chunk);
        auto const count =
            co_await process->stream.async_read_some(buffer, asio::redirect_error(asio::use_awaitable, error));
        auto const searched = input.size();
        input.append(chunk.data(), count);
        std::size_t begin = 0;
        for (auto end = input.find('\n', searched); end != std::string::npos; end = input.find('\n', begin)) {
            if (self->process_ == process)
                self->take_line(std::string_view(input).substr(begin, end - begin));
            begin = end + 1;
        }
        input.erase(0, begin);
    }
    if (self->process_ == process)
        self->go_down(error ? "it ended" : "its answer is too long");
}

void LiveLink::take_line(std::string_view line)
{
    auto const message = parse_json(line, 200);
    if (!message || !message->is_object())
        return go_down("it does not speak as expected");
    if (phase_ == Phase::evaluating)
        return take_evaluation(*message);
    if (message->contains("pong")) {
        if (pong_)
            pong_->set();
    } else if (message->contains("begun")) {
        if (auto const found = calls_.find(message->at("begun").get<std::int64_t>()); found != calls_.end()) {
            found->second->begun = true;
            found->second->line.clear();
        }
    } else if (phase_ == Phase::greeting) {
        take_greeting(*message);
    } else {
        take_answer(*message);
    }
}

void LiveLink::take_answer(Json const& message)
{
    auto const found = calls_.find(message.value("id", std::int64_t{-1}));
    if (found == calls_.end())
        return; // nobody waits any more
    found->second->answer = answer_of(message);
    found->second->done.set();
}

// ---- the process's lives ----

void LiveLink::take_evaluation(Json const& answer)
{
    if (!answer.value("live", false))
        return go_down("the configuration cannot be evaluated again: " +
                       answer.value("refused", answer.value("error", "nothing in it needs Python any more")));
    phase_ = Phase::greeting;
    if (!options_.keeper)
        send(line_of({{"id", greeting_id}, {"call", "configure"}, {"with", options_.greeting}}));
}

void LiveLink::take_greeting(Json const& answer)
{
    if (answer.contains("error"))
        return go_down("the configuration cannot be used again: " + answer["error"].value("message", ""));
    be_ready();
}

void LiveLink::be_ready()
{
    phase_ = Phase::ready;
    ready_since_ = std::chrono::steady_clock::now();
    std::exchange(changed_, std::make_shared<Event>())->set();
    log::info("The Python process of the configuration runs again");
    for (auto const& [id, call] : calls_)
        send(call->line);
}

void LiveLink::fail_begun_calls()
{
    for (auto const& [id, call] : calls_)
        if (call->begun && !call->answer) {
            call->answer = went_away();
            call->done.set();
        }
}

void LiveLink::go_down(std::string_view why)
{
    auto const process = std::exchange(process_, nullptr);
    bool const lived_long = phase_ == Phase::ready && std::chrono::steady_clock::now() - ready_since_ > healthy_life;
    phase_ = Phase::down;
    std::exchange(changed_, std::make_shared<Event>())->set();
    if (process) {
        boost::system::error_code ignored;
        (void)process->stream.close(ignored);
        if (options_.keeper)
            options_.keeper->end();
        else
            process->child.kill_now();
        asio::co_spawn(executor_, reap(process), asio::detached);
    }
    if (closed_)
        return;
    log::error("The Python process of the configuration is started again: {}", why);
    fail_begun_calls();
    restart_delay_ =
        lived_long ? first_restart_delay : std::clamp(restart_delay_ * 2, first_restart_delay, longest_restart_delay);
    asio::co_spawn(executor_, start_again(shared_from_this()), asio::detached);
}

// Without waiting for it on this thread: a process that is killed may take its time.
Task<> LiveLink::reap(std::shared_ptr<Process> process)
{
    if (!process->child.is_ours())
        co_return;
    std::string ending = process->child.try_reap();
    for (int i = 0; i < 600 && ending.empty(); ++i) {
        co_await sleep_for(10ms * std::min(i + 1, 10));
        ending = process->child.try_reap();
    }
    if (ending != "signal 9") // that was us
        log::warning("The Python process of the configuration ended with {}", ending);
}

Task<> LiveLink::start_again(std::shared_ptr<LiveLink> self)
{
    co_await sleep_for(self->restart_delay_);
    if (self->closed_ || self->process_)
        co_return;
    bool const kept = self->options_.keeper.has_value();
    auto child = kept ? Child::start_by(self->options_.keeper->start)
                      : start_interpreter(self->options_.environment, self->options_.trust);
    if (!child)
        co_return self->go_down(child.error().message);
    self->attach(std::move(*child), Phase::evaluating);
    if (!kept)
        self->send(evaluation_request(self->options_.file));
    auto const process = self->process_;
    auto const changed = self->changed_;
    if (!co_await changed->wait(self->options_.limits.evaluation + patience_for_greeting) && self->process_ == process)
        self->go_down("the configuration took too long to evaluate");
}

} // namespace jhub::python
