use super::*;
use crate::input::MediaError;
use crate::output::Output;
use visavis_signaling::Source;

const OFF: SourceView = SourceView { source: Source::Camera, state: SourceState::Off, track: None };
const CONTEXT: PreflightContext = PreflightContext {
    microphone: OFF,
    camera: OFF,
    signaling_open: true,
    obstacle: UnreachableReason::Unknown,
};

fn on(track: u32) -> SourceView {
    SourceView { source: Source::Camera, state: SourceState::On, track: Some(TrackId(track)) }
}

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn server(urls: &[&str]) -> IceServer {
    let urls = urls.iter().map(ToString::to_string).collect();
    IceServer { urls, username: Some("ann".to_owned()), credential: None }
}

/// A preflight test that has begun at zero.
#[derive(Default)]
struct Harness {
    preflight: Preflight,
    out: Outbox,
    servers: Vec<IceServer>,
}

impl Harness {
    fn begin(servers: &[&[&str]]) -> Self {
        let mut harness =
            Self { servers: servers.iter().map(|urls| server(urls)).collect(), ..Self::default() };
        harness.preflight.begin(at(0), Some("ws://server".to_owned()), &mut harness.out);
        harness
    }

    fn step(&mut self, now: u64, context: &PreflightContext) -> Vec<Effect> {
        self.preflight.step(at(now), context, self.servers.iter(), &mut self.out);
        let outputs = std::iter::from_fn(|| self.out.pop());
        outputs
            .filter_map(|output| match output {
                Output::Effect(effect) => Some(effect),
                Output::Event(_) => None,
            })
            .collect()
    }

    fn on_finding(&mut self, test: u32, finding: Finding) {
        self.preflight.on_finding(TestId(test), finding, &mut self.out);
    }

    fn state(&self, line: usize) -> PreflightState {
        self.preflight.entries[line].line.state
    }
}

const SERVER: usize = 0;
const MICROPHONE: usize = 1;
const CAMERA: usize = 2;
const ICE: usize = 3;

#[test]
fn everything_works() {
    let mut harness = Harness::begin(&[&["stun:a"], &["turn:a", "turns:a"]]);
    let context = PreflightContext { microphone: on(1), camera: on(2), ..CONTEXT };
    let effects = harness.step(0, &context);
    let ice = |id, url| Effect::Preflight(TestId(id), PreflightEffect::Start(Test::Ice(server(&[url]))));
    assert_eq!(
        effects,
        [
            Effect::Preflight(TestId(0), PreflightEffect::Start(Test::Track(TrackId(1)))),
            Effect::Preflight(TestId(1), PreflightEffect::Start(Test::Track(TrackId(2)))),
            ice(2, "stun:a"),
            ice(3, "turn:a"),
            ice(4, "turns:a"),
        ]
    );
    harness.preflight.on_server_answer(None, &mut harness.out);
    (0..5).for_each(|test| harness.on_finding(test, Finding::Good));
    assert_eq!(
        harness.step(1, &context),
        (0..5).map(|test| Effect::Preflight(TestId(test), PreflightEffect::End)).collect::<Vec<_>>()
    );
    assert!(harness.preflight.lines(None).iter().all(|line| line.state == PreflightState::Passed));
    assert_eq!((harness.preflight.lines(None).len(), harness.preflight.poll_timeout()), (6, None));
}

#[test]
fn what_is_off_or_absent_is_skipped() {
    let mut harness = Harness::begin(&[]);
    assert_eq!(harness.step(0, &CONTEXT), []);
    assert_eq!(harness.state(CAMERA), PreflightState::Skipped(Skip::Off));
    assert_eq!(harness.preflight.lines(None).len(), 3, "the server may still name some");
    harness.preflight.on_server_answer(Some(RejectCode::BadRequest), &mut harness.out);
    harness.step(0, &CONTEXT);
    assert_eq!(harness.state(SERVER), PreflightState::Passed, "an older server");
    assert_eq!(harness.state(ICE), PreflightState::Skipped(Skip::None));
    let mut tabs = Preflight::default();
    tabs.begin(at(0), None, &mut harness.out);
    assert_eq!(tabs.entries[SERVER].line.state, PreflightState::Skipped(Skip::None));
}

#[test]
fn a_device_that_delivers_nothing_is_named() {
    let mut harness = Harness::begin(&[]);
    let context = PreflightContext { microphone: on(1), camera: on(2), ..CONTEXT };
    harness.step(0, &context);
    harness.on_finding(0, Finding::Blank);
    harness.step(5_999, &context);
    assert_eq!(harness.state(MICROPHONE), PreflightState::Running, "somebody may still say something");
    let ended = harness.step(6_000, &context);
    assert_eq!(
        ended,
        [
            Effect::Preflight(TestId(0), PreflightEffect::End),
            Effect::Preflight(TestId(1), PreflightEffect::End)
        ]
    );
    assert_eq!(harness.state(MICROPHONE), PreflightState::Failed(Fault::Blank));
    assert_eq!(harness.state(CAMERA), PreflightState::Failed(Fault::Nothing));
    let mut deaf = Harness::begin(&[]);
    deaf.step(0, &context);
    deaf.step(6_000, &context);
    assert_eq!(deaf.state(MICROPHONE), PreflightState::Skipped(Skip::Unclear), "no sound card, for instance");
    // Too late, and of nothing that is under way.
    harness.on_finding(1, Finding::Good);
    assert_eq!(harness.state(CAMERA), PreflightState::Failed(Fault::Nothing));
}

