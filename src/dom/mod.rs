//! The few things every part of the shell needs from the DOM.

pub mod by_name;
mod closest;
mod frame;
mod idle;
mod ignore;
mod keyed;
mod language;
mod listener;
mod object;
mod parts;
mod place;
mod random;
mod resize;
mod sleep;
mod template;
mod text;
mod touch;
mod unload;

pub use closest::closest;
pub use frame::NextFrame;
pub use idle::call_when_idle;
pub use ignore::ignore;
pub use keyed::KeyedList;
pub use language::{Language, format_message, language, set_messages, translate};
pub(crate) use language::{message, message_key};
pub use listener::Listener;
pub use object::object;
pub use parts::Parts;
pub use place::place_before;
pub use random::random_bytes;
pub use resize::ResizeWatch;
pub use sleep::{call_later, sleep};
pub use template::{document, find, find_all, instantiate, is_allowed, is_framed, is_secure};
pub use text::text_of;
pub use touch::{set_attribute, set_flag, set_text};
pub use unload::ask_before_unload;
