use super::*;
use crate::input::MediaError;
use crate::output::Output;
use visavis_signaling::Source;

const OFF: SourceView = SourceView { source: Source::Camera, state: SourceState::Off, track: None };
const AROUND: CheckContext =
    CheckContext { microphone: OFF, camera: OFF, link_open: true, obstacle: UnreachableReason::Unknown };

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

/// A check that has begun at zero.
#[derive(Default)]
struct Stage {
    check: Check,
    out: Outbox,
    servers: Vec<IceServer>,
}

impl Stage {
    fn begin(servers: &[&[&str]]) -> Self {
        let mut stage =
            Self { servers: servers.iter().map(|urls| server(urls)).collect(), ..Self::default() };
        stage.check.begin(at(0), Some("ws://server".to_owned()), &mut stage.out);
        stage
    }

    fn step(&mut self, now: u64, around: &CheckContext) -> Vec<Effect> {
        self.check.step(at(now), around, self.servers.iter(), &mut self.out);
        let outputs = std::iter::from_fn(|| self.out.pop());
        outputs
            .filter_map(|output| match output {
                Output::Effect(effect) => Some(effect),
                Output::Event(_) => None,
            })
            .collect()
    }

    fn on_finding(&mut self, test: u32, finding: Finding) {
        self.check.on_finding(TestId(test), finding, &mut self.out);
    }

    fn state(&self, line: usize) -> CheckState {
        self.check.entries[line].line.state
    }
}

const SERVER: usize = 0;
const MICROPHONE: usize = 1;
const CAMERA: usize = 2;
const ICE: usize = 3;

#[test]
fn everything_works() {
    let mut stage = Stage::begin(&[&["stun:a"], &["turn:a", "turns:a"]]);
    let around = CheckContext { microphone: on(1), camera: on(2), ..AROUND };
    let asked = stage.step(0, &around);
    let ice = |id, url| Effect::Check(TestId(id), CheckEffect::Start(Test::Ice(server(&[url]))));
    assert_eq!(
        asked,
        [
            Effect::Check(TestId(0), CheckEffect::Start(Test::Track(TrackId(1)))),
            Effect::Check(TestId(1), CheckEffect::Start(Test::Track(TrackId(2)))),
            ice(2, "stun:a"),
            ice(3, "turn:a"),
            ice(4, "turns:a"),
        ]
    );
    stage.check.on_server_answer(None, &mut stage.out);
    (0..5).for_each(|test| stage.on_finding(test, Finding::Good));
    assert_eq!(
        stage.step(1, &around),
        (0..5).map(|test| Effect::Check(TestId(test), CheckEffect::End)).collect::<Vec<_>>()
    );
    assert!(stage.check.lines(None).iter().all(|line| line.state == CheckState::Passed));
    assert_eq!((stage.check.lines(None).len(), stage.check.poll_timeout()), (6, None));
}

#[test]
fn what_is_off_or_absent_is_skipped() {
    let mut stage = Stage::begin(&[]);
    assert_eq!(stage.step(0, &AROUND), []);
    assert_eq!(stage.state(CAMERA), CheckState::Skipped(Skip::Off));
    assert_eq!(stage.check.lines(None).len(), 3, "the server may still name some");
    stage.check.on_server_answer(Some(RejectCode::BadRequest), &mut stage.out);
    stage.step(0, &AROUND);
    assert_eq!(stage.state(SERVER), CheckState::Passed, "an older server");
    assert_eq!(stage.state(ICE), CheckState::Skipped(Skip::None));
    let mut tabs = Check::default();
    tabs.begin(at(0), None, &mut stage.out);
    assert_eq!(tabs.entries[SERVER].line.state, CheckState::Skipped(Skip::None));
}

#[test]
fn a_device_that_delivers_nothing_is_named() {
    let mut stage = Stage::begin(&[]);
    let around = CheckContext { microphone: on(1), camera: on(2), ..AROUND };
    stage.step(0, &around);
    stage.on_finding(0, Finding::Blank);
    stage.step(5_999, &around);
    assert_eq!(stage.state(MICROPHONE), CheckState::Running, "somebody may still say something");
    let ended = stage.step(6_000, &around);
    assert_eq!(
        ended,
        [Effect::Check(TestId(0), CheckEffect::End), Effect::Check(TestId(1), CheckEffect::End)]
    );
    assert_eq!(stage.state(MICROPHONE), CheckState::Failed(Fault::Blank));
    assert_eq!(stage.state(CAMERA), CheckState::Failed(Fault::Nothing));
    let mut deaf = Stage::begin(&[]);
    deaf.step(0, &around);
    deaf.step(6_000, &around);
    assert_eq!(deaf.state(MICROPHONE), CheckState::Skipped(Skip::Unclear), "no sound card, for instance");
    // Too late, and of nothing that is under way.
    stage.on_finding(1, Finding::Good);
    assert_eq!(stage.state(CAMERA), CheckState::Failed(Fault::Nothing));
}

