//! Paths that are silent, whatever the browser says of them.

use crate::*;

impl Harness {
    /// Lets time pass while the counters grow by `growth` packets at every `getStats()`; gives every other effect.
    fn flow(&mut self, connection: u32, seconds: u64, flow: &mut Counters, growth: [u32; 2]) -> Vec<Effect> {
        let mut effects = Vec::new();
        for _ in 0..seconds * 4 {
            for effect in self.wait(Duration::from_millis(250)) {
                if effect == Effect::Connection(ConnectionId(connection), ConnectionEffect::GetStats) {
                    flow.received = [flow.received[0] + growth[0], flow.received[1] + growth[1]];
                    effects.extend(self.event(connection, ConnectionEvent::Stats(flow.stats())));
                } else {
                    effects.push(effect);
                }
            }
        }
        effects
    }
}

#[test]
fn a_path_that_is_dead_though_the_browser_calls_it_connected_is_restarted_then_rebuilt() {
    let (mut harness, mut flow) = (connected(), Counters::default());
    assert_eq!(harness.flow(0, 60, &mut flow, [50, 30]), [], "a healthy call is left alone");
    assert_eq!(
        harness.flow(0, 8, &mut flow, [0, 0]),
        [Effect::Connection(ConnectionId(0), ConnectionEffect::RestartIce)]
    );
    assert_eq!(harness.connection(), (ConnectionState::Reconnecting, ConnectionReason::NoMedia));
    harness
        .receive(Inbound::Roster(RosterSignal::MediaState { from: id("b"), media: MediaState::default() }));
    assert_eq!(creations(&harness.flow(0, 12, &mut flow, [0, 0])), [(1, Role::Offerer)]);
    harness.event(1, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
    assert_eq!(harness.flow(1, 300, &mut Counters::default(), [0, 0]), [], "then it is they who are silent");
    assert_eq!(harness.connection(), (ConnectionState::Connected, ConnectionReason::NoMedia));
    harness.flow(1, 4, &mut Counters::default(), [50, 30]);
    assert_eq!(harness.connection(), (ConnectionState::Connected, ConnectionReason::None));
}

#[test]
fn packets_after_a_restart_end_the_ladder() {
    let (mut harness, mut flow) = (connected(), Counters::default());
    harness.flow(0, 10, &mut flow, [50, 30]);
    assert_eq!(
        harness.flow(0, 8, &mut flow, [0, 0]),
        [Effect::Connection(ConnectionId(0), ConnectionEffect::RestartIce)]
    );
    assert_eq!(harness.flow(0, 120, &mut flow, [50, 30]), []);
    assert_eq!(harness.connection(), (ConnectionState::Connected, ConnectionReason::None));
}

#[test]
fn whoever_sends_nothing_is_not_missed() {
    let (mut harness, mut flow) = (connected(), Counters::default());
    harness.flow(0, 10, &mut flow, [50, 30]);
    harness
        .receive(Inbound::Roster(RosterSignal::MediaState { from: id("a"), media: MediaState::default() }));
    assert_eq!(harness.flow(0, 300, &mut flow, [0, 0]), []);
}

/// Found by the simulator: their microphone was unplugged while our socket was dead, so we did not hear of it.
#[test]
fn old_words_of_a_dead_socket_rebuild_nothing() {
    let (mut harness, mut flow) = (connected(), Counters::default());
    harness.flow(0, 10, &mut flow, [50, 30]);
    assert_eq!(harness.flow(0, 120, &mut flow, [0, 30]), [], "their picture comes");
    harness
        .receive(Inbound::Roster(RosterSignal::MediaState { from: id("b"), media: MediaState::default() }));
    assert_eq!(creations(&harness.flow(0, 4, &mut flow, [0, 30])), [(1, Role::Offerer)], "now it counts");
}

fn voice_and_picture(from: &str, microphone: bool) -> Inbound {
    Inbound::Roster(RosterSignal::MediaState {
        from: id(from),
        media: MediaState::from([Source::Camera]).with(Source::Microphone, microphone),
    })
}

/// Found by the simulator: their microphone was unplugged while *their* socket was dead. The server lost them after
/// half a minute, they came back, and a sample between that and their belated words rebuilt a connection that was sound.
#[test]
fn old_words_of_somebody_who_was_lost_rebuild_nothing() {
    let (mut harness, mut flow) = (connected(), Counters::default());
    harness.flow(0, 10, &mut flow, [50, 30]);
    harness.flow(0, 14, &mut flow, [0, 30]);
    harness.receive(Inbound::Roster(RosterSignal::Lost(id("a"))));
    harness.wait(Duration::from_secs(2));
    let media = Some(MediaState::from([Source::Microphone, Source::Camera]));
    harness.receive(Inbound::Roster(RosterSignal::Resumed(ParticipantInfo {
        media,
        ..info("a", Offerer::Them)
    })));
    assert_eq!(harness.flow(0, 4, &mut flow, [0, 30]), [], "their words are on the way");
    harness.receive(voice_and_picture("a", false));
    assert_eq!(harness.flow(0, 120, &mut flow, [0, 30]), []);
}

/// The same when it was we who were lost: the server is heard again before it has repeated everything.
#[test]
fn who_takes_up_a_session_waits_for_what_was_missed() {
    let (mut harness, mut flow) = (connected(), Counters::default());
    harness.flow(0, 10, &mut flow, [50, 30]);
    assert_eq!(harness.flow(0, 20, &mut flow, [0, 30]), []);
    harness.input(Input::Socket(SocketEvent::Closed));
    harness.flow(0, 1, &mut flow, [0, 30]);
    harness.input(Input::Socket(SocketEvent::Opened));
    harness.receive(Inbound::Server(ServerSignal::Resumed { ice_servers: None }));
    assert_eq!(harness.flow(0, 4, &mut flow, [0, 30]), [], "perhaps they say something else by now");
    harness.receive(voice_and_picture("a", true));
    assert_eq!(creations(&harness.flow(0, 14, &mut flow, [0, 30])), [(1, Role::Offerer)], "they do not");
}

/// Found by the simulator: the polite side noticed silence just before the other's restart ended it, and restarted
/// again when its patience was over. Silence is believed only if the counters show it at that moment.
#[test]
fn a_clock_alone_never_repairs_silence() {
    let (mut harness, mut flow) = (Harness::joined(&["z"]).0, Counters::default());
    let media = MediaState::from([Source::Microphone, Source::Camera]);
    harness.receive(Inbound::Roster(RosterSignal::MediaState { from: id("z"), media }));
    harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
    harness.flow(0, 10, &mut flow, [50, 30]);
    harness.flow(0, 6, &mut flow, [0, 0]);
    assert_eq!(harness.connection(), (ConnectionState::Reconnecting, ConnectionReason::NoMedia));
    assert_eq!(harness.flow(0, 60, &mut flow, [50, 30]), []);
}

#[test]
fn a_page_that_wakes_looks_closely_before_it_acts() {
    let (mut harness, mut flow) = (connected(), Counters::default());
    harness.flow(0, 10, &mut flow, [50, 30]);
    harness.now = harness.now + Duration::from_secs(600);
    assert_eq!(harness.input(Input::Network(NetworkEvent::Online)), []);
    assert_eq!(harness.flow(0, 2, &mut flow, [0, 0]), [], "what it counted before its sleep does not count");
    assert_eq!(
        harness.flow(0, 2, &mut flow, [0, 0]),
        [Effect::Connection(ConnectionId(0), ConnectionEffect::RestartIce)],
        "but it is quick"
    );
}

#[test]
fn a_changed_network_is_a_reason_to_look_and_not_to_act() {
    let (mut harness, mut flow) = (connected(), Counters::default());
    for _ in 0..30 {
        assert_eq!(harness.input(Input::Network(NetworkEvent::Changed)), []);
        assert_eq!(harness.flow(0, 3, &mut flow, [50, 30]), []);
    }
    harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Disconnected));
    harness.input(Input::Network(NetworkEvent::Changed));
    assert_eq!(
        harness.wait(Duration::ZERO),
        [Effect::Connection(ConnectionId(0), ConnectionEffect::RestartIce)],
        "what is broken is mended"
    );
}

#[test]
fn nobody_makes_us_rebuild_without_end() {
    let (mut harness, mut built) = (Harness::joined(&["a"]).0, 0);
    for epoch in 1..=100 {
        let mut effects = harness.receive(offer_from("a", epoch, "u"));
        effects.extend(harness.wait(Duration::from_millis(100)));
        built += creations(&effects).len();
    }
    assert_eq!(built, 10, "in one minute");
    harness.wait(Duration::from_secs(59));
    assert_eq!(harness.receive(candidate_from("a", 101, "v")), [], "of an epoch to come");
    let effects = harness.receive(offer_from("a", 101, "v"));
    assert_eq!(creations(&effects).len(), 1, "when a minute is over they are followed again");
}
