#include "http/head_parser.hpp"

#include <cstring>

#include "base/strings.hpp"
#include "http/char_class.hpp"
#include "http/head_facts.hpp"
#include "http/target.hpp"

namespace jhub::http {
namespace {

constexpr std::size_t longest_method = 32;

ParseOutcome refuse(Refusal refusal) { return {ParseState::error, 0, refusal.status, refusal.reason}; }

// Hands out lines that end in CR LF.
struct Lines {
    std::string_view buffer;
    std::size_t at = 0; // start of the next line

    enum class Found { line, nothing_yet, bare_lf };

    Found next(std::string_view& line)
    {
        void const* const lf = std::memchr(buffer.data() + at, '\n', buffer.size() - at);
        if (lf == nullptr)
            return Found::nothing_yet;
        auto const end = static_cast<std::size_t>(static_cast<char const*>(lf) - buffer.data());
        if (end == at || buffer[end - 1] != '\r')
            return Found::bare_lf;
        line = buffer.substr(at, end - 1 - at);
        at = end + 1;
        return Found::line;
    }
};

std::string_view trim_blanks(std::string_view text)
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

Verdict parse_header_line(std::string_view line, HeaderView& header)
{
    std::size_t colon = 0;
    while (colon < line.size() && chars::is(line[colon], chars::token))
        ++colon;
    if (colon == 0)
        return bad(line.front() == ' ' || line.front() == '\t' ? "folded header line" : "malformed header name");
    if (colon == line.size() || line[colon] != ':')
        return bad("malformed header name");
    header.name = line.substr(0, colon);
    header.value = trim_blanks(line.substr(colon + 1));
    if (!chars::is_value(header.value))
        return bad("control character in a header value");
    header.known = known_header(header.name);
    return std::nullopt;
}

// Header lines up to and including the empty one.
ParseOutcome parse_headers(Lines lines, Limits const& limits, std::vector<HeaderView>& headers, Facts& facts)
{
    std::size_t const start = lines.at;
    headers.clear();
    while (true) {
        std::string_view line;
        auto const found = lines.next(line);
        if (found == Lines::Found::bare_lf)
            return refuse(bad("line not ended by CR LF"));
        std::size_t const end = found == Lines::Found::line ? lines.at : lines.buffer.size();
        if (end - start > limits.header_block)
            return refuse({Status::header_fields_too_large, "headers too long"});
        if (found == Lines::Found::nothing_yet)
            return {};
        if (line.empty())
            return {ParseState::done, lines.at, Status::ok, {}};
        if (headers.size() == limits.header_count)
            return refuse({Status::header_fields_too_large, "too many headers"});
        HeaderView& header = headers.emplace_back();
        if (auto const verdict = parse_header_line(line, header))
            return refuse(*verdict);
        if (auto const verdict = note(header, facts))
            return refuse(*verdict);
    }
}

// 0 or 1 for "HTTP/1.0" and "HTTP/1.1".
Verdict parse_version(std::string_view text, int& minor_version)
{
    if (text == "HTTP/1.1" || text == "HTTP/1.0") {
        minor_version = text.back() - '0';
        return std::nullopt;
    }
    bool const well_formed = text.size() == 8 && text.starts_with("HTTP/") && chars::is(text[5], chars::digit) &&
                             text[6] == '.' && chars::is(text[7], chars::digit);
    if (well_formed)
        return Refusal{Status::version_not_supported, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
    return bad("malformed HTTP version");
}

Verdict parse_request_line(std::string_view line, RequestHeadView& head)
{
    std::size_t at = 0;
    while (at < line.size() && chars::is(line[at], chars::token))
        ++at;
    if (at == 0 || at == line.size() || line[at] != ' ')
        return bad("malformed request line");
    if (at > longest_method)
        return Refusal{Status::not_implemented, "unknown method"};
    head.method_text = line.substr(0, at);
    std::size_t const target = ++at;
    while (at < line.size() && chars::is(line[at], chars::target))
        ++at;
    if (at == target || at == line.size() || line[at] != ' ')
        return bad("malformed request target");
    head.target = line.substr(target, at - target);
    if (auto const verdict = parse_version(line.substr(at + 1), head.minor_version))
        return verdict;

    head.method = method_from(head.method_text);
    TargetParts parts;
    if (!split_target(head.method, head.target, parts))
        return bad("malformed request target");
    head.form = parts.form;
    head.authority = parts.authority;
    head.origin_target = parts.origin_target;
    return std::nullopt;
}

// The Host header is checked even where the target names the host and wins (RFC 9112 §3.2.2).
Verdict check_host(RequestHeadView& head, Facts const& facts)
{
    if (!facts.has_host)
        return head.minor_version == 0 ? Verdict{} : bad("missing Host");
    if (!is_authority(facts.host))
        return bad("malformed Host");
    if (head.authority.empty())
        head.authority = facts.host;
    return std::nullopt;
}

Verdict finish_request(RequestHeadView& head, Facts const& facts)
{
    if (auto const verdict = check_host(head, facts))
        return verdict;
    if (auto const verdict = check_framing(facts, head.minor_version))
        return verdict;
    head.framing = {};
    if (facts.chunked)
        head.framing.kind = Framing::chunked;
    else if (facts.content_length.value_or(0) > 0)
        head.framing = {Framing::length, *facts.content_length};
    head.keep_alive = persistent(facts, head.minor_version);
    head.upgrade = facts.connection_upgrade && facts.has_upgrade;
    head.expect_continue = facts.has_expect && head.minor_version == 1;
    return std::nullopt;
}

Verdict parse_status_line(std::string_view line, ResponseHeadView& head)
{
    constexpr std::size_t code = 9; // after "HTTP/1.1 "
    if (line.size() < code + 3 || line[8] != ' ')
        return bad("malformed status line");
    if (auto const verdict = parse_version(line.substr(0, 8), head.minor_version))
        return verdict;
    auto const status = line.substr(code, 3);
    if (!chars::all(status, chars::digit) || status.front() == '0')
        return bad("malformed status code");
    head.status = *parse_number<int>(status);
    // Many servers leave out the blank before an empty phrase.
    auto const rest = line.substr(code + 3);
    if (!rest.empty() && rest.front() != ' ')
        return bad("malformed status code");
    head.reason = rest.empty() ? rest : rest.substr(1);
    return chars::is_value(head.reason) ? Verdict{} : bad("control character in the reason phrase");
}

Verdict finish_response(ResponseHeadView& head, Facts const& facts)
{
    if (auto const verdict = check_framing(facts, head.minor_version))
        return verdict;
    head.content_length = facts.content_length;
    head.chunked = facts.chunked;
    head.keep_alive = persistent(facts, head.minor_version);
    head.upgrade = facts.connection_upgrade && facts.has_upgrade;
    return std::nullopt;
}

// True when nothing new can be found: no line was completed since the last call, and no limit is passed that must be
// reported before the line ends.
bool still_waiting(std::string_view buffer, Limits const& limits, std::size_t already_seen)
{
    if (already_seen == 0 || already_seen > buffer.size() || buffer.find('\n', already_seen) != std::string_view::npos)
        return false;
    if (buffer.size() > limits.request_line + limits.header_block)
        return false;
    return buffer.size() <= limits.request_line ||
           buffer.substr(0, limits.request_line + 2).find('\n') != std::string_view::npos;
}

template <typename Head>
ParseOutcome parse_head(std::string_view buffer, Limits const& limits, Head& head, std::size_t already_seen,
                        Verdict (*parse_first_line)(std::string_view, Head&), Verdict (*finish)(Head&, Facts const&))
{
    if (buffer.empty() || still_waiting(buffer, limits, already_seen))
        return {};
    Lines lines{buffer};
    std::string_view line;
    auto const found = lines.next(line);
    if (found == Lines::Found::bare_lf)
        return refuse(bad("line not ended by CR LF"));
    if ((found == Lines::Found::line ? line.size() : buffer.size()) > limits.request_line)
        return refuse({Status::uri_too_long, "first line too long"});
    if (found == Lines::Found::nothing_yet)
        return {};
    if (auto const verdict = parse_first_line(line, head))
        return refuse(*verdict);

    Facts facts;
    auto outcome = parse_headers(lines, limits, head.headers, facts);
    if (!outcome.done())
        return outcome;
    if (auto const verdict = finish(head, facts))
        return refuse(*verdict);
    return outcome;
}

std::optional<std::string_view> first(std::vector<HeaderView> const& headers, KnownHeader known)
{
    for (HeaderView const& header : headers)
        if (header.known == known)
            return header.value;
    return std::nullopt;
}

std::optional<std::string_view> first(std::vector<HeaderView> const& headers, std::string_view name)
{
    for (HeaderView const& header : headers)
        if (equals_ignoring_case(header.name, name))
            return header.value;
    return std::nullopt;
}

Headers copy(std::vector<HeaderView> const& views)
{
    Headers headers;
    headers.reserve(views.size());
    for (HeaderView const& view : views)
        headers.add(view.name, view.value);
    return headers;
}

} // namespace

std::optional<std::string_view> RequestHeadView::get(KnownHeader known) const { return first(headers, known); }
std::optional<std::string_view> RequestHeadView::get(std::string_view name) const { return first(headers, name); }
std::optional<std::string_view> ResponseHeadView::get(KnownHeader known) const { return first(headers, known); }
std::optional<std::string_view> ResponseHeadView::get(std::string_view name) const { return first(headers, name); }

ParseOutcome parse_request_head(std::string_view buffer, Limits const& limits, RequestHeadView& head,
                                std::size_t already_seen)
{
    // Refused before a line end comes: a TLS hello on a plain port would wait for its deadline otherwise.
    if (!buffer.empty() && !chars::is(buffer.front(), chars::token))
        return refuse(bad("malformed request line"));
    return parse_head(buffer, limits, head, already_seen, parse_request_line, finish_request);
}

ParseOutcome parse_response_head(std::string_view buffer, Limits const& limits, ResponseHeadView& head,
                                 std::size_t already_seen)
{
    return parse_head(buffer, limits, head, already_seen, parse_status_line, finish_response);
}

ParseResult<RequestHead> parse_request_head(std::string_view buffer, Limits const& limits)
{
    RequestHeadView view;
    auto const outcome = parse_request_head(buffer, limits, view);
    return {outcome, outcome.done() ? to_owned(view) : RequestHead{}};
}

ParseResult<ResponseHead> parse_response_head(std::string_view buffer, Limits const& limits)
{
    ResponseHeadView view;
    auto const outcome = parse_response_head(buffer, limits, view);
    if (!outcome.done())
        return {outcome, {}};
    return {outcome, {view.status, std::string(view.reason), view.minor_version, copy(view.headers)}};
}

RequestHead to_owned(RequestHeadView const& view)
{
    return {
        .method = view.method,
        .method_text = std::string(view.method_text),
        .target = std::string(view.target),
        .minor_version = view.minor_version,
        .form = view.form,
        .authority = std::string(view.authority),
        .origin_target = std::string(view.origin_target),
        .framing = view.framing,
        .keep_alive = view.keep_alive,
        .upgrade = view.upgrade,
        .headers = copy(view.headers),
    };
}

std::optional<Headers> parse_header_lines(std::string_view text, Limits const& limits)
{
    std::vector<HeaderView> headers;
    Lines lines{text};
    std::string_view line;
    while (lines.next(line) == Lines::Found::line) {
        if (line.empty())
            return lines.at == text.size() ? std::optional(copy(headers)) : std::nullopt;
        HeaderView header;
        if (headers.size() == limits.header_count || parse_header_line(line, header))
            return std::nullopt;
        headers.push_back(header);
    }
    return std::nullopt;
}

} // namespace jhub::http
