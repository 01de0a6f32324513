// Follows one message body to its end, whatever its framing is.
#pragma once

#include <algorithm>
#include <memory>
#include <string_view>

#include "http/body.hpp"

namespace jhub::proxy {

class BodyReader {
  public:
    BodyReader() = default;
    explicit BodyReader(http::BodyFraming framing) : kind_(framing.kind), left_(framing.length)
    {
        if (kind_ == http::Framing::chunked)
            decoder_ = std::make_unique<http::ChunkedDecoder>();
    }

    using Piece = http::ChunkedDecoder::Piece;
    // Call again with what is left until all is used, done() or failed().
    Piece feed(std::string_view input)
    {
        if (decoder_ != nullptr)
            return decoder_->feed(input);
        if (kind_ == http::Framing::until_close)
            return {input.size(), input};
        auto const data = input.substr(0, left_);
        left_ -= data.size();
        return {data.size(), data};
    }

    [[nodiscard]] http::Framing kind() const { return kind_; }
    // until_close is never done: the connection's end ends it.
    [[nodiscard]] bool done() const
    {
        if (decoder_ != nullptr)
            return decoder_->done();
        return kind_ != http::Framing::until_close && left_ == 0;
    }
    [[nodiscard]] bool failed() const { return decoder_ != nullptr && decoder_->failed(); }
    [[nodiscard]] http::Headers const* trailers() const
    {
        return decoder_ == nullptr ? nullptr : &decoder_->trailers();
    }
    // Bytes that are certainly still to come as they are; 0 when chunked.
    [[nodiscard]] std::uint64_t plain_left() const { return kind_ == http::Framing::length ? left_ : 0; }
    void skip(std::uint64_t count) { left_ -= std::min(left_, count); }

  private:
    http::Framing kind_ = http::Framing::none;
    std::uint64_t left_ = 0;
    std::unique_ptr<http::ChunkedDecoder> decoder_;
};

} // namespace jhub::proxy
