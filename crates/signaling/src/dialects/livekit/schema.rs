//! The fields of LiveKit's messages that a conference needs, by their numbers: `livekit_rtc.proto` of the `livekit/protocol`
//! repository here, `livekit_models.proto` in [`models`].
//!
//! What is not here is skipped: data tracks, data streams and blobs, and what only servers, recorders and telephones know.

pub(super) mod models;

use self::models::{
    AUDIO_FEATURE, BACKUP_CODEC_POLICY, CLIENT_CONFIGURATION, CLIENT_INFO, CODEC, CONNECTION_QUALITY,
    DISCONNECT_REASON, ENCRYPTION, PARTICIPANT, RECONNECT_REASON, ROOM, SERVER_INFO, SPEAKER,
    SUBSCRIPTION_ERROR, TRACK, TRACK_SOURCE, TRACK_TYPE, VIDEO_LAYER, VIDEO_LAYER_MODE, VIDEO_QUALITY,
};
use crate::protobuf::Kind::{Bool, Bytes, Enum, Float, Int32, Int64, Map, String, Uint32};
use crate::protobuf::{Field, Kind, Message};

const fn one(number: u8, name: &'static str, kind: Kind) -> Field {
    Field::new(number, name, kind)
}

const fn list(number: u8, name: &'static str, kind: Kind) -> Field {
    Field::repeated(number, name, kind)
}

const fn message(number: u8, name: &'static str, message: &'static Message) -> Field {
    Field::new(number, name, Kind::Message(message))
}

const fn messages(number: u8, name: &'static str, message: &'static Message) -> Field {
    Field::repeated(number, name, Kind::Message(message))
}

const SIGNAL_TARGET: Kind = Enum(&["PUBLISHER", "SUBSCRIBER"]);
const LEAVE_ACTION: Kind = Enum(&["DISCONNECT", "RESUME", "RECONNECT"]);
const STREAM_STATE: Kind = Enum(&["ACTIVE", "PAUSED"]);
const REQUEST_REASON: Kind = Enum(&[
    "OK",
    "NOT_FOUND",
    "NOT_ALLOWED",
    "LIMIT_EXCEEDED",
    "QUEUED",
    "UNSUPPORTED_TYPE",
    "UNCLASSIFIED_ERROR",
    "INVALID_HANDLE",
    "INVALID_NAME",
    "DUPLICATE_HANDLE",
    "DUPLICATE_NAME",
    "INVALID_REQUEST",
]);
const CANDIDATE_PROTOCOL: Kind = Enum(&["UDP", "TCP", "TLS"]);
const COMPRESSION: Kind = Enum(&["NONE", "GZIP"]);

/// What a client sends.
pub(super) static SIGNAL_REQUEST: Message = Message(&[
    message(1, "offer", &SESSION_DESCRIPTION),
    message(2, "answer", &SESSION_DESCRIPTION),
    message(3, "trickle", &TRICKLE),
    message(4, "addTrack", &ADD_TRACK),
    message(5, "mute", &MUTE_TRACK),
    message(6, "subscription", &UPDATE_SUBSCRIPTION),
    message(7, "trackSetting", &UPDATE_TRACK_SETTINGS),
    message(8, "leave", &LEAVE),
    message(11, "subscriptionPermission", &SUBSCRIPTION_PERMISSION),
    message(12, "syncState", &SYNC_STATE),
    message(13, "simulate", &SIMULATE_SCENARIO),
    one(14, "ping", Int64),
    message(15, "updateMetadata", &UPDATE_PARTICIPANT_METADATA),
    message(16, "pingReq", &PING),
    message(17, "updateAudioTrack", &UPDATE_LOCAL_AUDIO_TRACK),
    message(18, "updateVideoTrack", &UPDATE_LOCAL_VIDEO_TRACK),
]);

