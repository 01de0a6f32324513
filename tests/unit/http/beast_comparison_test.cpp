// The same heads given to Boost.Beast's parser: for valid requests both must read the same. A second opinion about what
// is valid; what we refuse and Beast accepts is listed, so that a change of either is noticed.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <gtest/gtest.h>

#include "http/head_parser.hpp"

namespace jhub::http {
namespace {

namespace beast = boost::beast::http;

using BeastParser = beast::request_parser<beast::empty_body>;

bool beast_reads(BeastParser& parser, std::string_view text, std::size_t& used, boost::system::error_code& error)
{
    parser.header_limit(64 * 1024);
    parser.body_limit(boost::none);
    used = parser.put(boost::asio::buffer(text), error);
    return !error && parser.is_header_done();
}

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

constexpr std::array valid_requests{
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /hub/home?next=%2Fuser%2Fada%2F&x=|{}^`\\ HTTP/1.1\r\nHost: hub.test:8000\r\nCookie: a=\"b\"; c=d\r\n\r\n",
    "get /case HTTP/1.1\r\nHost: a\r\n\r\n",
    "PROPFIND /dav HTTP/1.1\r\nHost: a\r\nDepth: 1\r\n\r\n",
    "POST /hub/login HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\nContent-Type: text/plain\r\n\r\n",
    "PUT /x HTTP/1.1\r\nHost: a\r\ntransfer-encoding: Chunked\r\n\r\n",
    "PATCH /x HTTP/1.1\r\nHost:a\r\nX-Blank: \t padded \t\r\nX-Empty:\r\nX-Tab: a\tb\r\n\r\n",
    "DELETE /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "GET / HTTP/1.0\r\n\r\n",
    "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "GET http://a.test/x HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n",
    "GET /high HTTP/1.1\r\nHost: a\r\nX: \xc3\xa9\xff\r\n!#$%&'*+-.^_`|~09azAZ: token\r\nX: twice\r\n\r\n",
};

bool is_list_of_tokens(std::string_view list)
{
    static std::string const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
    static std::regex const form("[ \\t,]*(" + token + "([ \\t]*,[ \\t,]*" + token + ")*)?[ \\t,]*");
    return std::regex_match(list.begin(), list.end(), form);
}

bool beast_reads(BeastParser& parser, std::string_view text)
{
    std::size_t used = 0;
    boost::system::error_code error;
    return beast_reads(parser, text, used, error);
}

// Where both differ in a way that is known. Beast refuses a Connection header that is no list of tokens, in which we
// find no word that we know; and of several it believes the first alone, while we look at all.
bool is_known_difference(RequestHeadView const& ours)
{
    int connections = 0;
    for (HeaderView const& header : ours.headers)
        if (header.known == KnownHeader::connection && (++connections > 1 || !is_list_of_tokens(header.value)))
            return true;
    return false;
}

// What we accept, Beast accepts, and both find the same in it.
void expect_same(std::string_view text, RequestHeadView const& ours, std::size_t ours_used)
{
    BeastParser parser;
    std::size_t used = 0;
    boost::system::error_code error;
    ASSERT_TRUE(beast_reads(parser, text, used, error)) << error.message() << '\n' << text;
    auto const& theirs = parser.get();
    EXPECT_EQ(ours_used, used) << text;
    EXPECT_EQ(ours.method_text, view(theirs.method_string())) << text;
    EXPECT_EQ(ours.target, view(theirs.target())) << text;
    EXPECT_EQ(ours.minor_version, static_cast<int>(theirs.version() % 10)) << text;
    EXPECT_EQ(ours.keep_alive, theirs.keep_alive()) << text;
    EXPECT_EQ(ours.framing.kind == Framing::chunked, parser.chunked()) << text;
    EXPECT_EQ(ours.framing.length, parser.content_length().value_or(0)) << text;

    // Beast keeps fields of the same name together; compare per name.
    EXPECT_EQ(static_cast<std::ptrdiff_t>(ours.headers.size()), std::distance(theirs.begin(), theirs.end()));
    for (HeaderView const& header : ours.headers) {
        auto const range = theirs.equal_range(boost::beast::string_view(header.name.data(), header.name.size()));
        EXPECT_TRUE(std::any_of(range.first, range.second, [&](auto const& field) {
            return view(field.value()) == header.value;
        })) << header.name;
    }
}

TEST(BeastComparison, both_read_the_same_from_valid_requests)
{
    for (std::string_view const text : valid_requests) {
        RequestHeadView ours;
        auto const outcome = parse_request_head(text, {}, ours);
        ASSERT_TRUE(outcome.done()) << text << outcome.reason;
        expect_same(text, ours, outcome.used);
    }
}

// The corpus of the fuzz target, and whatever a longer run has found when JHUB_FUZZ_CORPUS names its folder.
TEST(BeastComparison, both_read_the_same_from_the_heads_of_the_fuzz_corpus)
{
    std::vector<std::filesystem::path> folders{JHUB_SOURCE_DIR "/tests/fuzz/corpus/request_head"};
    if (auto const* const more = std::getenv("JHUB_FUZZ_CORPUS"))
        folders.emplace_back(more);
    int accepted = 0;
    for (auto const& folder : folders) {
        for (auto const& entry : std::filesystem::directory_iterator(folder)) {
            std::ifstream in(entry.path(), std::ios::binary);
            std::string const text{std::istreambuf_iterator<char>(in), {}};
            RequestHeadView ours;
            auto const outcome = parse_request_head(text, {}, ours);
            if (!outcome.done())
                continue;
            if (is_known_difference(ours))
                continue;
            ++accepted;
            expect_same(text, ours, outcome.used);
        }
    }
    EXPECT_GE(accepted, 10) << "the corpus has valid heads";
}

TEST(BeastComparison, whatever_beast_refuses_we_refuse)
{
    for (std::string_view const text :
         {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n",
          "GET / HTTP/2.0\r\nHost: a\r\n\r\n", "GET / http/1.1\r\nHost: a\r\n\r\n",
          "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
          "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
          "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "G@T / HTTP/1.1\r\nHost: a\r\n\r\n"}) {
        BeastParser parser;
        EXPECT_FALSE(beast_reads(parser, text)) << text;
        EXPECT_TRUE(parse_request_head(text, {}).failed()) << text;
    }
}

TEST(BeastComparison, we_refuse_more_where_two_readers_could_differ)
{
    for (std::string_view const text :
         {"GET / HTTP/1.1\r\n\r\n",                                                 // no Host
          "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",                           // two of them
          "GET / HTTP/1.1\r\nHost: a\r\nX: folded\r\n line\r\n\r\n",                // obsolete folding
          "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", // a coding we do not undo
          "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"}) {                                // a fragment
        BeastParser parser;
        EXPECT_TRUE(beast_reads(parser, text)) << text;
        EXPECT_TRUE(parse_request_head(text, {}).failed()) << text;
    }
}

} // namespace
} // namespace jhub::http
