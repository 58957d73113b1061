//! Amounts of bytes. In the part of the program that is loaded on demand.

use crate::dom::{self, message};

/// In bytes, kilobytes, megabytes or gigabytes.
pub(in crate::ui) fn size(bytes: u64) -> String {
    let number = |unit: u64| {
        let tenths = (bytes / (unit / 100) + 5) / 10;
        [&(tenths / 10).to_string(), dom::language().decimal_separator(), &(tenths % 10).to_string()].concat()
    };
    match bytes {
        999_950_000.. => message!("{number} GB", number = &number(1_000_000_000)),
        999_950.. => message!("{number} MB", number = &number(1_000_000)),
        1000.. => message!("{number} KB", number = &number(1000)),
        _ => message!("{number} B", number = &bytes.to_string()),
    }
}
