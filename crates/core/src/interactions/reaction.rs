//! Reactions.

/// What a person shows for a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// A thumb that is up.
    ThumbsUp,
    /// Clapping hands.
    Applause,
    /// A heart.
    Heart,
    /// A laughing face.
    Laugh,
    /// An astonished face.
    Surprise,
    /// A thinking face.
    Think,
}

impl Reaction {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::ThumbsUp, Self::Applause, Self::Heart, Self::Laugh, Self::Surprise, Self::Think];

    /// The name in messages and `data-` attributes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ThumbsUp => "thumbs-up",
            Self::Applause => "applause",
            Self::Heart => "heart",
            Self::Laugh => "laugh",
            Self::Surprise => "surprise",
            Self::Think => "think",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reaction| reaction.as_str() == name)
    }
}
