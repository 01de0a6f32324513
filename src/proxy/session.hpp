// One client connection and, while it has a request, the conversation with the target: a callback state machine, since
// a coroutine for each direction costs memory and time that show at thousands of idle WebSockets.
//
//   client ──head──► route ──► connect or reuse ──► request head, body ──► target
//   client ◄── head, body ◄── rewritten ◄─────────────────────────────── target
//
// Never reads from one side while the other has unsent bytes, so a session holds at most one read buffer each way.
// A client that goes away frees both sockets at once.
#pragma once

#include <array>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/body_reader.hpp"
#include "proxy/channel.hpp"
#include "proxy/forwarding.hpp"
#include "proxy/local_reply.hpp"
#include "proxy/upstream.hpp"
#include "proxy/worker.hpp"

namespace jhub::proxy {

class Session final : public Disposable,
                      public ChannelOwner,
                      public ConnectWaiter,
                      private TimerWheel::Entry,
                      private Continuation {
  public:
    // counted: it has entered the worker's Admission.
    Session(Worker& worker, int descriptor, std::string address, Front const& front, bool counted);
    ~Session() override;
    void start();
    // Between two requests, with nothing under way: closes the connection.
    void end_if_idle();
    // No longer idle for ever.
    void limit_idle_time();

    std::list<std::unique_ptr<Session>>::iterator place; // in the worker's list

  private:
    // What the client's bytes are.
    enum class Reading : std::uint8_t {
        head,     // the next request's head
        body,     // of the current request
        finished, // the request is complete; what comes belongs to the next one and waits
        tunnel,   // anything, passed on
        linger,   // ignored: the last response was sent, and must arrive before the socket is closed
    };
    // How far the answer is.
    enum class Answering : std::uint8_t {
        nothing,    // no request
        connecting, // to the target
        head,       // waiting for the target's response head
        body,       // passing its body on
        service,    // a local service waits for the whole request
        finished,   // everything is written, maybe not yet sent
        tunnel,
    };
    // Where the request's body goes.
    enum class Sink : std::uint8_t { target, discard, service };
    enum class Reuse : std::uint8_t { allowed, fresh_only };

    // -- events, each ends in pump()
    void on_channel(Channel& channel) override;
    void on_connected(std::unique_ptr<Channel> channel) override;
    void on_connect_failed(std::string const& why) override;
    void on_deadline() override;
    void on_turn() override { pump(); }

    // -- session.cpp: life
    void pump();
    bool step_client();
    bool step_target();
    void check_ends();
    void close_now();
    void be_buried();
    void leave_admission();
    [[nodiscard]] bool is_idle() const;
    void begin_linger();
    bool linger();
    void next_request();
    // Whether the body goes on through a lane now, which is then there; else it is copied.
    bool has_lane(std::unique_ptr<SpliceLane>& lane, BodyReader const& body, Channel const& from, Channel const& to);
    // Passes on what it can through the lane, and gives the lane back when that is empty. False without progress.
    bool splice(std::unique_ptr<SpliceLane>& lane, BodyReader& body, Channel& from, Channel& to,
                Channel::Status& status);
    Channel::Read client_input(std::string& held);

    // -- session_deadlines.cpp
    enum class Awaited : std::uint8_t {
        state,  // what fixed_deadline_ms_ was set for
        target, // to go on with its answer
        client, // to send or take anything at all
        body,   // of the request
        tunnel_end,
    };
    struct Deadline {
        Awaited awaited;
        std::int64_t due_ms;
    };
    [[nodiscard]] std::array<Deadline, 5> deadlines() const;
    void arm_deadline();
    void give_up_waiting(Awaited awaited);
    void fixed_deadline_passed();
    void limit_error_page();
    void give_up_request(int status, std::string_view why);
    [[nodiscard]] bool waits_for_body() const;

    // -- session_request.cpp: from the client to the target
    Channel::Read head_input(std::string& held);
    bool read_request_head();
    void refuse_head(http::Status status, std::string_view reason);
    void begin_request(http::RequestHeadView const& head);
    void begin_service_request(http::RequestHeadView const& head);
    void begin_proxied_request(http::RequestHeadView const& head);
    void forward(http::RequestHeadView const& head, RequestPath const& path, std::size_t matched_segments);
    void send_to_target(Reuse reuse);
    void answer_by_service();

    // -- session_request_body.cpp
    bool read_request_body();
    bool splice_request();
    bool take_body_piece(std::string_view& data);
    std::string_view feed_request_body(std::string_view& data, std::string& out);
    void refuse_body();
    void refuse_large_body();
    void request_complete();

    // -- session_response.cpp: from the target to the client
    Channel::Read answer_input(std::string& held);
    bool read_response_head();
    void take_response_head(std::string_view data, std::size_t used);
    void pass_interim_response(http::ResponseHeadView const& head, std::string_view rest);
    void begin_response(http::ResponseHeadView const& head, std::string_view rest);
    bool read_response_body();
    bool splice_response();
    std::string_view feed_response_body(std::string_view& data, std::string& out);
    void relay_response(std::string& out, std::string_view data);
    void response_complete(bool surprise);
    [[nodiscard]] bool upload_goes_on() const;
    void drop_target();
    void touch_route();
    void count_answer();
    void count_bytes();

    // -- session_failure.cpp: when there is no answer, or no whole one
    [[nodiscard]] bool may_try_again() const { return reused_ && retriable_; }
    [[nodiscard]] bool target_spoke_first() const;
    void target_lost(std::string_view why);
    void fail_request(int status, std::string_view why);
    void ask_error_target(int status);
    void reply_hub_away(int status);
    void append_error_response(std::string& out, http::ResponseHeadView const& head, http::BodyFraming body);
    void reply(LocalReply const& reply);
    void cut_client();

    // -- session_tunnel.cpp
    void open_tunnel(http::ResponseHeadView const& head, std::string_view early);
    bool step_tunnel_to_target();
    bool step_tunnel_to_client();
    bool pass_on(Channel::Read const& read, Channel& to);

    Worker& worker_;
    Front const& front_;
    std::string address_;
    std::unique_ptr<Channel> client_;
    std::unique_ptr<Channel> target_;
    std::unique_ptr<Connector> connector_;
    std::unique_ptr<SpliceLane> request_lane_; // only while they hold bytes
    std::unique_ptr<SpliceLane> response_lane_;
    SlotUse slot_;

    Reading reading_ = Reading::head;
    Answering answering_ = Answering::nothing;
    Sink sink_ = Sink::target;
    bool partial_head_ = false;    // input_ is the beginning of a head
    bool partial_answer_ = false;  // so is response_input_
    bool awaits_continue_ = false; // the client holds its body back until it reads 100 Continue
    bool close_after_ = false;     // no further request on this connection
    bool reused_ = false;          // target_ served an earlier request, and has not answered this one
    bool retriable_ = false;       // the request may be sent again on another connection
    bool target_keep_alive_ = false;
    bool client_finished_ = false; // tunnel: its direction has been ended towards the target
    bool pumping_ = false;
    bool pump_again_ = false;
    bool closed_ = false;
    bool counted_;
    bool trusted_ = true;
    std::uint8_t interim_count_ = 0;
    std::uint16_t error_status_ = 0; // the response comes from the error target and gets this status
    std::uint16_t response_status_ = 0;
    http::Framing client_framing_ = http::Framing::none;

    RequestFacts facts_;
    BodyReader request_body_;
    BodyReader response_body_;
    std::uint64_t discard_left_ = 0;
    std::uint64_t reused_in_round_ = 0; // of the loop
    std::string url_;                   // path and query as sent
    std::string input_;                 // client bytes that wait
    std::string response_input_;
    std::string request_head_; // for the target
    std::unique_ptr<http::RequestHead> service_head_;
    std::string service_body_;
    std::int64_t client_moved_ms_ = 0;
    std::int64_t target_moved_ms_ = 0;
    std::uint64_t started_nanoseconds_ = 0; // of the request
    std::uint64_t received_bytes_ = 0;      // not yet counted in the route's traffic
    std::uint64_t sent_bytes_ = 0;
    std::int64_t fixed_deadline_ms_ = 0; // of the current state; 0: none
};

} // namespace jhub::proxy
