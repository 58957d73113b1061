//! Every deadline of the core, in one table.

use std::time::Duration;

/// A socket that neither opens nor fails for this long counts as failed; browsers wait up to two minutes.
pub const SOCKET_OPEN_TIMEOUT: Duration = Duration::from_secs(10);
/// Of a file that passes, progress is told this often.
pub const FILE_PROGRESS_INTERVAL: Duration = Duration::from_millis(500);
/// A server that does not answer `join` for this long is taken for something else that happens to accept WebSockets.
pub const JOIN_TIMEOUT: Duration = Duration::from_secs(10);
/// A socket that stays open for this long has somebody at its other end. A proxy without a server behind it (that of Trunk)
/// closes within milliseconds what it has just opened.
pub const MIN_CONFIRMING_SOCKET_AGE: Duration = Duration::from_millis(200);
/// Where there was no server, the server is probed again this often, as long as the lobby is shown.
pub const SERVER_PROBE_INTERVAL: Duration = Duration::from_secs(20);
/// The preflight test gives the signaling server this long to answer...
pub const PREFLIGHT_SERVER_TIMEOUT: Duration = Duration::from_secs(10);
/// ...a device to be opened, for which somebody may have to be asked...
pub const PREFLIGHT_CAPTURE_TIMEOUT: Duration = Duration::from_secs(20);
/// ...an open device to deliver something...
pub const PREFLIGHT_DEVICE_TIMEOUT: Duration = Duration::from_secs(6);
/// ...and an ICE server to give a candidate: browsers themselves ask for about as long.
pub const PREFLIGHT_ICE_TIMEOUT: Duration = Duration::from_secs(10);
/// A peer connection of the lobby that gathers nothing for this long knows no address; others do so at once, even on a slow
/// machine that is still busy with the page.
pub const WEBRTC_SUPPORT_TIMEOUT: Duration = Duration::from_secs(8);
/// The first wait before the signaling socket is opened again: the shortest and the longest. A blip is over at once, and
/// still ten thousand clients of a restarted server are spread over a second.
pub const RECONNECT_FIRST: [Duration; 2] = [Duration::ZERO, Duration::from_secs(1)];
/// The same where the socket belongs to a server that forwards media, whose own clients scatter over no more: it gives a call up
/// within seconds.
pub const RECONNECT_FIRST_TO_SFU: [Duration; 2] = [Duration::ZERO, Duration::from_millis(400)];
/// The waits after it, in an outage that is not older than this: whoever was away that long is back within 2 s...
pub const RECONNECT_SOON: [Duration; 2] = [Duration::from_millis(800), Duration::from_millis(1800)];
/// ...and how old that is.
pub const RECONNECT_SOON_FOR: Duration = Duration::from_secs(10);
/// The waits in an outage that is older: back within 12 s, of which the socket may take some.
pub const RECONNECT_LATER: [Duration; 2] = [Duration::from_secs(4), Duration::from_secs(10)];
/// The first wait after a server that has said that it closes: everybody hears it at the same moment, and a restart takes
/// some seconds.
pub const RECONNECT_CLOSING: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(6)];
/// From the start of a connection to `connected`; then it is built anew.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// The part of that in which most connections come about.
pub const CONNECT_BEGINNING: Duration = Duration::from_secs(1);
/// How long after that the first, small picture becomes a large one: by then the path is known to carry more.
pub const INITIAL_SCALE_DURATION: Duration = Duration::from_millis(300);
/// A connection to a server that was made before it said which ICE servers to use has this long to come about without them.
pub const UNAIDED_CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// What is shown smaller than before, or not at all, is told to whoever sends it once it has stayed so for this long.
pub const SMALLER_TRACK_SETTINGS_DELAY: Duration = Duration::from_secs(1);
/// Least time between two messages about sizes to the same participant.
pub const MIN_TRACK_SETTINGS_INTERVAL: Duration = Duration::from_millis(500);
/// A video whose place has become smaller is sent smaller once it has stayed so for this long.
pub const SMALLER_ENCODING_DELAY: Duration = Duration::from_secs(2);
/// What the browser says that a path carries is not believed before it has had this long to find out: Chromium begins with
/// 300 kbit/s, whatever there is.
pub const LINK_WARM_UP: Duration = Duration::from_secs(10);
/// What the other side says of lost sound holds for so long: they say it every two seconds while there is any.
pub const RECEIVER_REPORT_LIFETIME: Duration = Duration::from_secs(10);
/// Video that gave way to sound may try to come back after this...
pub const LINK_MIN_PATIENCE: Duration = Duration::from_secs(8);
/// ...and after twice as long whenever that was too much, up to this.
pub const LINK_MAX_PATIENCE: Duration = Duration::from_secs(64);
/// It was not too much if nothing had to give way for this long.
pub const LINK_TRIAL: Duration = Duration::from_secs(20);
/// What is wrong with sound or pictures is told once it has lasted this long: two samples...
pub const QUALITY_ISSUE_DELAY: Duration = Duration::from_millis(1500);
/// ...and loss until it has been over for this long.
pub const QUALITY_ISSUE_LINGER: Duration = Duration::from_secs(8);
/// `disconnected` often heals by itself; this long it may try.
pub const DISCONNECTED_GRACE: Duration = Duration::from_millis(2500);
/// From an ICE restart to `connected`; then the connection is built anew.
pub const RESTART_TIMEOUT: Duration = Duration::from_secs(12);
/// Both sides see a broken path, but one should act: the polite one gives the other this much time.
pub const POLITE_DELAY: Duration = Duration::from_millis(1500);
/// After this many repairs in a row without success, a connection shows as failed...
pub const REPAIRS_BEFORE_FAILED: u32 = 3;
/// ...and is tried again this often.
pub const FAILED_RETRY_INTERVAL: Duration = Duration::from_secs(30);
/// Somebody the server has lost, and whose media is silent too, is given up after this long.
pub const LOST_PARTICIPANT_TIMEOUT: Duration = Duration::from_secs(12);

