//! Messages that stay until their reason is gone, with buttons for what helps.

use std::rc::Rc;

use visavis_core::signaling::RejectCode;
use visavis_core::{Lifecycle, MediaError, Problem, RoomView, Source, SourceState};
use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlElement};

use super::shared::{Loading, Shared, own};
use super::text::explained::{self, Cause};
use super::{ServerOptions, text};
use crate::dom::{self, KeyedList, message_key};
use crate::on_demand::{self, lazy_fn};

const HTML: &str = include_str!("notice.html");

const BUTTON: &str = "<button type=\"button\" class=\"small\"></button>";
const LINK: &str = "<a class=\"small\" href=\"servers.txt\" target=\"_blank\" rel=\"noopener\"></a>";

/// What a button of a notice is: its `data-control`, and what is written on it.
type Action = (&'static str, &'static str);

const RETRY: Action = ("retry", message_key!("Try now"));
const DEMO: Action = ("use-fallback", message_key!("Go on without a server"));
const TRY_DEVICE: Action = ("try-device", message_key!("Try again"));
const WITHOUT_DEVICE: Action = ("without-device", message_key!("Go on without"));
const SETTINGS: Action = ("settings", message_key!("Settings"));
const PROBE_AGAIN: Action = ("retry", message_key!("Look again"));
const HELP: Action = ("help", message_key!("How to call others"));
const RELOAD: Action = ("reload", message_key!("Reload"));
const REPORT: Action = ("report", message_key!("Save a report"));

/// A message.
#[derive(Debug, PartialEq)]
pub(super) struct Notice {
    code: &'static str,
    text: Text,
    /// There is no call until it is resolved.
    severe: bool,
    actions: &'static [Action],
}

/// The text of a notice.
#[derive(Debug, PartialEq)]
enum Text {
    /// A text of the first part of the program.
    Short(&'static str),
    /// A text of the part that is loaded on demand, for this cause.
    Explained(Cause),
}

/// The notices for a view.
fn notices(view: &RoomView, options: &ServerOptions) -> Vec<Notice> {
    let mut notices: Vec<Notice> = view.problem.iter().map(|problem| problem_notice(problem, view)).collect();
    notices.extend(demo_notice(view, options));
    if view.blocked {
        notices.push(Notice {
            code: "unsupported",
            text: Text::Short(text::unsupported()),
            severe: true,
            actions: &[],
        });
    }
    for source in Source::ALL {
        add_device_notice(view, source, &mut notices);
    }
    notices
}

/// The code of a problem, in `data-problem` and `data-notice`.
pub(super) fn code(problem: &Problem) -> &'static str {
    match problem {
        Problem::Unreachable { .. } => "unreachable",
        Problem::Closed { .. } => "closed",
        Problem::Unanswered => "unanswered",
        Problem::Rejected { code, .. } => code.as_str(),
    }
}

/// Why the server is out of reach, in `data-obstacle`.
pub(super) fn obstacle(view: &RoomView) -> Option<&'static str> {
    match &view.problem {
        Some(Problem::Unreachable { obstacle, .. }) => {
            Some(obstacle.as_str()).filter(|name| !name.is_empty())
        }
        Some(Problem::Rejected { .. } | Problem::Closed { .. } | Problem::Unanswered) | None => None,
    }
}

/// There is no server, and none was chosen: only tabs of this browser meet. In a call this is shown while nobody else is there.
fn demo_notice(view: &RoomView, options: &ServerOptions) -> Option<Notice> {
    let demo = view.fallback && options.choice.is_none();
    let (text, actions): (_, &'static [Action]) = match view.lifecycle {
        Lifecycle::Lobby | Lifecycle::Joining => {
            let cause = Cause::NoServer { url: options.url.clone(), local: options.local };
            (Text::Explained(cause), &[HELP, PROBE_AGAIN])
        }
        Lifecycle::Joined | Lifecycle::Reconnecting if view.participants.is_empty() => {
            (Text::Short(text::demo_alone()), &[])
        }
        Lifecycle::Joined | Lifecycle::Reconnecting | Lifecycle::Left => return None,
    };
    demo.then_some(Notice { code: "no-server", text, severe: false, actions })
}

fn problem_notice(problem: &Problem, view: &RoomView) -> Notice {
    let (severe, actions): (_, &'static [Action]) = match problem {
        // Out of the room, "Join again" is the way.
        _ if view.lifecycle == Lifecycle::Left => (true, &[]),
        Problem::Unreachable { .. } if view.may_fall_back => (false, &[RETRY, DEMO, REPORT]),
        Problem::Unreachable { .. } => (false, &[RETRY, REPORT]),
        Problem::Closed { retried, .. } => (!retried && !view.lifecycle.in_call(), &[RETRY, REPORT]),
        Problem::Unanswered => (false, &[]),
        Problem::Rejected { code, .. } => (code.is_final(), rejection_actions(*code)),
    };
    // When the server is out of reach, the other part may be too.
    let text = if view.lifecycle.in_call() && matches!(problem, Problem::Unreachable { .. }) {
        Text::Short(text::out_of_reach())
    } else {
        Text::Explained(Cause::Problem(problem.clone()))
    };
    Notice { code: code(problem), text, severe, actions }
}