#[test]
fn a_device_that_opens_late_is_waited_for() {
    let starting = SourceView { source: Source::Camera, state: SourceState::Starting, track: None };
    let mut harness = Harness::begin(&[]);
    let context = PreflightContext { microphone: starting, camera: starting, ..CONTEXT };
    harness.step(0, &context);
    assert_eq!(harness.state(CAMERA), PreflightState::Waiting);
    let opened = harness.step(15_000, &PreflightContext { camera: on(2), ..context });
    assert_eq!(opened, [Effect::Preflight(TestId(0), PreflightEffect::Start(Test::Track(TrackId(2))))]);
    harness.step(20_000, &PreflightContext { camera: on(2), ..context });
    assert_eq!(harness.state(MICROPHONE), PreflightState::Failed(Fault::Unopened));
    assert_eq!(harness.state(CAMERA), PreflightState::Running);
    let failed =
        SourceView { source: Source::Camera, state: SourceState::Failed(MediaError::Busy), track: None };
    harness.step(20_001, &PreflightContext { camera: failed, ..context });
    assert_eq!(harness.state(CAMERA), PreflightState::Failed(Fault::Device(MediaError::Busy)));
}

#[test]
fn a_browser_without_peer_connections_blames_no_server() {
    for url in ["turn:a", "stun:a"] {
        let mut harness = Harness::begin(&[&[url]]);
        harness.step(0, &CONTEXT);
        harness.on_finding(0, Finding::Unsupported);
        assert_eq!(harness.step(1, &CONTEXT), [Effect::Preflight(TestId(0), PreflightEffect::End)]);
        assert_eq!(harness.state(ICE), PreflightState::Skipped(Skip::Unclear), "{url}");
    }
}

#[test]
fn an_ice_server_that_fails_says_why() {
    let refused = Finding::Error(401);
    for (url, findings, expected) in [
        ("turn:a", &[refused, Finding::Error(701), Finding::Gathered(true)][..], Fault::Error(401)),
        ("turn:a", &[Finding::Error(701), refused, Finding::Gathered(true)], Fault::Error(401)),
        ("stun:a", &[Finding::Error(701), Finding::Gathered(true)], Fault::NoAnswer),
        ("turn:a", &[Finding::Gathered(true)], Fault::NoAnswer),
        ("turn:a", &[Finding::Gathered(false)], Fault::NoAnswer),
        ("turn:a", &[Finding::Refused], Fault::Invalid),
        ("stun:a", &[], Fault::NoAnswer),
        ("turn:a", &[refused], Fault::Error(401)),
    ] {
        let mut harness = Harness::begin(&[&[url]]);
        harness.step(0, &CONTEXT);
        findings.iter().for_each(|finding| harness.on_finding(0, *finding));
        let ended = harness.step(10_000, &CONTEXT);
        assert_eq!(ended, [Effect::Preflight(TestId(0), PreflightEffect::End)]);
        assert_eq!(harness.state(ICE), PreflightState::Failed(expected), "{url} {findings:?}");
    }
}

#[test]
fn a_path_that_fails_does_not_matter_if_another_works() {
    let mut harness = Harness::begin(&[&["stun:a"], &["stun:b"], &["stun:c"]]);
    harness.step(0, &CONTEXT);
    harness.on_finding(0, Finding::Error(701));
    harness.on_finding(0, Finding::Good);
    // Without a NAT there is nothing to find, and Firefox says nothing of errors.
    harness.on_finding(1, Finding::Gathered(true));
    harness.on_finding(2, Finding::Gathered(false));
    assert_eq!(harness.state(ICE), PreflightState::Passed);
    assert_eq!(harness.state(ICE + 1), PreflightState::Passed);
    assert_eq!(harness.state(ICE + 2), PreflightState::Skipped(Skip::Unclear));
}

#[test]
fn a_server_that_is_out_of_reach_is_explained() {
    for (signaling_open, obstacle, when, expected) in [
        (false, UnreachableReason::Down, 1, UnreachableReason::Down),
        (false, UnreachableReason::Unknown, 10_000, UnreachableReason::Unknown),
        (true, UnreachableReason::Unknown, 10_000, UnreachableReason::NoReply),
    ] {
        let mut harness = Harness::begin(&[]);
        harness.step(when, &PreflightContext { signaling_open, obstacle, ..CONTEXT });
        assert_eq!(harness.state(SERVER), PreflightState::Failed(Fault::Unreachable(expected)));
    }
    let mut harness = Harness::begin(&[]);
    harness.preflight.on_server_answer(Some(RejectCode::ServerFull), &mut harness.out);
    assert_eq!(harness.state(SERVER), PreflightState::Failed(Fault::Rejected(RejectCode::ServerFull)));
}

#[test]
fn there_are_only_so_many_servers_and_each_once() {
    let urls: Vec<_> = (0..40).map(|n| format!("stun:{}", n / 2)).collect();
    let urls: Vec<_> = urls.iter().map(String::as_str).collect();
    let mut harness = Harness::begin(&[&urls, &urls]);
    assert_eq!(harness.step(0, &CONTEXT).len(), MAX_ICE_SERVERS);
    harness.preflight.end(&mut harness.out);
    assert_eq!(harness.step(0, &CONTEXT).len(), MAX_ICE_SERVERS, "all of them are closed");
    assert_eq!(harness.preflight.lines(None), []);
}

#[test]
fn a_candidate_proves_only_what_it_is() {
    let of = |kind| format!("candidate:1 1 udp 1 192.0.2.1 9 typ {kind} raddr 0.0.0.0 rport 0");
    assert!(is_proof("stun:a", &of("srflx")));
    assert!(is_proof("turns:a", &of("relay")));
    assert!(!is_proof("stun:a", &of("host")));
    assert!(!is_proof("turn:a", &of("srflx")));
    assert!(!is_proof("stun:a", "candidate:1 typ srflx"));
    assert!(!is_proof("stun:a", ""));
}
