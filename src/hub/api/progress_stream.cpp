#include "hub/api/progress_stream.hpp"

#include "base/log.hpp"
#include "hub/core/hub.hpp"
#include "hub/core/progress.hpp"

namespace jhub::hub::api {
namespace {

constexpr std::chrono::seconds keep_alive{8};
constexpr std::chrono::seconds attention{1}; // between two looks at whether the client is still there

// What a stream needs; kept alive by the response that streams it.
class ProgressStream {
  public:
    ProgressStream(std::shared_ptr<LiveServer> server, Hub& hub) : server_(std::move(server)), hub_(hub) {}

    static Task<> run(std::shared_ptr<ProgressStream> stream, http::BodyWriter& writer)
    {
        if (!stream->server_->ready() && !co_await stream->follow(writer))
            co_return;
        Json const last = stream->server_->ready() ? co_await stream->ready()
                          : stream->server_->failure
                              ? failed_event(*stream->server_->failure)
                              : failed_event({.message = "The server was stopped.", .advice = {}, .output = {}});
        std::string const text = event(last);
        (void)co_await writer.write(text);
    }

  private:
    static std::string event(Json const& data) { return "data: " + to_python_json(data) + "\n\n"; }

    [[nodiscard]] bool decided() const { return server_->ready() || server_->state == ServerState::stopped; }

    // The last event, as Spawner.progress_ready_hook wants it; its errors are for the log.
    Task<Json> ready()
    {
        Json event = ready_event(*server_, hub_.urls);
        if (!hub_.python.has("Spawner.progress_ready_hook"))
            co_return event;
        model::User user;
        user.id = server_->user_id;
        user.name = server_->user_name;
        auto question = co_await describe_spawner(hub_, user, server_->server_name);
        if (!question)
            co_return event;
        (*question)["event"] = event;
        auto const changed = co_await hub_.python.call("spawner.ready_event", *std::move(question), page_patience);
        if (changed && changed->is_object())
            co_return *changed;
        log::warning("progress_ready_hook of {}: {}", server_->label(),
                     changed ? "it did not return the event" : changed.error().message);
        co_return event;
    }

    // Sends events as they come; false when the client has gone.
    Task<bool> follow(http::BodyWriter& writer)
    {
        if (server_->state != ServerState::stopped) {
            std::string const first = "\n\n" + event({{"progress", 0}, {"message", "Server requested"}});
            if (!co_await writer.write(first))
                co_return false;
        }
        std::size_t sent = 0;
        std::chrono::seconds silence{};
        while (!decided()) {
            auto const changed = server_->changed;
            std::string news;
            for (; sent < server_->progress.size(); ++sent)
                news += event(server_->progress[sent]);
            if (news.empty() && !co_await changed->wait(attention)) {
                if (writer.client_gone())
                    co_return false;
                silence += attention;
            }
            if (news.empty() && silence >= keep_alive)
                news = "\n\n";
            if (news.empty())
                continue;
            silence = {};
            if (!co_await writer.write(news))
                co_return false;
        }
        co_return true;
    }

    std::shared_ptr<LiveServer> server_;
    Hub& hub_;
};

} // namespace

http::Response progress_response(std::shared_ptr<LiveServer> server, Hub& hub)
{
    http::Response response;
    response.headers.set("Content-Type", "text/event-stream");
    response.headers.set("Cache-Control", "no-cache");
    auto const stream = std::make_shared<ProgressStream>(std::move(server), hub);
    response.stream = [stream](http::BodyWriter& writer) { return ProgressStream::run(stream, writer); };
    return response;
}

} // namespace jhub::hub::api
