//! What the page leaves in the browser, in one table: what stores something takes its key from here, and the settings show all
//! of it and erase it.

/// How every key of ours begins: other pages of the same site keep what is theirs.
const PREFIX: &str = "visavis";

/// Something that the page stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoredData {
    /// The name that the person went by last.
    Name,
    /// The language that they chose.
    Language,
    /// What they want of their devices, and how much videos may cost.
    Devices,
    /// The signaling server that they chose.
    Server,
    /// Who we are to a server, and the call of this tab: only from the end of one page to the beginning of the next.
    Identity,
    /// A description of a server that is being tried.
    Mapping,
    /// Recordings that were not deleted.
    Recordings,
    /// Files that are received in a call, or that a crash has left.
    ReceivedFiles,
    /// What answers for the page where there is no network.
    ServiceWorker,
}

/// Where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StorageArea {
    /// `localStorage`, until somebody erases it.
    Local,
    /// `sessionStorage`, until the tab is closed.
    Session,
    /// The origin private file system (WHATWG File System).
    Files,
    /// Registrations of service workers (W3C Service Workers).
    ServiceWorkers,
}

impl StoredData {
    /// All of it, in the order in which it is listed.
    pub const ALL: [Self; 9] = [
        Self::Name,
        Self::Language,
        Self::Devices,
        Self::Server,
        Self::Mapping,
        Self::Identity,
        Self::Recordings,
        Self::ReceivedFiles,
        Self::ServiceWorker,
    ];

    /// Its key, or the name of its file; of [`Self::Identity`], of which there may be several, how each begins.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Name => "visavis.name",
            Self::Language => "visavis.language",
            Self::Devices => "visavis.devices",
            Self::Server => "visavis-server",
            Self::Identity => "visavis ",
            Self::Mapping => "visavis-trial",
            Self::Recordings => "visavis-recordings",
            Self::ReceivedFiles => "visavis-files",
            Self::ServiceWorker => "visavis-service-worker.js",
        }
    }

    /// Where it is.
    pub const fn area(self) -> StorageArea {
        match self {
            Self::Name | Self::Language | Self::Devices | Self::Server => StorageArea::Local,
            Self::Identity | Self::Mapping => StorageArea::Session,
            Self::Recordings | Self::ReceivedFiles => StorageArea::Files,
            Self::ServiceWorker => StorageArea::ServiceWorkers,
        }
    }

    /// What has this key in this area, if it is known.
    pub fn with_key(area: StorageArea, key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|data| data.area() == area && data.has_key(key))
    }

    fn has_key(self, key: &str) -> bool {
        match self {
            Self::Identity => key.starts_with(self.key()),
            Self::Name
            | Self::Language
            | Self::Devices
            | Self::Server
            | Self::Mapping
            | Self::Recordings
            | Self::ReceivedFiles
            | Self::ServiceWorker => key == self.key(),
        }
    }
}

/// Whether what has this key is ours, known or not: an older page may have left it, or a newer one.
pub fn is_ours(key: &str) -> bool {
    key.starts_with(PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_found_by_its_key_and_is_ours() {
        for data in StoredData::ALL {
            let key = match data {
                StoredData::Identity => [data.key(), "wss://example.org/ws"].concat(),
                StoredData::Name
                | StoredData::Language
                | StoredData::Devices
                | StoredData::Server
                | StoredData::Mapping
                | StoredData::Recordings
                | StoredData::ReceivedFiles
                | StoredData::ServiceWorker => data.key().to_owned(),
            };
            assert_eq!(StoredData::with_key(data.area(), &key), Some(data));
            assert!(is_ours(&key), "{key}");
        }
    }

    #[test]
    fn what_is_not_known_is_somebody_elses_or_of_another_version() {
        assert_eq!(StoredData::with_key(StorageArea::Local, "visavis-trial"), None);
        assert_eq!(StoredData::with_key(StorageArea::Local, "visavis.names"), None);
        assert!(is_ours("visavis.names"));
        assert!(!is_ours("theme"));
    }
}
