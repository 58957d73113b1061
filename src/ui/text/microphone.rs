//! What is said of our own microphone.

use crate::dom::message;

/// It is on and gives nothing but zeros.
pub(in crate::ui) fn silent() -> &'static str {
    message!(
        "Your microphone is on, but not a sound comes from it, so the others do not hear you. It may \
     be muted by a switch or a key of its own or in your system, or it is one that nothing is plugged into. Switch it on there, \
     or choose another one in the settings."
    )
}

/// Somebody speaks who is muted.
pub(in crate::ui) fn spoke_while_muted() -> &'static str {
    message!("You are muted: nobody hears you. Unmute yourself (M).")
}
