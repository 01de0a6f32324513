// Body framing and the chunked coding, whole and cut at every byte.
#include "http/body.hpp"

#include <gtest/gtest.h>

namespace jhub::http {
namespace {

using namespace std::string_literals;

struct Decoded {
    std::string data;
    std::string left; // what follows the body
    bool done = false;
    bool failed = false;
    std::size_t trailers = 0;
    bool operator==(Decoded const&) const = default;
};

// Feeds the text in pieces that end at the given positions.
Decoded decode(std::string_view text, std::vector<std::size_t> const& cuts = {})
{
    ChunkedDecoder decoder;
    Decoded result;
    std::size_t from = 0;
    auto ends = cuts;
    ends.push_back(text.size());
    for (std::size_t const end : ends) {
        auto input = text.substr(from, end - from);
        from = end;
        while (!input.empty() && !decoder.done() && !decoder.failed()) {
            auto const piece = decoder.feed(input);
            result.data += piece.data;
            input.remove_prefix(piece.used);
        }
        if (decoder.done())
            result.left += input;
    }
    result.done = decoder.done();
    result.failed = decoder.failed();
    result.trailers = decoder.trailers().size();
    return result;
}

TEST(ChunkedDecoder, reads_chunks_extensions_and_trailers)
{
    auto const text = "5;a=b;c=\"d\\\"\";e\r\nhello\r\n00A\r\n0123456789\r\n0;x\r\nX-Sum: 1\r\nY: 2\r\n\r\nGET"s;
    auto const result = decode(text);
    EXPECT_TRUE(result.done);
    EXPECT_EQ(result.data, "hello0123456789");
    EXPECT_EQ(result.trailers, 2U);
    EXPECT_EQ(result.left, "GET");
}

TEST(ChunkedDecoder, says_the_same_for_every_cut_into_two_and_into_bytes)
{
    for (auto const& text : {"5;a=b;c=\"d\"\r\nhello\r\n1\r\n!\r\n0\r\nT: u\r\n\r\nNEXT"s, "3\r\nabcX\r\n0\r\n\r\n"s,
                             "5;\nhello\r\n0\r\n\r\n"s}) {
        auto const whole = decode(text);
        std::vector<std::size_t> every;
        for (std::size_t cut = 1; cut < text.size(); ++cut) {
            EXPECT_EQ(decode(text, {cut}), whole) << cut;
            every.push_back(cut);
        }
        EXPECT_EQ(decode(text, every), whole);
    }
}

TEST(ChunkedDecoder, refuses_malformed_chunks)
{
    for (auto const& text : {"5;\nhello\r\n0\r\n\r\n"s,
                             "5\nhello\r\n0\r\n\r\n"s,
                             "5 ;a\r\nhello\r\n0\r\n\r\n"s,
                             "0x5\r\nhello\r\n"s,
                             "+5\r\nhello\r\n"s,
                             "5_0\r\n"s,
                             "FFFFFFFFFFFFFFFFF\r\n"s,
                             "8000000000000000\r\n"s,
                             "-1\r\n"s,
                             "\r\nhello"s,
                             "5\r\nhelloXX0\r\n\r\n"s,
                             "5\r\nhello\rX"s,
                             "5;" + std::string(20 * 1024, 'a') + "\r\n",
                             "5;a=\"\r\n"s,
                             "5;a=\r\n"s,
                             "5;a b\r\n"s,
                             "5;;a\r\n"s,
                             "5;a=\"b\"c\r\n"s,
                             "5;a=\"\x01\"\r\n"s,
                             "5 \r\nhello"s,
                             "5\r\r\n"s,
                             "0\r\nA b\r\n\r\n"s,
                             "0\r\nA: b\n\r\n"s,
                             "0\r\n A: b\r\n\r\n"s,
                             "0\r\n\n"s,
                             "0\r\n\rX"s,
                             "0\r\nA: \x01\r\n\r\n"s,
                             "0\r\n" + std::string(9 * 1024, 'a')}) {
        auto const result = decode(text);
        EXPECT_TRUE(result.failed) << text.substr(0, 40);
        EXPECT_FALSE(result.done);
    }
}

TEST(ChunkedDecoder, undoes_what_append_chunk_writes)
{
    std::string coded;
    append_chunk(coded, "hello");
    append_chunk(coded, "");
    append_chunk(coded, std::string(300, 'x'));
    coded += last_chunk;
    auto const result = decode(coded);
    EXPECT_TRUE(result.done);
    EXPECT_EQ(result.data, "hello" + std::string(300, 'x'));
    EXPECT_EQ(result.left, "");
}

TEST(ResponseFraming, depends_on_status_and_request)
{
    auto const framing = [](std::string_view text, Method method = Method::get) {
        ResponseHeadView head;
        EXPECT_TRUE(parse_response_head(text, {}, head).done());
        return response_framing(head, method);
    };
    EXPECT_EQ(framing("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"), (BodyFraming{Framing::length, 7}));
    EXPECT_EQ(framing("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), BodyFraming{});
    EXPECT_EQ(framing("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", Method::head), BodyFraming{});
    EXPECT_EQ(framing("HTTP/1.1 200 OK\r\n\r\n", Method::connect), BodyFraming{});
    EXPECT_EQ(framing("HTTP/1.1 304 X\r\nContent-Length: 7\r\n\r\n"), BodyFraming{});
    EXPECT_EQ(framing("HTTP/1.1 204 X\r\nTransfer-Encoding: chunked\r\n\r\n"), BodyFraming{});
    EXPECT_EQ(framing("HTTP/1.1 100 X\r\n\r\n"), BodyFraming{});
    EXPECT_EQ(framing("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), (BodyFraming{Framing::chunked, 0}));
    EXPECT_EQ(framing("HTTP/1.0 200 OK\r\n\r\n"), (BodyFraming{Framing::until_close, 0}));
}

} // namespace
} // namespace jhub::http
