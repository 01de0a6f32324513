// Body framing: where a body ends, and the chunked coding (RFC 9112 §6, §7). No I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/head_parser.hpp"
#include "http/limits.hpp"
#include "http/message.hpp"

namespace jhub::http {

// A request's framing was decided by the parser; a response's also depends on the request it answers.
// 1xx, 204, 304, answers to HEAD and successful CONNECT have no body, whatever their headers say.
[[nodiscard]] inline BodyFraming request_framing(RequestHeadView const& head) { return head.framing; }
[[nodiscard]] inline BodyFraming request_framing(RequestHead const& head) { return head.framing; }
[[nodiscard]] BodyFraming response_framing(ResponseHeadView const& head, Method request_method);

// Decodes a chunked body from whatever pieces arrive. Extensions are checked and ignored, trailers are kept apart.
//
//   while (!decoder.done() && !input.empty()) {
//       auto const piece = decoder.feed(input);
//       if (decoder.failed()) …refuse, close
//       input.remove_prefix(piece.used);
//       consume(piece.data);                // a view into input, maybe empty
//   }
// What is left of input after done() belongs to the next message.
class ChunkedDecoder {
  public:
    explicit ChunkedDecoder(Limits const& limits = {});

    struct Piece {
        std::size_t used = 0;  // bytes of the input that were consumed, data included
        std::string_view data; // decoded bytes, inside the input
    };

    // Consumes all of the input, or up to the end of one run of data, or up to the end of the body.
    Piece feed(std::string_view input);

    [[nodiscard]] bool done() const { return state_ == State::done; }
    [[nodiscard]] bool failed() const { return state_ == State::failed; }
    [[nodiscard]] std::string_view error() const { return error_; } // a static sentence
    [[nodiscard]] Headers const& trailers() const { return trailers_; }

  private:
    enum class State : std::uint8_t {
        size_start,       // first digit of a chunk's size
        size,             // further digits
        extension_start,  // after ";"
        extension_name,   // inside a name
        extension_value,  // after "="
        extension_token,  // inside an unquoted value
        extension_quoted, // inside quotes
        extension_escape, // after a backslash inside quotes
        extension_end,    // after the closing quote
        size_lf,          // LF of the size line
        data,             // inside the chunk's bytes
        data_cr,          // CR after them
        data_lf,          // LF after them
        trailer_start,    // first byte of a trailer line, or CR of the closing empty line
        trailer,          // inside a trailer line
        trailer_lf,       // LF of a trailer line
        last_lf,          // LF of the closing empty line
        done,
        failed,
    };

    void step(char c);
    void step_size(char c);
    void step_extension(char c);
    void end_of_token(char c, std::string_view complaint);
    void step_trailer(char c);
    void end_of_size_line();
    void finish();
    void fail(std::string_view reason);

    Limits limits_;
    State state_ = State::size_start;
    int digits_ = 0;
    std::uint64_t left_ = 0;      // of the chunk: digits read so far, then bytes to come
    std::size_t line_length_ = 0; // of the extensions of the current size line
    std::string trailer_text_;
    Headers trailers_;
    std::string_view error_;
};

// Appends data as one chunk; nothing for empty data, since an empty chunk would end the body.
void append_chunk(std::string& out, std::string_view data);
// Only "size CRLF", for writers that send the data from where it lies and then "\r\n". Size must not be 0.
void append_chunk_size(std::string& out, std::uint64_t size);
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

} // namespace jhub::http