/// From this distance to the server on, there and back, a newcomer's offer is exchanged for a deposit even if the browser takes no
/// provisional answers. Then both ends begin as the controlling side of ICE, which RFC 8445 section 7.3.1.1 settles, and Firefox
/// has an answer 20 ms sooner from a server that is near.
pub const EXCHANGE_MIN_RTT: Duration = Duration::from_millis(60);
/// How long after somebody has come an offer is made for whoever comes next.
pub const DEPOSIT_DELAY: Duration = Duration::from_secs(2);
/// Most offers that are left with the server for whoever comes next, in any minute: it takes no more.
pub const DEPOSITS_PER_MINUTE: usize = 10;

/// While media should flow, the counters of every connection are sampled this often...
pub const STATS_INTERVAL: Duration = Duration::from_secs(2);
/// ...and this often when the network may have changed or the page has slept...
pub const STATS_INTERVAL_WHEN_ALERT: Duration = Duration::from_secs(1);
/// ...for so long.
pub const ALERT_DURATION: Duration = Duration::from_secs(6);
/// Who speaks is looked at this often, as long as the page is to be seen.
pub const AUDIO_LEVEL_INTERVAL: Duration = Duration::from_millis(250);
/// Two samples that lie further apart say nothing about the time between them: timers of hidden pages are late.
pub const STATS_MAX_GAP: Duration = Duration::from_secs(5);
/// Not a packet for this long from somebody who says that they send, or to anybody although we do: the path is repaired,
/// whatever the browser says about it.
pub const SILENCE_TIMEOUT: Duration = Duration::from_secs(5);
/// The same when the network may have changed.
pub const SILENCE_TIMEOUT_WHEN_ALERT: Duration = Duration::from_millis(2500);
/// The same before the first packet: their device and their encoder have to start.
pub const FIRST_PACKET_TIMEOUT: Duration = Duration::from_secs(10);
/// Whoever a server forwards, and has not said what they send for this long, is asked; then after twice and four times as long.
pub const MEDIA_REQUEST_DELAY: Duration = Duration::from_secs(2);
/// So often.
pub(crate) const MAX_MEDIA_REQUESTS: u32 = 3;
/// Their picture comes, but for this long not a packet of the voice that they say they send.
pub const AUDIO_SILENCE_TIMEOUT: Duration = Duration::from_secs(15);
/// Our microphone is on, and for this long not a sample of it was anything but zero: the person is told.
pub const MICROPHONE_SILENCE_TIMEOUT: Duration = Duration::from_secs(10);
/// Not a frame for this long of a picture that moved: people are told...
pub const FRAMES_TIMEOUT: Duration = Duration::from_secs(6);
/// ...or, of one that they say they send, since they were connected: their encoder has to start.
pub const FIRST_FRAME_TIMEOUT: Duration = Duration::from_secs(8);
/// From a restart because of silence to the first packet; then the connection is built anew.
pub const RESTART_PACKETS_TIMEOUT: Duration = Duration::from_secs(8);
/// After this many repairs without a packet in return it is left alone until something comes: not the connection is
/// silent, but they.
pub const SILENT_REPAIRS: u32 = 2;
/// Most repairs of one pair because of silence, in any minute.
pub const SILENT_REPAIRS_PER_MINUTE: usize = 2;
/// Most repairs of one pair for any reason, in any minute.
pub const REPAIRS_PER_MINUTE: usize = 6;
/// Most rebuilds of one pair that the other side may make us take part in, in any minute.
pub const REMOTE_REBUILDS_PER_MINUTE: usize = 10;
/// Most tries to open a device that was lost, because the browser says that its devices have changed, in any minute: each
/// may ask the person.
pub const REOPENS_PER_MINUTE: usize = 3;
/// The minute of the four above.
pub const RATE_LIMIT_PERIOD: Duration = Duration::from_secs(60);
/// A timer that comes this late has slept with its page: the deadlines it missed are not believed...
pub const SLEEP_THRESHOLD: Duration = Duration::from_secs(3);
/// ...before what happened meanwhile has had this long to be heard of.
pub const WAKE_GRACE: Duration = Duration::from_secs(1);
