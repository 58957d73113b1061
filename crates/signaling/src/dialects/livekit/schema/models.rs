//! What LiveKit's messages are made of (`livekit_models.proto`).

use super::{list, message, messages, one};
use crate::protobuf::Kind::{Bool, Enum, Float, Int32, Int64, Map, String, Uint32};
use crate::protobuf::{Kind, Message};

pub(super) const TRACK_TYPE: Kind = Enum(&["AUDIO", "VIDEO", "DATA"]);
pub(super) const TRACK_SOURCE: Kind =
    Enum(&["UNKNOWN", "CAMERA", "MICROPHONE", "SCREEN_SHARE", "SCREEN_SHARE_AUDIO"]);
pub(super) const VIDEO_QUALITY: Kind = Enum(&["LOW", "MEDIUM", "HIGH", "OFF"]);
pub(super) const VIDEO_LAYER_MODE: Kind = Enum(&[
    "MODE_UNUSED",
    "ONE_SPATIAL_LAYER_PER_STREAM",
    "MULTIPLE_SPATIAL_LAYERS_PER_STREAM",
    "ONE_SPATIAL_LAYER_PER_STREAM_INCOMPLETE_RTCP_SR",
]);
pub(super) const ENCRYPTION: Kind = Enum(&["NONE", "GCM", "CUSTOM"]);
pub(super) const BACKUP_CODEC_POLICY: Kind = Enum(&["PREFER_REGRESSION", "SIMULCAST", "REGRESSION"]);
pub(super) const AUDIO_FEATURE: Kind = Enum(&[
    "TF_STEREO",
    "TF_NO_DTX",
    "TF_AUTO_GAIN_CONTROL",
    "TF_ECHO_CANCELLATION",
    "TF_NOISE_SUPPRESSION",
    "TF_ENHANCED_NOISE_CANCELLATION",
    "TF_PRECONNECT_BUFFER",
]);
const PARTICIPANT_STATE: Kind = Enum(&["JOINING", "JOINED", "ACTIVE", "DISCONNECTED"]);
const PARTICIPANT_KIND: Kind =
    Enum(&["STANDARD", "INGRESS", "EGRESS", "SIP", "AGENT", "", "", "CONNECTOR", "BRIDGE"]);
pub(super) const DISCONNECT_REASON: Kind = Enum(&[
    "UNKNOWN_REASON",
    "CLIENT_INITIATED",
    "DUPLICATE_IDENTITY",
    "SERVER_SHUTDOWN",
    "PARTICIPANT_REMOVED",
    "ROOM_DELETED",
    "STATE_MISMATCH",
    "JOIN_FAILURE",
    "MIGRATION",
    "SIGNAL_CLOSE",
    "ROOM_CLOSED",
    "USER_UNAVAILABLE",
    "USER_REJECTED",
    "SIP_TRUNK_FAILURE",
    "CONNECTION_TIMEOUT",
    "MEDIA_FAILURE",
    "AGENT_ERROR",
]);
pub(super) const RECONNECT_REASON: Kind = Enum(&[
    "RR_UNKNOWN",
    "RR_SIGNAL_DISCONNECTED",
    "RR_PUBLISHER_FAILED",
    "RR_SUBSCRIBER_FAILED",
    "RR_SWITCH_CANDIDATE",
]);
const CLIENT_CONFIG_SETTING: Kind = Enum(&["UNSET", "DISABLED", "ENABLED"]);
pub(super) const CONNECTION_QUALITY: Kind = Enum(&["POOR", "GOOD", "EXCELLENT", "LOST"]);
pub(super) const SUBSCRIPTION_ERROR: Kind =
    Enum(&["SE_UNKNOWN", "SE_CODEC_UNSUPPORTED", "SE_TRACK_NOTFOUND"]);
/// Of the software development kits only the first ones: we are none of the others.
const SDK: Kind = Enum(&["UNKNOWN", "JS"]);
const DELIVERY: Kind = Enum(&["RELIABLE", "LOSSY"]);
const EDITION: Kind = Enum(&["Standard", "Cloud"]);

/// What a data channel carries.
pub(in crate::dialects::livekit) static DATA_PACKET: Message = Message(&[
    one(1, "kind", DELIVERY),
    message(2, "user", &USER_PACKET),
    one(4, "participantIdentity", String),
    list(5, "destinationIdentities", String),
    one(16, "sequence", Uint32),
    one(17, "participantSid", String),
]);

static USER_PACKET: Message = Message(&[
    one(1, "participantSid", String),
    // Bytes, of which ours are a text. Others are not read.
    one(2, "payload", String),
    list(3, "destinationSids", String),
    one(4, "topic", String),
    one(5, "participantIdentity", String),
    list(6, "destinationIdentities", String),
    one(8, "id", String),
]);

