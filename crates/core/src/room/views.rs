//! The view, derived.

use visavis_signaling::{Offerer, Remote, Source};

use super::Room;
use crate::connection::{Connection, FrameState, Phase};
use crate::roster::Member;
use crate::view::{
    ConnectionReason, ConnectionState, ConnectionView, Lifecycle, ParticipantView, Problem, PublicationView,
    RoomView, SelfView, SourceState, SourceView,
};

pub(super) fn room(room: &Room) -> RoomView {
    let members = room.roster.iter().filter(|member| !member.assumed);
    RoomView {
        lifecycle: room.session.lifecycle,
        problem: problem(room),
        fallback: room.signal_client.fallback_active(),
        may_fall_back: room.signal_client.can_fall_back(),
        room: room.session.room.clone(),
        capacity: room.session.capacity,
        me: me(room),
        participants: members.map(|member| participant(room, member)).collect(),
        active_speaker: room.active_speaker.clone().filter(|id| room.roster.get(id).is_some()),
        blocked: room.webrtc_support.is_blocked(),
        preflight: room.preflight.lines(room.webrtc_support.line()),
        devices: room.media.devices(),
        interactions: room.interactions.view(),
    }
}

pub(super) fn me(room: &Room) -> SelfView {
    SelfView {
        id: room.session.id.clone(),
        name: room.session.name.clone(),
        sources: sources(room),
        issue: room.own_quality.told().filter(|_| room.session.is_joined()),
    }
}

fn problem(room: &Room) -> Option<Problem> {
    if let Some(rejection) = &room.session.rejection {
        return Some(Problem::Rejected { code: rejection.code, text: rejection.text.clone() });
    }
    if room.session.unanswered && room.session.lifecycle == Lifecycle::Joined {
        return Some(Problem::Unanswered);
    }
    let out = room.session.lifecycle == Lifecycle::Left;
    if let Some(close_reason) =
        room.signal_client.close_reason().filter(|close_reason| !out && close_reason.is_informative())
    {
        let (code, reason) = (close_reason.code, close_reason.reason.clone());
        return Some(Problem::Closed { code, reason, retried: !close_reason.is_final() });
    }
    let attempts = room.signal_client.failed_attempts();
    let unreachable = attempts > 0 && !room.signal_client.is_open() && !out;
    unreachable.then(|| Problem::Unreachable {
        url: room.signal_client.url(),
        attempts,
        obstacle: room.signal_client.unreachable_reason(),
    })
}

fn participant(room: &Room, member: &Member) -> ParticipantView {
    let remote = room.remote_of(member);
    let connection = remote.as_ref().and_then(|remote| room.connections.get(remote));
    let (state, reason) = match (&remote, connection) {
        (Some(remote), Some(connection)) => connection_state(room, member, remote, connection),
        (None, _) | (_, None) => (ConnectionState::Connecting, ConnectionReason::Waiting),
    };
    // Those of a server would prove nothing about the person behind it.
    let direct = connection.filter(|_| member.offerer != Offerer::Sfu);
    let fingerprints = direct.and_then(Connection::fingerprints);
    let stands = state == ConnectionState::Connected && reason == ConnectionReason::None;
    let issue = member.quality.told().filter(|_| stands && room.session.is_joined());
    ParticipantView {
        id: member.id.clone(),
        name: member.name.clone(),
        media: member.media,
        speaking: member.speaks && state == ConnectionState::Connected,
        connection: ConnectionView { state, reason, fingerprints, issue },
        publications: publications(room, member, direct),
    }
}

/// A microphone and a camera everybody has, on or not; anything else is there while it is sent.
fn publications(room: &Room, member: &Member, direct: Option<&Connection>) -> Vec<PublicationView> {
    let forwarded = |source| {
        let (id, mid) = room.sfu.mid_of(&member.id, source)?;
        room.connections.get(&Remote::Server(id))?.track_by_mid(mid)
    };
    let publication = |source| {
        let track = direct.map_or_else(|| forwarded(source), |connection| connection.track(source));
        let on =
            member.media.map_or(Source::MICROPHONE_AND_CAMERA.contains(&source), |media| media.is_on(source));
        (on || Source::MICROPHONE_AND_CAMERA.contains(&source)).then_some(PublicationView {
            source,
            on,
            track,
        })
    };
    Source::ALL.into_iter().filter_map(publication).collect()
}

