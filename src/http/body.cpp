#include "http/body.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/encoding.hpp"
#include "http/char_class.hpp"

namespace jhub::http {
namespace {

// Sixteen digits hold every size; more would only be there to overflow a reader.
constexpr int most_digits = 16;

} // namespace

BodyFraming response_framing(ResponseHeadView const& head, Method request_method)
{
    bool const success = head.status >= 200 && head.status < 300;
    if (head.status < 200 || head.status == 204 || head.status == 304 || request_method == Method::head ||
        (request_method == Method::connect && success))
        return {};
    if (head.chunked)
        return {Framing::chunked, 0};
    if (!head.content_length)
        return {Framing::until_close, 0};
    return *head.content_length == 0 ? BodyFraming{} : BodyFraming{Framing::length, *head.content_length};
}

ChunkedDecoder::ChunkedDecoder(Limits const& limits) : limits_(limits) {}

ChunkedDecoder::Piece ChunkedDecoder::feed(std::string_view input)
{
    std::size_t used = 0;
    while (used < input.size() && !done() && !failed()) {
        if (state_ == State::data) {
            auto const size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size() - used));
            left_ -= size;
            if (left_ == 0)
                state_ = State::data_cr;
            return {used + size, input.substr(used, size)};
        }
        step(input[used++]);
    }
    return {used, {}};
}

void ChunkedDecoder::step(char c)
{
    switch (state_) {
    case State::size_start:
    case State::size:
        return step_size(c);
    case State::extension_start:
    case State::extension_name:
    case State::extension_value:
    case State::extension_token:
    case State::extension_quoted:
    case State::extension_escape:
    case State::extension_end:
        return step_extension(c);
    case State::size_lf:
        return c == '\n' ? end_of_size_line() : fail("chunk size line not ended by CR LF");
    case State::data_cr:
        state_ = State::data_lf;
        return c == '\r' ? void() : fail("chunk not ended by CR LF");
    case State::data_lf:
        state_ = State::size_start;
        line_length_ = 0;
        digits_ = 0;
        return c == '\n' ? void() : fail("chunk not ended by CR LF");
    case State::trailer_start:
    case State::trailer:
    case State::trailer_lf:
    case State::last_lf:
        return step_trailer(c);
    case State::data:
    case State::done:
    case State::failed:
        return;
    }
}

void ChunkedDecoder::step_size(char c)
{
    if (int const digit = hex_digit(c); digit >= 0) {
        if (++digits_ > most_digits)
            return fail("chunk size too large");
        left_ = left_ * 16 + static_cast<unsigned>(digit);
        state_ = State::size;
    } else if (state_ == State::size_start) {
        fail("malformed chunk size");
    } else {
        end_of_token(c, "malformed chunk size");
    }
}

// After a size, a name or a value: the next extension or the end of the line.
void ChunkedDecoder::end_of_token(char c, std::string_view complaint)
{
    if (c == ';')
        state_ = State::extension_start;
    else if (c == '\r')
        state_ = State::size_lf;
    else
        fail(complaint);
}

// *( ";" token [ "=" ( token / quoted-string ) ] ), without the blanks that the grammar calls bad.
void ChunkedDecoder::step_extension(char c)
{
    constexpr std::string_view complaint = "malformed chunk extension";
    bool const token = chars::is(c, chars::token);
    if (++line_length_ > limits_.chunk_line)
        return fail("chunk extension too long");
    switch (state_) {
    case State::extension_start:
        state_ = State::extension_name;
        return token ? void() : fail(complaint);
    case State::extension_name:
        if (c == '=')
            state_ = State::extension_value;
        else if (!token)
            end_of_token(c, complaint);
        return;
    case State::extension_value:
        state_ = c == '"' ? State::extension_quoted : State::extension_token;
        return token || c == '"' ? void() : fail(complaint);
    case State::extension_token:
        return token ? void() : end_of_token(c, complaint);
    case State::extension_quoted:
        if (c == '"')
            state_ = State::extension_end;
        else if (c == '\\')
            state_ = State::extension_escape;
        return chars::is(c, chars::value) ? void() : fail(complaint);
    case State::extension_escape:
        state_ = State::extension_quoted;
        return chars::is(c, chars::value) ? void() : fail(complaint);
    default: // extension_end
        return end_of_token(c, complaint);
    }
}

void ChunkedDecoder::end_of_size_line()
{
    if (left_ > INT64_MAX)
        return fail("chunk size too large");
    state_ = left_ == 0 ? State::trailer_start : State::data;
}

void ChunkedDecoder::step_trailer(char c)
{
    if (trailer_text_.size() >= limits_.trailer_block)
        return fail("trailers too long");
    trailer_text_ += c;
    switch (state_) {
    case State::trailer_start:
        state_ = c == '\r' ? State::last_lf : State::trailer;
        return c == '\n' ? fail("trailer not ended by CR LF") : void();
    case State::trailer:
        if (c == '\r')
            state_ = State::trailer_lf;
        return c == '\n' ? fail("trailer not ended by CR LF") : void();
    case State::trailer_lf:
        state_ = State::trailer_start;
        return c == '\n' ? void() : fail("trailer not ended by CR LF");
    default: // last_lf
        return c == '\n' ? finish() : fail("body not ended by CR LF");
    }
}

void ChunkedDecoder::finish()
{
    auto trailers = parse_header_lines(trailer_text_, limits_);
    if (!trailers)
        return fail("malformed trailer");
    trailers_ = std::move(*trailers);
    trailer_text_ = {};
    state_ = State::done;
}

void ChunkedDecoder::fail(std::string_view reason)
{
    state_ = State::failed;
    error_ = reason;
}

void append_chunk_size(std::string& out, std::uint64_t size)
{
    std::array<char, 16> digits;
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), size, 16).ptr;
    out.append(digits.data(), end);
    out += "\r\n";
}

void append_chunk(std::string& out, std::string_view data)
{
    if (data.empty())
        return;
    append_chunk_size(out, data.size());
    out += data;
    out += "\r\n";
}

} // namespace jhub::http
