#include "http/stream_writer.hpp"

namespace jhub::http {

Async<> Connection::StreamWriter::write(std::string_view chunk)
{
    if (client_gone()) {
        failed_ = true;
        co_return fail(Errc::unavailable, "the client is gone or the server stops");
    }
    if (chunk.empty())
        co_return Result<>();
    bool sent = false;
    if (chunked_) {
        std::string size_line;
        append_chunk_size(size_line, chunk.size());
        sent = co_await connection_.send(size_line, chunk, "\r\n");
    } else {
        sent = co_await connection_.send(chunk);
    }
    if (sent)
        co_return Result<>();
    failed_ = true;
    if (connection_.timed_out_)
        co_return fail(Errc::timeout, "the client takes nothing");
    co_return fail(Errc::unavailable, "the client is gone");
}

} // namespace jhub::http