/// What a server sends.
pub(super) static SIGNAL_RESPONSE: Message = Message(&[
    message(1, "join", &JOIN),
    message(2, "answer", &SESSION_DESCRIPTION),
    message(3, "offer", &SESSION_DESCRIPTION),
    message(4, "trickle", &TRICKLE),
    message(5, "update", &PARTICIPANT_UPDATE),
    message(6, "trackPublished", &TRACK_PUBLISHED),
    message(8, "leave", &LEAVE),
    message(9, "mute", &MUTE_TRACK),
    message(10, "speakersChanged", &SPEAKERS_CHANGED),
    message(11, "roomUpdate", &ROOM_UPDATE),
    message(12, "connectionQuality", &CONNECTION_QUALITY_UPDATE),
    message(13, "streamStateUpdate", &STREAM_STATE_UPDATE),
    message(14, "subscribedQualityUpdate", &SUBSCRIBED_QUALITY_UPDATE),
    message(15, "subscriptionPermissionUpdate", &SUBSCRIPTION_PERMISSION_UPDATE),
    one(16, "refreshToken", String),
    message(17, "trackUnpublished", &TRACK_SID),
    one(18, "pong", Int64),
    message(19, "reconnect", &RECONNECT),
    message(20, "pongResp", &PONG),
    message(21, "subscriptionResponse", &SUBSCRIPTION_RESPONSE),
    message(22, "requestResponse", &REQUEST_RESPONSE),
    message(23, "trackSubscribed", &TRACK_SID),
    message(24, "roomMoved", &ROOM_MOVED),
    message(25, "mediaSectionsRequirement", &MEDIA_SECTIONS_REQUIREMENT),
]);

/// What a client asks for in the URL of a single connection.
pub(super) static JOIN_REQUEST: Message = Message(&[
    message(1, "clientInfo", &CLIENT_INFO),
    message(2, "connectionSettings", &CONNECTION_SETTINGS),
    one(3, "metadata", String),
    one(4, "participantAttributes", Map),
    messages(5, "addTrackRequests", &ADD_TRACK),
    message(6, "publisherOffer", &SESSION_DESCRIPTION),
    one(7, "reconnect", Bool),
    one(8, "reconnectReason", RECONNECT_REASON),
    one(9, "participantSid", String),
    message(10, "syncState", &SYNC_STATE),
]);

/// The same, as it is put into the URL.
pub(super) static WRAPPED_JOIN_REQUEST: Message =
    Message(&[one(1, "compression", COMPRESSION), one(2, "joinRequest", Bytes)]);

static CONNECTION_SETTINGS: Message = Message(&[
    one(1, "autoSubscribe", Bool),
    one(2, "adaptiveStream", Bool),
    one(3, "subscriberAllowPause", Bool),
    one(4, "disableIceLite", Bool),
    one(5, "autoSubscribeDataTrack", Bool),
]);

static SESSION_DESCRIPTION: Message = Message(&[
    one(1, "type", String),
    one(2, "sdp", String),
    one(3, "id", Uint32),
    one(4, "midToTrackId", Map),
]);

static TRICKLE: Message =
    Message(&[one(1, "candidateInit", String), one(2, "target", SIGNAL_TARGET), one(3, "final", Bool)]);

static JOIN: Message = Message(&[
    message(1, "room", &ROOM),
    message(2, "participant", &PARTICIPANT),
    messages(3, "otherParticipants", &PARTICIPANT),
    one(4, "serverVersion", String),
    messages(5, "iceServers", &ICE_SERVER),
    one(6, "subscriberPrimary", Bool),
    one(7, "alternativeUrl", String),
    message(8, "clientConfiguration", &CLIENT_CONFIGURATION),
    one(9, "serverRegion", String),
    one(10, "pingTimeout", Int32),
    one(11, "pingInterval", Int32),
    message(12, "serverInfo", &SERVER_INFO),
    one(13, "sifTrailer", Bytes),
    messages(14, "enabledPublishCodecs", &CODEC),
    one(15, "fastPublish", Bool),
]);

static RECONNECT: Message = Message(&[
    messages(1, "iceServers", &ICE_SERVER),
    message(2, "clientConfiguration", &CLIENT_CONFIGURATION),
    message(3, "serverInfo", &SERVER_INFO),
    one(4, "lastMessageSeq", Uint32),
]);

static ICE_SERVER: Message =
    Message(&[list(1, "urls", String), one(2, "username", String), one(3, "credential", String)]);

