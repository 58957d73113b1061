//! The one shelf of files: those that the person has picked to offer them, and what there is of those that are received.
//! Everybody else names them by [`FileHandle`]. Loaded on demand; one for the page, so that the parts of the program before it need
//! know nothing of it.

mod digest;
mod picked;
mod received;
mod storage;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use visavis_core::{ById, FileHandle};
use wasm_bindgen::JsValue;

pub(crate) use self::picked::Picked;
pub(crate) use self::received::Received;
pub(crate) use self::storage::remove_abandoned;

thread_local! {
    static NEXT: Cell<u32> = const { Cell::new(0) };
    static SHELF: RefCell<Option<ById<FileHandle, Item>>> = const { RefCell::new(None) };
}

/// What is on the shelf.
#[derive(Clone)]
enum Item {
    Picked(Rc<Picked>),
    Received(Rc<Received>),
}

/// Puts a `File` of the person's on the shelf.
pub(crate) fn add(file: JsValue) -> FileHandle {
    put(Item::Picked(Rc::new(Picked::new(file))))
}

/// Makes a place for a file that is to be received.
pub(crate) fn reserve() -> FileHandle {
    put(Item::Received(Rc::default()))
}

/// A file of the person's.
pub(crate) fn picked(handle: FileHandle) -> Option<Rc<Picked>> {
    match get(handle)? {
        Item::Picked(picked) => Some(picked),
        Item::Received(_) => None,
    }
}

/// What there is of a file that is received.
pub(crate) fn received(handle: FileHandle) -> Option<Rc<Received>> {
    match get(handle)? {
        Item::Received(received) => Some(received),
        Item::Picked(_) => None,
    }
}

/// Takes it off the shelf. What was received of it is deleted.
pub(crate) fn remove(handle: FileHandle) {
    let item = SHELF.with(|shelf| shelf.borrow_mut().as_mut().and_then(|items| items.remove(&handle)));
    if let Some(Item::Received(received)) = item {
        received.delete();
    }
}

fn put(item: Item) -> FileHandle {
    let handle = FileHandle(NEXT.get());
    NEXT.set(handle.0 + 1);
    SHELF.with(|shelf| shelf.borrow_mut().get_or_insert_default().insert(handle, item));
    handle
}

fn get(handle: FileHandle) -> Option<Item> {
    SHELF.with(|shelf| shelf.borrow().as_ref()?.get(&handle).cloned())
}