#[test]
fn a_device_that_opens_late_is_waited_for() {
    let starting = SourceView { source: Source::Camera, state: SourceState::Starting, track: None };
    let mut stage = Stage::begin(&[]);
    let around = CheckContext { microphone: starting, camera: starting, ..AROUND };
    stage.step(0, &around);
    assert_eq!(stage.state(CAMERA), CheckState::Waiting);
    let opened = stage.step(15_000, &CheckContext { camera: on(2), ..around });
    assert_eq!(opened, [Effect::Check(TestId(0), CheckEffect::Start(Test::Track(TrackId(2))))]);
    stage.step(20_000, &CheckContext { camera: on(2), ..around });
    assert_eq!(stage.state(MICROPHONE), CheckState::Failed(Fault::Unopened));
    assert_eq!(stage.state(CAMERA), CheckState::Running);
    let failed =
        SourceView { source: Source::Camera, state: SourceState::Failed(MediaError::Busy), track: None };
    stage.step(20_001, &CheckContext { camera: failed, ..around });
    assert_eq!(stage.state(CAMERA), CheckState::Failed(Fault::Device(MediaError::Busy)));
}

#[test]
fn a_browser_without_peer_connections_blames_no_server() {
    for url in ["turn:a", "stun:a"] {
        let mut stage = Stage::begin(&[&[url]]);
        stage.step(0, &AROUND);
        stage.on_finding(0, Finding::Unsupported);
        assert_eq!(stage.step(1, &AROUND), [Effect::Check(TestId(0), CheckEffect::End)]);
        assert_eq!(stage.state(ICE), CheckState::Skipped(Skip::Unclear), "{url}");
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
        let mut stage = Stage::begin(&[&[url]]);
        stage.step(0, &AROUND);
        findings.iter().for_each(|finding| stage.on_finding(0, *finding));
        let ended = stage.step(10_000, &AROUND);
        assert_eq!(ended, [Effect::Check(TestId(0), CheckEffect::End)]);
        assert_eq!(stage.state(ICE), CheckState::Failed(expected), "{url} {findings:?}");
    }
}

#[test]
fn a_path_that_fails_does_not_matter_if_another_works() {
    let mut stage = Stage::begin(&[&["stun:a"], &["stun:b"], &["stun:c"]]);
    stage.step(0, &AROUND);
    stage.on_finding(0, Finding::Error(701));
    stage.on_finding(0, Finding::Good);
    // Without a NAT there is nothing to find, and Firefox says nothing of errors.
    stage.on_finding(1, Finding::Gathered(true));
    stage.on_finding(2, Finding::Gathered(false));
    assert_eq!(stage.state(ICE), CheckState::Passed);
    assert_eq!(stage.state(ICE + 1), CheckState::Passed);
    assert_eq!(stage.state(ICE + 2), CheckState::Skipped(Skip::Unclear));
}

#[test]
fn a_server_that_is_out_of_reach_is_explained() {
    for (link_open, obstacle, when, expected) in [
        (false, UnreachableReason::Down, 1, UnreachableReason::Down),
        (false, UnreachableReason::Unknown, 10_000, UnreachableReason::Unknown),
        (true, UnreachableReason::Unknown, 10_000, UnreachableReason::NoReply),
    ] {
        let mut stage = Stage::begin(&[]);
        stage.step(when, &CheckContext { link_open, obstacle, ..AROUND });
        assert_eq!(stage.state(SERVER), CheckState::Failed(Fault::Unreachable(expected)));
    }
    let mut stage = Stage::begin(&[]);
    stage.check.on_server_answer(Some(RejectCode::ServerFull), &mut stage.out);
    assert_eq!(stage.state(SERVER), CheckState::Failed(Fault::Rejected(RejectCode::ServerFull)));
}

#[test]
fn there_are_only_so_many_servers_and_each_once() {
    let urls: Vec<_> = (0..40).map(|n| format!("stun:{}", n / 2)).collect();
    let urls: Vec<_> = urls.iter().map(String::as_str).collect();
    let mut stage = Stage::begin(&[&urls, &urls]);
    assert_eq!(stage.step(0, &AROUND).len(), MAX_ICE_SERVERS);
    stage.check.end(&mut stage.out);
    assert_eq!(stage.step(0, &AROUND).len(), MAX_ICE_SERVERS, "all of them are closed");
    assert_eq!(stage.check.lines(None), []);
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
