//! One file per server that Visavis speaks to, and the one list of them.

pub mod visavis;
