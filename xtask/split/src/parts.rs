//! Which part of the program a function belongs to, as far as its name tells.

use walrus::{FunctionId, Module};

/// A part of the program, in the order in which they are loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// What shows the lobby.
    First,
    /// What a call needs, from its first signaling message to its last picture.
    Call,
    /// What it needs only once it stands.
    Later,
    /// What most visits never need.
    Others,
}

/// Modules of ours that move into [`Part::Call`], and functions.
const CALL: [&str; 38] = [
    "visavis::driver::",
    "visavis::element::call::",
    "visavis::media::",
    "visavis::rtc::",
    "visavis::socket::",
    "visavis::ui::controls::interactions::",
    "visavis::ui::left::",
    "visavis::ui::link::copy",
    "visavis::ui::names::distinct",
    "visavis::ui::notices::Notices::render",
    "visavis::ui::own_page::",
    "visavis::ui::picture::Picture::change",
    "visavis::ui::second_tab::",
    "visavis::ui::service_worker::",
    "visavis::ui::stage::",
    "visavis::ui::tiles::",
    "visavis::ui::unfinished_recordings::",
    "visavis::ui::visibility::",
    "visavis_app::layout::",
    "visavis_app::messages::",
    "visavis_app::report::",
    "visavis_core::preflight::",
    "visavis_core::connection::",
    "visavis_core::connections::",
    "visavis_core::flight::",
    "visavis_core::media::",
    "visavis_core::outbox::",
    "visavis_core::peer_message::",
    "visavis_core::rate_limiter::",
    "visavis_core::room::",
    "visavis_core::roster::",
    "visavis_core::safety::canonical::",
    "visavis_core::settings_queue::",
    "visavis_core::signal_client::",
    "visavis_core::topology::",
    "visavis_core::webrtc_support::",
    "visavis_signaling::dialects::visavis::",
    "visavis_signaling::track_settings::",
];
/// What stays of them: what may be called before there is a call.
const NOT_CALL: [&str; 6] = [
    "visavis::driver::panic::",
    "visavis_app::messages::Messages::get",
    "visavis_app::messages::Messages::language",
    "visavis_app::messages::fill",
    "visavis_app::messages::slice",
    "visavis_app::messages::language::",
];
/// What drops values that only a call makes: it moves into [`Part::Call`]. Not what drops every type of those modules: where it
/// does little, the compiler makes one of it and of what drops another type.
const CALL_VALUES: [&str; 8] = [
    "core::ptr::drop_in_place<visavis::media::track_probe::TrackProbe>",
    "core::ptr::drop_in_place<visavis::ui::stage::Stage>",
    "core::ptr::drop_in_place<visavis::ui::tiles::Tiles>",
    "core::ptr::drop_in_place<visavis::ui::visibility::Visibility>",
    "core::ptr::drop_in_place<visavis_core::input::ConnectionEvent>",
    "core::ptr::drop_in_place<visavis_core::input::Input>",
    "core::ptr::drop_in_place<visavis_core::output::Output>",
    "core::ptr::drop_in_place<visavis_core::room::Room>",
];
/// What moves into [`Part::Later`], with all that nothing else needs: functions that are only called once it is loaded.
const LATER: [&str; 11] = [
    "visavis::dom::by_name::",
    "visavis::ui::own_devices::",
    "visavis::ui::push_to_talk::",
    "visavis::rtc::connection::speech::",
    "visavis::rtc::connection::stats::emit",
    "visavis::ui::text::quality::",
    "visavis::ui::track_level::",
    "visavis_core::room::speech::<impl visavis_core::room::Room>::on_speech",
    "visavis_core::room::stats::<impl visavis_core::room::Room>::on_stats",
    "visavis_core::room::stats::<impl visavis_core::room::Room>::on_send_stats",
    "visavis_core::connection::video_allocation::<impl visavis_core::connection::Connection>::on_send_stats",
];
/// Modules of ours that move into [`Part::Others`].
const OTHERS: [&str; 40] = [
    "visavis_signaling::foreign::",
    "visavis_signaling::carriers::",
    "visavis_signaling::dialects::",
    "visavis_signaling::protobuf::",
    "visavis_app::config::choice::",
    "visavis_app::details::",
    "visavis_app::layout::stage::",
    "visavis_app::links::",
    "visavis_app::recording::",
    "visavis_app::report::redact::",
    "visavis::files::",
    "visavis::media::devices::",
    "visavis::probe::",
    "visavis::rtc::connection::details::",
    "visavis::rtc::files::",
    "visavis::rtc::server_channels::",
    "visavis::socket::binary::",
    "visavis::socket::token::",
    "visavis::storage::",
    "visavis::ui::layouts::",
    "visavis::ui::preflight::",
    "visavis::ui::choice::",
    "visavis::ui::details::",
    "visavis::ui::dialog::",
    "visavis::ui::interactions::",
    "visavis::ui::recording::",
    "visavis::ui::report::",
    "visavis::ui::safety::",
    "visavis::ui::second_tab::notice::",
    "visavis::ui::server::",
    "visavis::ui::settings::",
    "visavis::ui::shortcuts::",
    "visavis::ui::styles::",
    "visavis::ui::text::devices::",
    "visavis::ui::text::explained::",
    "visavis::ui::text::size::",
    "visavis::ui::text::interactions::",
    "visavis::ui::text::recording::",
    "visavis::ui::trace::",
    "visavis::ui::mapping_editor::",
];
/// What stays of them, because the page speaks it by default.
const NOT_OTHERS: [&str; 1] = ["visavis_signaling::dialects::visavis::"];
/// What moves into [`Part::Others`] although it is called directly: functions that are only called once that part is loaded.
const ON_DEMAND: [&str; 30] = [
    // Only that part makes such values.
    "core::ptr::drop_in_place<visavis_core::files::FileEvent>",
    "core::ptr::drop_in_place<visavis_core::interactions::Interactions>",
    "core::ptr::drop_in_place<visavis_core::interactions::InteractionsView>",
    "visavis::media::track_probe::TrackProbe::watch",
    "visavis::rtc::connection::details::read",
    "visavis::rtc::files::perform",
    // Only dialects that are in that part make connections to a server that forwards.
    "visavis_core::connection::simulcast::layers",
    "visavis_core::room::connections::<impl visavis_core::room::Room>::on_sfu_signal",
    "visavis_core::devices::Devices as core::cmp::PartialEq>::eq",
    "visavis_core::flight::lines::devices::numbers",
    "visavis_core::flight::lines::devices::settings_numbers",
    "visavis_core::flight::lines::devices::write",
    "visavis_core::files::Files::",
    "visavis_core::files::view::FilesView as core::cmp::PartialEq>::eq",
    "visavis_core::flight::lines::files::",
    "visavis_core::flight::lines::interactions::",
    // Not the whole module: the linker may have made one of what it derives and of what others derive.
    "visavis_core::interactions::Interactions::",
    "visavis_core::media::devices::<impl visavis_core::media::LocalMedia>::choice_failed",
    "visavis_core::media::devices::<impl visavis_core::media::LocalMedia>::enumerated",
    "visavis_core::media::devices::<impl visavis_core::media::LocalMedia>::replaced",
    "visavis_core::media::devices::<impl visavis_core::media::LocalMedia>::set_devices",
    "visavis_core::media::devices::<impl visavis_core::media::LocalMedia>::stop_replaced",
    "visavis_core::preflight::Entry::",
    "visavis_core::room::details::",
    "visavis_core::room::interactions::on_demand::",
    "visavis_core::room::preflight::<impl visavis_core::room::Room>::begin_preflight",
    "visavis_core::room::preflight::<impl visavis_core::room::Room>::follow_preflight",
    "visavis_core::room::relay::",
    "visavis_core::trace::describe_",
    "visavis_core::video_quality::VideoQuality::limit_",
];
/// Whatever is dropped early is dropped by this, and may be empty.
const DROP: &str = "::ops::drop::Drop>";