pub(super) static CLIENT_INFO: Message = Message(&[
    one(1, "sdk", SDK),
    one(2, "version", String),
    one(3, "protocol", Int32),
    one(4, "os", String),
    one(5, "osVersion", String),
    one(6, "deviceModel", String),
    one(7, "browser", String),
    one(8, "browserVersion", String),
    one(9, "address", String),
    one(10, "network", String),
    one(11, "otherSdks", String),
    one(12, "clientProtocol", Int32),
]);

pub(super) static CLIENT_CONFIGURATION: Message = Message(&[
    one(3, "resumeConnection", CLIENT_CONFIG_SETTING),
    message(4, "disabledCodecs", &DISABLED_CODECS),
    one(5, "forceRelay", CLIENT_CONFIG_SETTING),
]);

static DISABLED_CODECS: Message = Message(&[messages(1, "codecs", &CODEC), messages(2, "publish", &CODEC)]);

pub(super) static CODEC: Message = Message(&[one(1, "mime", String), one(2, "fmtpLine", String)]);

pub(super) static SERVER_INFO: Message = Message(&[
    one(1, "edition", EDITION),
    one(2, "version", String),
    one(3, "protocol", Int32),
    one(4, "region", String),
    one(5, "nodeId", String),
    one(6, "debugInfo", String),
]);

pub(super) static ROOM: Message = Message(&[
    one(1, "sid", String),
    one(2, "name", String),
    one(3, "emptyTimeout", Uint32),
    one(4, "maxParticipants", Uint32),
    one(5, "creationTime", Int64),
    messages(7, "enabledCodecs", &CODEC),
    one(8, "metadata", String),
    one(9, "numParticipants", Uint32),
    one(10, "activeRecording", Bool),
    one(11, "numPublishers", Uint32),
    one(14, "departureTimeout", Uint32),
    one(15, "creationTimeMs", Int64),
]);

pub(super) static PARTICIPANT: Message = Message(&[
    one(1, "sid", String),
    one(2, "identity", String),
    one(3, "state", PARTICIPANT_STATE),
    messages(4, "tracks", &TRACK),
    one(5, "metadata", String),
    one(6, "joinedAt", Int64),
    one(9, "name", String),
    one(10, "version", Uint32),
    message(11, "permission", &PERMISSION),
    one(12, "region", String),
    one(13, "isPublisher", Bool),
    one(14, "kind", PARTICIPANT_KIND),
    one(15, "attributes", Map),
    one(16, "disconnectReason", DISCONNECT_REASON),
    one(17, "joinedAtMs", Int64),
]);

static PERMISSION: Message = Message(&[
    one(1, "canSubscribe", Bool),
    one(2, "canPublish", Bool),
    one(3, "canPublishData", Bool),
    one(7, "hidden", Bool),
    one(8, "recorder", Bool),
    list(9, "canPublishSources", TRACK_SOURCE),
    one(10, "canUpdateMetadata", Bool),
]);

pub(super) static TRACK: Message = Message(&[
    one(1, "sid", String),
    one(2, "type", TRACK_TYPE),
    one(3, "name", String),
    one(4, "muted", Bool),
    one(5, "width", Uint32),
    one(6, "height", Uint32),
    one(7, "simulcast", Bool),
    one(8, "disableDtx", Bool),
    one(9, "source", TRACK_SOURCE),
    messages(10, "layers", &VIDEO_LAYER),
    one(11, "mimeType", String),
    one(12, "mid", String),
    messages(13, "codecs", &SIMULCAST_CODEC_INFO),
    one(14, "stereo", Bool),
    one(15, "disableRed", Bool),
    one(16, "encryption", ENCRYPTION),
    one(17, "stream", String),
    message(18, "version", &TIMED_VERSION),
    list(19, "audioFeatures", AUDIO_FEATURE),
    one(20, "backupCodecPolicy", BACKUP_CODEC_POLICY),
]);

static TIMED_VERSION: Message = Message(&[one(1, "unixMicro", Int64), one(2, "ticks", Int32)]);

pub(super) static VIDEO_LAYER: Message = Message(&[
    one(1, "quality", VIDEO_QUALITY),
    one(2, "width", Uint32),
    one(3, "height", Uint32),
    one(4, "bitrate", Uint32),
    one(5, "ssrc", Uint32),
    one(6, "spatialLayer", Int32),
    one(7, "rid", String),
    one(8, "repairSsrc", Uint32),
]);

static SIMULCAST_CODEC_INFO: Message = Message(&[
    one(1, "mimeType", String),
    one(2, "mid", String),
    one(3, "cid", String),
    messages(4, "layers", &VIDEO_LAYER),
    one(5, "videoLayerMode", VIDEO_LAYER_MODE),
    one(6, "sdpCid", String),
]);

pub(super) static SPEAKER: Message =
    Message(&[one(1, "sid", String), one(2, "level", Float), one(3, "active", Bool)]);
