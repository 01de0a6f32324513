// The chunked decoder: whatever the pieces in which a body arrives, the result is the same; and what the proxy would
// write from it decodes to the same data.
#include "http/body.hpp"
#include "oracle.hpp"

namespace {

using namespace jhub;
using fuzz::require;

struct Result {
    bool done = false, failed = false;
    std::string data;
    std::size_t used = 0;
    http::Headers trailers;
    bool operator==(Result const& other) const
    {
        return done == other.done && failed == other.failed && (failed || (data == other.data && used == other.used)) &&
               trailers.size() == other.trailers.size();
    }
};

Result decode(std::string_view text, std::size_t first, std::size_t step)
{
    http::ChunkedDecoder decoder;
    Result result;
    std::size_t end = std::min(first, text.size());
    while (true) {
        std::string_view piece = text.substr(result.used, end - result.used);
        while (!piece.empty() && !decoder.done() && !decoder.failed()) {
            auto const taken = decoder.feed(piece);
            require(taken.used > 0 && taken.used <= piece.size(), "feeding goes on");
            result.data += taken.data;
            result.used += taken.used;
            piece.remove_prefix(taken.used);
        }
        if (decoder.done() || decoder.failed() || end == text.size())
            break;
        end = std::min(end + step, text.size());
    }
    result.done = decoder.done();
    result.failed = decoder.failed();
    result.trailers = decoder.trailers();
    return result;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    auto const text = fuzz::as_text(data, size);
    Result const whole = decode(text, size, size);
    require(decode(text, 1, 1) == whole, "byte by byte is as at once");
    for (std::size_t split = 1; split < size; split += 1 + size / 64)
        require(decode(text, split, size) == whole, "in two parts is as at once");
    if (!whole.done)
        return 0;
    std::string again;
    std::string_view rest = whole.data;
    for (std::size_t length = 1; !rest.empty(); length = length * 3 + 1) {
        http::append_chunk(again, rest.substr(0, length));
        rest.remove_prefix(std::min(length, rest.size()));
    }
    again += http::last_chunk;
    Result const rewritten = decode(again, again.size(), again.size());
    require(rewritten.done && rewritten.used == again.size() && rewritten.data == whole.data,
            "what is written decodes to the same");
    return 0;
}
