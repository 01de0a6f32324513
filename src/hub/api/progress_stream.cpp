#include "hub/api/progress_stream.hpp"

#include "hub/core/progress.hpp"

namespace jhub::hub::api {
namespace {

constexpr std::chrono::seconds keep_alive{8};
constexpr std::chrono::seconds attention{1}; // between two looks at whether the client is still there

// What a stream needs; kept alive by the response that streams it.
class ProgressStream {
  public:
    ProgressStream(std::shared_ptr<LiveServer> server, Urls const& urls) : server_(std::move(server)), urls_(urls) {}

    static Task<> run(std::shared_ptr<ProgressStream> stream, http::BodyWriter& writer)
    {
        if (!stream->server_->ready() && !co_await stream->follow(writer))
            co_return;
        Json const last = stream->server_->ready() ? ready_event(*stream->server_, stream->urls_)
                          : stream->server_->failure
                              ? failed_event(*stream->server_->failure)
                              : failed_event({.message = "The server was stopped.", .advice = {}, .output = {}});
        std::string const text = event(last);
        (void)co_await writer.write(text);
    }

  private:
    static std::string event(Json const& data) { return "data: " + to_python_json(data) + "\n\n"; }

    [[nodiscard]] bool decided() const { return server_->ready() || server_->state == ServerState::stopped; }

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
    Urls const& urls_;
};

} // namespace

http::Response progress_response(std::shared_ptr<LiveServer> server, Urls const& urls)
{
    http::Response response;
    response.headers.set("Content-Type", "text/event-stream");
    response.headers.set("Cache-Control", "no-cache");
    auto const stream = std::make_shared<ProgressStream>(std::move(server), urls);
    response.stream = [stream](http::BodyWriter& writer) { return ProgressStream::run(stream, writer); };
    return response;
}

} // namespace jhub::hub::api