impl Part {
    /// All but the first.
    pub(crate) const AFTER_FIRST: [Self; 3] = [Self::Call, Self::Later, Self::Others];

    /// The part of a function: of a method of a type of ours, or of a function, in a module that moves.
    pub(crate) fn of(module: &Module, function: FunctionId) -> Self {
        module.funcs.get(function).name.as_deref().map_or(Self::First, Self::named)
    }

    /// The part of a function that whoever calls it from outside of that part is to call by way of the function table.
    pub(crate) fn called_through_table(module: &Module, function: FunctionId) -> Option<Self> {
        let name = module.funcs.get(function).name.as_deref()?;
        match Self::named(name) {
            part @ (Self::Call | Self::Later) => Some(part),
            Self::Others => {
                ON_DEMAND.iter().any(|start| path(name).starts_with(start)).then_some(Self::Others)
            }
            Self::First => None,
        }
    }

    /// What the lists here name, and the program has not: it was renamed, and would quietly stay in an earlier part.
    pub(crate) fn unknown_names(module: &Module) -> Vec<&'static str> {
        let names: Vec<&str> = module.funcs.iter().filter_map(|function| function.name.as_deref()).collect();
        let lists: [&[&'static str]; 5] = [&CALL, &CALL_VALUES, &LATER, &OTHERS, &ON_DEMAND];
        let is_unknown = |start: &&str| !names.iter().any(|name| path(name).starts_with(*start));
        lists.into_iter().flatten().copied().filter(is_unknown).collect()
    }

    fn named(name: &str) -> Self {
        let path = path(name);
        let is_in = |starts: &[&str]| starts.iter().any(|start| path.starts_with(start));
        if is_in(&ON_DEMAND) || (is_in(&OTHERS) && !is_in(&NOT_OTHERS)) {
            Self::Others
        } else if is_in(&LATER) {
            Self::Later
        } else if is_in(&CALL_VALUES) || (is_in(&CALL) && !is_in(&NOT_CALL) && !path.contains(DROP)) {
            Self::Call
        } else {
            Self::First
        }
    }
}

/// The path of a method or function.
fn path(name: &str) -> &str {
    name.trim_start_matches(['<', '&'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_page_speaks_by_default_is_with_the_call() {
        let parts = [
            ("visavis_signaling::dialects::ayame::make", Part::Others),
            ("<visavis_signaling::carriers::raw::Raw as Carrier>::handle", Part::Others),
            ("visavis_signaling::dialects::visavis::make", Part::Call),
            ("visavis_core::room::Room::handle", Part::Call),
            ("visavis_core::room::stats::<impl visavis_core::room::Room>::on_stats", Part::Later),
            ("visavis_core::room::stats::<impl visavis_core::room::Room>::stats_due_at", Part::Call),
            ("visavis_core::trace::describe_inbound", Part::Others),
            ("<visavis::rtc::Rtc as core::ops::drop::Drop>::drop", Part::First),
            ("core::ptr::drop_in_place<visavis_signaling::foreign::Foreign>", Part::First),
            ("core::ptr::drop_in_place<visavis_core::room::Room>", Part::Call),
            ("core::ptr::drop_in_place<visavis_core::room::RoomConfig>", Part::First),
        ];
        for (name, part) in parts {
            assert_eq!(Part::named(name), part, "{name}");
        }
    }
}