static SIMULCAST_CODEC: Message = Message(&[
    one(1, "codec", String),
    one(2, "cid", String),
    messages(4, "layers", &VIDEO_LAYER),
    one(5, "videoLayerMode", VIDEO_LAYER_MODE),
]);

static ADD_TRACK: Message = Message(&[
    one(1, "cid", String),
    one(2, "name", String),
    one(3, "type", TRACK_TYPE),
    one(4, "width", Uint32),
    one(5, "height", Uint32),
    one(6, "muted", Bool),
    one(7, "disableDtx", Bool),
    one(8, "source", TRACK_SOURCE),
    messages(9, "layers", &VIDEO_LAYER),
    messages(10, "simulcastCodecs", &SIMULCAST_CODEC),
    one(11, "sid", String),
    one(12, "stereo", Bool),
    one(13, "disableRed", Bool),
    one(14, "encryption", ENCRYPTION),
    one(15, "stream", String),
    one(16, "backupCodecPolicy", BACKUP_CODEC_POLICY),
    list(17, "audioFeatures", AUDIO_FEATURE),
]);

static TRACK_PUBLISHED: Message = Message(&[one(1, "cid", String), message(2, "track", &TRACK)]);

/// Two messages have only this.
static TRACK_SID: Message = Message(&[one(1, "trackSid", String)]);

static MUTE_TRACK: Message = Message(&[one(1, "sid", String), one(2, "muted", Bool)]);

static UPDATE_SUBSCRIPTION: Message = Message(&[
    list(1, "trackSids", String),
    one(2, "subscribe", Bool),
    messages(3, "participantTracks", &PARTICIPANT_TRACKS),
]);

static PARTICIPANT_TRACKS: Message =
    Message(&[one(1, "participantSid", String), list(2, "trackSids", String)]);

static UPDATE_TRACK_SETTINGS: Message = Message(&[
    list(1, "trackSids", String),
    one(3, "disabled", Bool),
    one(4, "quality", VIDEO_QUALITY),
    one(5, "width", Uint32),
    one(6, "height", Uint32),
    one(7, "fps", Uint32),
    one(8, "priority", Uint32),
]);

static UPDATE_LOCAL_AUDIO_TRACK: Message =
    Message(&[one(1, "trackSid", String), list(2, "features", AUDIO_FEATURE)]);

static UPDATE_LOCAL_VIDEO_TRACK: Message =
    Message(&[one(1, "trackSid", String), one(2, "width", Uint32), one(3, "height", Uint32)]);

static PARTICIPANT_UPDATE: Message = Message(&[messages(1, "participants", &PARTICIPANT)]);

static ROOM_UPDATE: Message = Message(&[message(1, "room", &ROOM)]);

static ROOM_MOVED: Message = Message(&[
    message(1, "room", &ROOM),
    one(2, "token", String),
    message(3, "participant", &PARTICIPANT),
    messages(4, "otherParticipants", &PARTICIPANT),
]);

static SPEAKERS_CHANGED: Message = Message(&[messages(1, "speakers", &SPEAKER)]);

static CONNECTION_QUALITY_UPDATE: Message = Message(&[messages(1, "updates", &CONNECTION_QUALITY_INFO)]);

static CONNECTION_QUALITY_INFO: Message = Message(&[
    one(1, "participantSid", String),
    one(2, "quality", CONNECTION_QUALITY),
    one(3, "score", Float),
]);

static STREAM_STATE_UPDATE: Message = Message(&[messages(1, "streamStates", &STREAM_STATE_INFO)]);

static STREAM_STATE_INFO: Message =
    Message(&[one(1, "participantSid", String), one(2, "trackSid", String), one(3, "state", STREAM_STATE)]);

static SUBSCRIBED_QUALITY_UPDATE: Message = Message(&[
    one(1, "trackSid", String),
    messages(2, "subscribedQualities", &SUBSCRIBED_QUALITY),
    messages(3, "subscribedCodecs", &SUBSCRIBED_CODEC),
]);

static SUBSCRIBED_QUALITY: Message = Message(&[one(1, "quality", VIDEO_QUALITY), one(2, "enabled", Bool)]);

