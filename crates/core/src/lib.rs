//! The state machine of a room: pure, without a clock, without IO.
//!
//! [`Room::handle`] takes one [`Input`]; then [`Room::poll_output`] is drained until it is empty, [`Room::poll_timeout`]
//! says when to come back, and [`Room::view`] is what to show.

mod backoff;
mod by_id;
mod connection;
mod connections;
mod contact_policy;
mod details;
mod devices;
mod encoding;
mod files;
pub mod flight;
mod input;
mod interactions;
mod media;
mod outbox;
mod output;
mod peer_message;
mod preflight;
mod quality;
mod queue;
mod rate_limiter;
mod room;
mod roster;
mod safety;
mod send_stats;
mod settings_queue;
mod signal_client;
mod silence_detector;
mod speech;
pub mod timing;
mod topology;
mod trace;
mod unreachable;
mod url;
mod video_quality;
mod view;
mod webrtc_support;

pub use by_id::ById;
pub use contact_policy::ContactPolicy;
pub use details::{
    CandidateType, ConnectionDetails, DetailsSample, MAX_DETAILED_STREAMS, PathDetails, StreamDetails,
    StreamDirection, TransportProtocol,
};
pub use devices::{
    DeviceChange, DeviceId, DeviceSettings, Devices, EnumeratedDevices, FacingMode, MAX_DEVICES,
    MediaDeviceInfo, MediaDeviceKind, TrackInUse, TrackSwitch,
};
pub use encoding::{EncodingParameters, Encodings, RIDS, ResolutionScale};
pub use files::{
    ChunkVerdict, ExpectedChunks, FILE_CHANNEL_BUFFERED_AMOUNT_LIMIT, FILE_CHANNEL_ID, FILE_CHANNEL_LABEL,
    FILE_FRAME_HEADER_BYTES, FileCommand, FileEffect, FileEvent, FileFailure, FileFrame, FileHandle, FileId,
    FileMessage, FileRecipient, FileState, FileView, FilesView, MAX_CHUNK_BYTES, MAX_FILE_BYTES,
    MAX_FILE_NAME_BYTES, MAX_MEMORY_FILE_BYTES, MAX_OFFERED_FILES, OfferedFile, RecipientState, SendWindow,
    StopReason, TransferId, safe_file_name,
};
pub use input::{
    CaptureId, Command, ConnectionEvent, ConnectionId, Input, MediaError, MediaEvent, NetworkEvent,
    OperationError, PeerChannelEvent, PeerConnectionState, SocketEvent, Stats, StreamStats, TrackId,
};
pub use interactions::{
    ChatMessage, Interaction, InteractionEvent, InteractionsView, MAX_CHAT_CHARS, Reaction, Undelivered,
    WrittenMessage,
};
pub use output::{
    ConnectionConfig, ConnectionEffect, DataChannel, Effect, Event, MediaEffect, Output,
    PEER_CHANNEL_BUFFERED_AMOUNT_LIMIT, PEER_CHANNEL_ID, PEER_CHANNEL_LABEL, PreflightEffect, Role,
    SocketEffect,
};
pub use peer_message::{MAX_PEER_MESSAGE_BYTES, PeerMessage};
pub use preflight::{
    Fault, Finding, PreflightItem, PreflightResult, PreflightState, Skip, Test, TestId, is_proof, is_turn,
};
pub use quality::{QualityCause, QualityIssue, QualityLimitation, QualityLimitationReason, SentVideo};
pub use queue::Queue;
pub use room::{Room, RoomConfig};
pub use safety::{Fingerprint, Fingerprints};
pub use send_stats::SendStats;
pub use speech::{AudioLevel, SpeechDetector};
pub use trace::TraceKind;
pub use unreachable::{MAX_PROBE_BODY_BYTES, ProbeResult, UnreachableReason, is_bare_proxy};
pub use url::is_loopback;
pub use video_quality::{SAVE_DATA_BITRATE, VideoQuality};
pub use view::{
    ConnectionReason, ConnectionState, ConnectionView, Lifecycle, ParticipantView, Problem, PublicationView,
    RoomView, SelfView, SourceState, SourceView,
};
pub use visavis_signaling as signaling;
pub use visavis_signaling::{MAX_VIDEO_SIDE, MediaKind, Source, TrackSettings, VideoSettings, VideoSize};