/// What helps beside joining again, for which there is always a form or a button.
fn rejection_actions(code: RejectCode) -> &'static [Action] {
    match code {
        RejectCode::SeatKept
        | RejectCode::ServerFull
        | RejectCode::RateLimited
        | RejectCode::ServerClosing => &[RETRY],
        RejectCode::UnsupportedVersion | RejectCode::AlreadyJoined | RejectCode::BadRequest => {
            &[RELOAD, REPORT]
        }
        RejectCode::NotJoined
        | RejectCode::RoomFull
        | RejectCode::UnknownParticipant
        | RejectCode::TooLarge
        | RejectCode::Replaced
        | RejectCode::Unauthorised
        | RejectCode::Kicked
        | RejectCode::Unknown => &[],
    }
}

/// Devices that failed for the same reason share a notice.
fn add_device_notice(view: &RoomView, source: Source, notices: &mut Vec<Notice>) {
    let state = own(view, source).state;
    let Some(code) = error_code(state) else { return };
    let which = failed_with(view, code);
    if which.first() == Some(&source) {
        let (cause, actions) = match state {
            SourceState::Failed(error) => (Cause::Devices(error, which), device_actions(error)),
            SourceState::Off | SourceState::Starting | SourceState::On | SourceState::Stalled => {
                (Cause::Stalled(which), stalled_actions(source))
            }
        };
        let text = Text::Explained(cause);
        notices.push(Notice { code, text, severe: false, actions });
    }
}

/// The code of what is wrong with a source, if anything is.
fn error_code(state: SourceState) -> Option<&'static str> {
    match state {
        SourceState::Failed(error) => Some(error.as_str()),
        SourceState::Stalled => Some(state.as_str()),
        SourceState::Off | SourceState::Starting | SourceState::On => None,
    }
}

/// Another microphone may be the right one. Of sources, that comes first.
fn stalled_actions(first: Source) -> &'static [Action] {
    match first {
        Source::Microphone => &[SETTINGS, WITHOUT_DEVICE],
        Source::Camera | Source::Screen | Source::ScreenAudio | Source::SecondCamera => {
            &[TRY_DEVICE, WITHOUT_DEVICE]
        }
    }
}

fn device_actions(error: MediaError) -> &'static [Action] {
    match error {
        // No second try changes what the page is.
        MediaError::Insecure | MediaError::Policy | MediaError::Unavailable => &[WITHOUT_DEVICE],
        MediaError::Denied | MediaError::NotFound | MediaError::Busy | MediaError::Unknown => {
            &[TRY_DEVICE, WITHOUT_DEVICE]
        }
    }
}

/// The sources that failed for this reason.
pub(super) fn failed_with(view: &RoomView, code: &str) -> Vec<Source> {
    let failed = |source: &Source| error_code(own(view, *source).state) == Some(code);
    Source::ALL.into_iter().filter(failed).collect()
}

/// The place where notices appear.
pub(super) struct Notices {
    shared: Rc<Shared>,
    list: KeyedList<&'static str, NoticeElement>,
}

struct NoticeElement {
    element: HtmlElement,
    sentence: Element,
}

impl Notices {
    /// Inside `root`, which has a `.notices`.
    pub(super) fn new(root: &Element, shared: &Rc<Shared>) -> Result<Self, JsValue> {
        let list = KeyedList::new(&dom::find(root, ".notices")?, None);
        Ok(Self { shared: shared.clone(), list })
    }

    /// Shows the notices for the view, once the call is loaded.
    #[inline(never)]
    pub(super) fn render(&mut self, view: &RoomView) -> Result<(), JsValue> {
        let mut notices = notices(view, &self.shared.options.server);
        notices.retain(|notice| is_available(&self.shared, &notice.text));
        let keys: Vec<_> = notices.iter().map(|notice| notice.code).collect();
        self.list.set_keys(&keys, |code| {
            let actions =
                notices.iter().find(|notice| notice.code == *code).map_or(&[][..], |notice| notice.actions);
            NoticeElement::new(code, actions)
        })?;
        for (shown, notice) in self.list.values_mut().zip(&notices) {
            dom::set_text(&shown.sentence, &sentence(&notice.text, view.lifecycle.in_call()));
            dom::set_flag(&shown.element, "data-severe", notice.severe);
        }
        Ok(())
    }
}

/// Whether the text is there. If it is still to be loaded, that begins.
fn is_available(shared: &Rc<Shared>, text: &Text) -> bool {
    matches!(text, Text::Short(_) | Text::Explained(Cause::Problem(Problem::Unreachable { .. })))
        || on_demand::is_loaded()
        || shared.load_rest() == Loading::Failed
}

fn sentence(text: &Text, in_call: bool) -> String {
    match text {
        Text::Short(text) => (*text).to_owned(),
        Text::Explained(cause) if on_demand::is_loaded() => {
            lazy_fn::<fn(&Cause, bool) -> String>(explained::sentence)(cause, in_call)
        }
        Text::Explained(Cause::Problem(Problem::Unreachable { url, .. })) => text::unreachable(url),
        Text::Explained(_) => text::part_not_loaded().to_owned(),
    }
}

impl NoticeElement {
    fn new(code: &str, actions: &[Action]) -> Result<(HtmlElement, Self), JsValue> {
        let element = dom::instantiate(HTML)?;
        dom::set_attribute(&element, "data-notice", Some(code));
        let row: Element = dom::find(&element, ".actions")?;
        for (control, label) in actions {
            let button = dom::instantiate(if *control == HELP.0 { LINK } else { BUTTON })?;
            dom::set_attribute(&button, "data-control", Some(control));
            dom::set_text(&button, dom::translate(label));
            row.append_child(&button)?;
        }
        let sentence = dom::find(&element, "p")?;
        Ok((element.clone(), Self { element, sentence }))
    }
}
