//! The browser's own storage of files (the origin private file system, WHATWG File System): the folders of the page, and the worker
//! that writes into them. Loaded on demand.

mod folder;
mod writer;

pub(crate) use self::folder::StorageFolder;
pub(crate) use self::writer::StorageWriter;