fn connection_state(
    room: &Room,
    member: &Member,
    remote: &Remote,
    connection: &Connection,
) -> (ConnectionState, ConnectionReason) {
    let recovery = connection.recovery();
    let can_send = room.can_send_to(remote);
    // One that the next try may overcome waits until several have failed.
    let passes = [ConnectionReason::Incompatible, ConnectionReason::Refused];
    let lasts = |reason: &ConnectionReason| !passes.contains(reason);
    let speaks = recovery.phase() != Phase::Healthy && can_send;
    if let Some(reason) = known_failure(room, connection).filter(lasts).filter(|_| speaks) {
        return (ConnectionState::Failed, reason);
    }
    let (state, reason) = match recovery.phase() {
        Phase::Healthy if connection.is_silent(&member.id) && can_send => {
            return (ConnectionState::Connected, ConnectionReason::NoMedia);
        }
        Phase::Healthy if remote.participant().is_some() && connection.sends_nothing() => {
            return (ConnectionState::Connected, ConnectionReason::SendsNothing);
        }
        Phase::Healthy => return (ConnectionState::Connected, pictures(connection)),
        _ if !member.present => return (ConnectionState::Reconnecting, ConnectionReason::PeerGone),
        // A blip is not worth a word.
        Phase::Suspect if recovery.was_connected() && !recovery.is_repairing() && can_send => {
            return (ConnectionState::Connected, ConnectionReason::None);
        }
        Phase::Silent => (ConnectionState::Reconnecting, ConnectionReason::NoMedia),
        Phase::Failed => (ConnectionState::Failed, no_path_reason(room, connection)),
        Phase::Suspect | Phase::Starting | Phase::Restarting | Phase::Broken if recovery.was_connected() => (
            ConnectionState::Reconnecting,
            known_failure(room, connection).unwrap_or(ConnectionReason::PathLost),
        ),
        Phase::Suspect | Phase::Starting | Phase::Restarting | Phase::Broken => {
            (ConnectionState::Connecting, progress(room, connection))
        }
    };
    let helpless = room.session.lifecycle != Lifecycle::Joined;
    (state, if helpless { ConnectionReason::WaitingForServer } else { reason })
}

/// What is to be said of the pictures of a connection that is sound.
fn pictures(connection: &Connection) -> ConnectionReason {
    match (connection.remote_frames(), connection.local_frames()) {
        (FrameState::Stalled, _) => ConnectionReason::PictureStalled,
        (FrameState::Missing, _) => ConnectionReason::NoPicture,
        (FrameState::Flowing, FrameState::Stalled | FrameState::Missing) => ConnectionReason::PictureUnseen,
        (FrameState::Flowing, FrameState::Flowing) => ConnectionReason::None,
    }
}

/// Our sources. A camera may be on and give nothing: then every connection misses its frames. So may a microphone: then whoever is
/// connected to somebody is told.
fn sources(room: &Room) -> Vec<SourceView> {
    let mut sources = room.media.views();
    for view in &mut sources {
        let gives_nothing = match view.source {
            Source::Camera => room.camera_is_stalled(),
            // Without a connection nothing is counted, and what was before may be over.
            Source::Microphone => room.microphone_silence.is_silent() && room.stats_due_at().is_some(),
            Source::Screen | Source::ScreenAudio | Source::SecondCamera => false,
        };
        if view.state == SourceState::On && gives_nothing {
            view.state = SourceState::Stalled;
        }
    }
    sources
}

/// What keeps a connection from coming about. Where relays only are wanted, no candidate means that they do not answer.
fn known_failure(room: &Room, connection: &Connection) -> Option<ConnectionReason> {
    let addresses = [ConnectionReason::NoAddresses, ConnectionReason::NoAddressesThere];
    connection.failure().filter(|reason| !(room.config.relay_only && addresses.contains(reason)))
}

fn progress(room: &Room, connection: &Connection) -> ConnectionReason {
    let waits =
        if connection.is_answered() { ConnectionReason::FindingPath } else { ConnectionReason::Waiting };
    known_failure(room, connection).unwrap_or(waits)
}

fn no_path_reason(room: &Room, connection: &Connection) -> ConnectionReason {
    if let Some(reason) = known_failure(room, connection) {
        return reason;
    }
    let mut urls =
        room.config.ice_servers.iter().chain(&room.session.ice_servers).flat_map(|server| &server.urls);
    if urls.any(|url| url.starts_with("turn")) {
        ConnectionReason::NoPathWithRelay
    } else {
        ConnectionReason::NoPath
    }
}
