//! The shortcuts of the keyboard, in one table: what hears keys asks it, and the sheet that lists them shows it.

#[cfg(test)]
mod tests;

/// Something that a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shortcut {
    /// Opens the sheet that lists all of these, and closes it.
    Sheet,
    /// Switches the microphone.
    Microphone,
    /// Has the microphone on as long as the key is down.
    PushToTalk,
    /// Switches the camera.
    Camera,
    /// Shares a screen, and stops it.
    Screen,
    /// Opens the chat, and closes it.
    Chat,
    /// Raises the hand, and lowers it.
    Hand,
    /// Opens the menu of layouts.
    Layout,
    /// Gives the call the whole screen, and gives it back.
    Fullscreen,
    /// Closes what was opened last.
    Close,
    /// Shows the page of tiles before this one.
    PreviousPage,
    /// Shows the next page of tiles.
    NextPage,
    /// Shows the screen in the large tile larger.
    ZoomIn,
    /// Shows it smaller.
    ZoomOut,
    /// Shows all of it.
    WholePicture,
    /// Moves our own picture to another corner.
    MoveOwnPicture,
    /// Sends what is written in the chat.
    SendMessage,
    /// Begins a new line there.
    NewLine,
}

/// Where a shortcut is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the lobby, and in a call.
    Everywhere,
    /// In a call.
    Call,
    /// In a call, while a screen is in the large tile, there are several pages, or our own picture stands on another.
    Stage,
    /// In the field of the chat.
    ChatField,
}

impl Place {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Everywhere, Self::Call, Self::Stage, Self::ChatField];
}

impl Shortcut {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 18] = [
        Self::Microphone,
        Self::Camera,
        Self::Close,
        Self::Sheet,
        Self::PushToTalk,
        Self::Screen,
        Self::Chat,
        Self::Hand,
        Self::Layout,
        Self::Fullscreen,
        Self::PreviousPage,
        Self::NextPage,
        Self::ZoomIn,
        Self::ZoomOut,
        Self::WholePicture,
        Self::MoveOwnPicture,
        Self::SendMessage,
        Self::NewLine,
    ];

    /// Its keys, each as `KeyboardEvent.key` (W3C UI Events); of letters, lower case. The first is that of the sheet, and of
    /// `aria-keyshortcuts` where it presses a button; further ones are for other keyboards.
    pub const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Sheet => &["?"],
            Self::Microphone => &["m"],
            Self::PushToTalk => &[" "],
            Self::Camera => &["v"],
            Self::Screen => &["s"],
            Self::Chat => &["c"],
            Self::Hand => &["h"],
            Self::Layout => &["l"],
            Self::Fullscreen => &["f"],
            Self::Close => &["Escape"],
            Self::PreviousPage => &["PageUp"],
            Self::NextPage => &["PageDown"],
            // The key with the plus gives an equals sign without Shift on an American keyboard.
            Self::ZoomIn => &["+", "="],
            Self::ZoomOut => &["-"],
            Self::WholePicture => &["0"],
            Self::MoveOwnPicture => &["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"],
            Self::SendMessage | Self::NewLine => &["Enter"],
        }
    }

    /// The first of its keys.
    pub const fn key(self) -> &'static str {
        self.keys()[0]
    }

    /// Whether this is one of its keys.
    pub fn has_key(self, key: &str) -> bool {
        self.keys().contains(&key)
    }

    /// Whether Shift has to be held down; what needs it to be typed at all is not meant.
    pub const fn needs_shift(self) -> bool {
        matches!(self, Self::NewLine)
    }

    /// Where it is heard.
    pub const fn place(self) -> Place {
        match self {
            Self::Sheet | Self::Microphone | Self::Camera | Self::Close => Place::Everywhere,
            Self::PushToTalk | Self::Screen | Self::Chat | Self::Hand | Self::Layout | Self::Fullscreen => {
                Place::Call
            }
            Self::PreviousPage
            | Self::NextPage
            | Self::ZoomIn
            | Self::ZoomOut
            | Self::WholePicture
            | Self::MoveOwnPicture => Place::Stage,
            Self::SendMessage | Self::NewLine => Place::ChatField,
        }
    }

    /// Whether each of its keys is something to press for itself, and not another name of the same key.
    pub const fn shows_all_keys(self) -> bool {
        matches!(self, Self::MoveOwnPicture)
    }
}
