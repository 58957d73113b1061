//! What is said of our own microphone.

/// It is on and gives nothing but zeros.
pub(in crate::ui) const SILENT: &str = "Your microphone is on, but not a sound comes from it, so the others do not hear you. It may \
     be muted by a switch or a key of its own or in your system, or it is one that nothing is plugged into. Switch it on there, \
     or choose another one in the settings.";

/// Somebody speaks who is muted.
pub(in crate::ui) const SPOKE_WHILE_MUTED: &str = "You are muted: nobody hears you. Unmute yourself (M).";