static SUBSCRIBED_CODEC: Message =
    Message(&[one(1, "codec", String), messages(2, "qualities", &SUBSCRIBED_QUALITY)]);

static SUBSCRIPTION_PERMISSION: Message =
    Message(&[one(1, "allParticipants", Bool), messages(2, "trackPermissions", &TRACK_PERMISSION)]);

static TRACK_PERMISSION: Message = Message(&[
    one(1, "participantSid", String),
    one(2, "allTracks", Bool),
    list(3, "trackSids", String),
    one(4, "participantIdentity", String),
]);

static SUBSCRIPTION_PERMISSION_UPDATE: Message =
    Message(&[one(1, "participantSid", String), one(2, "trackSid", String), one(3, "allowed", Bool)]);

static SUBSCRIPTION_RESPONSE: Message =
    Message(&[one(1, "trackSid", String), one(2, "err", SUBSCRIPTION_ERROR)]);

static LEAVE: Message = Message(&[
    one(1, "canReconnect", Bool),
    one(2, "reason", DISCONNECT_REASON),
    one(3, "action", LEAVE_ACTION),
    message(4, "regions", &REGION_SETTINGS),
]);

static REGION_SETTINGS: Message = Message(&[messages(1, "regions", &REGION)]);

static REGION: Message =
    Message(&[one(1, "region", String), one(2, "url", String), one(3, "distance", Int64)]);

static SYNC_STATE: Message = Message(&[
    message(1, "answer", &SESSION_DESCRIPTION),
    message(2, "subscription", &UPDATE_SUBSCRIPTION),
    messages(3, "publishTracks", &TRACK_PUBLISHED),
    messages(4, "dataChannels", &DATA_CHANNEL),
    message(5, "offer", &SESSION_DESCRIPTION),
    list(6, "trackSidsDisabled", String),
    messages(7, "datachannelReceiveStates", &DATA_CHANNEL_RECEIVE_STATE),
]);

static DATA_CHANNEL: Message =
    Message(&[one(1, "label", String), one(2, "id", Uint32), one(3, "target", SIGNAL_TARGET)]);

static DATA_CHANNEL_RECEIVE_STATE: Message =
    Message(&[one(1, "publisherSid", String), one(2, "lastSeq", Uint32)]);

static SIMULATE_SCENARIO: Message = Message(&[
    one(1, "speakerUpdate", Int32),
    one(2, "nodeFailure", Bool),
    one(3, "migration", Bool),
    one(4, "serverLeave", Bool),
    one(5, "switchCandidateProtocol", CANDIDATE_PROTOCOL),
    one(6, "subscriberBandwidth", Int64),
    one(7, "disconnectSignalOnResume", Bool),
    one(8, "disconnectSignalOnResumeNoMessages", Bool),
    one(9, "leaveRequestFullReconnect", Bool),
]);

static PING: Message = Message(&[one(1, "timestamp", Int64), one(2, "rtt", Int64)]);

static PONG: Message = Message(&[one(1, "lastPingTimestamp", Int64), one(2, "timestamp", Int64)]);

static UPDATE_PARTICIPANT_METADATA: Message = Message(&[
    one(1, "metadata", String),
    one(2, "name", String),
    one(3, "attributes", Map),
    one(4, "requestId", Uint32),
]);

/// The request that is refused, or waits, comes with it.
static REQUEST_RESPONSE: Message = Message(&[
    one(1, "requestId", Uint32),
    one(2, "reason", REQUEST_REASON),
    one(3, "message", String),
    message(4, "trickle", &TRICKLE),
    message(5, "addTrack", &ADD_TRACK),
    message(6, "mute", &MUTE_TRACK),
    message(7, "updateMetadata", &UPDATE_PARTICIPANT_METADATA),
    message(8, "updateAudioTrack", &UPDATE_LOCAL_AUDIO_TRACK),
    message(9, "updateVideoTrack", &UPDATE_LOCAL_VIDEO_TRACK),
]);

static MEDIA_SECTIONS_REQUIREMENT: Message =
    Message(&[one(1, "numAudios", Uint32), one(2, "numVideos", Uint32)]);
