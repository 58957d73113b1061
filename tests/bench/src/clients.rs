//! Whom we are measured beside.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::Value;
use visavis_e2e::bundle::copy_folder;
use visavis_e2e::tools;

/// Files worth sending compressed. Whoever hands out our page hands out theirs, as small.
const COMPRESSIBLE: [&str; 3] = ["html", "js", "css"];

/// A client under test.
#[derive(clap::ValueEnum, serde::Serialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Client {
    /// a page written by hand as the tutorials have it: what the others are compared with
    Plain,
    /// ours, as built
    Ours,
    /// another build of ours (`--against`)
    Against,
    /// the page written by hand, with its WebSocket open before the click
    PlainEarly,
    /// simple-peer
    SimplePeer,
    /// PeerJS and its server
    Peerjs,
    /// LiveKit's client and its server, which forwards the media
    Livekit,
    /// ours, on LiveKit's server
    OursLivekit,
}

impl Client {
    /// All that are measured unasked.
    pub(crate) const USUAL: [Self; 7] = [
        Self::Plain,
        Self::Ours,
        Self::PlainEarly,
        Self::SimplePeer,
        Self::Peerjs,
        Self::Livekit,
        Self::OursLivekit,
    ];

    /// How a table calls it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Plain => "plain JavaScript",
            Self::Ours => "Visavis",
            Self::Against => "Visavis, the other build",
            Self::PlainEarly => "plain JavaScript, socket open early",
            Self::SimplePeer => "simple-peer",
            Self::Peerjs => "PeerJS",
            Self::Livekit => "LiveKit",
            Self::OursLivekit => "Visavis on LiveKit",
        }
    }

    /// Whether it is a page of ours.
    pub(crate) fn is_ours(self) -> bool {
        match self {
            Self::Ours | Self::Against | Self::OursLivekit => true,
            Self::Plain | Self::PlainEarly | Self::SimplePeer | Self::Peerjs | Self::Livekit => false,
        }
    }

    /// The folder of its page in `clients/`, and the script of the package that it is made of.
    fn source(self) -> Option<(&'static str, Option<&'static str>)> {
        match self {
            Self::Ours | Self::Against | Self::OursLivekit => None,
            Self::Plain | Self::PlainEarly => Some(("plain", None)),
            Self::SimplePeer => Some(("simple-peer", Some("simple-peer/simplepeer.min.js"))),
            Self::Peerjs => Some(("peerjs", Some("peerjs/dist/peerjs.min.js"))),
            Self::Livekit => Some(("livekit", Some("livekit-client/dist/livekit-client.umd.js"))),
        }
    }

    /// Puts its page into a folder, with what its packages have published.
    pub(crate) fn build(self, folder: &Path) -> Result<()> {
        let Some((name, script)) = self.source() else { return Ok(()) };
        let clients = clients();
        let own = ["index.html", "app.js"].map(|file| clients.join(name).join(file));
        let shared = ["common.js", "style.css"].map(|file| clients.join(file));
        let script = script.map(|script| tools::packages().join("node_modules").join(script));
        for file in own.into_iter().chain(shared).chain(script) {
            let bytes = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            let target = folder.join(file.file_name().unwrap_or_default());
            fs::write(&target, &bytes)?;
            compress_beside(&target, &bytes)?;
        }
        Ok(())
    }

    /// What runs in its page beside the probe.
    pub(crate) fn adapter(self) -> &'static str {
        if self.is_ours() { include_str!("../clients/visavis.js") } else { "" }
    }
}

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

fn compress_beside(file: &Path, bytes: &[u8]) -> Result<()> {
    let extension = file.extension().and_then(|end| end.to_str()).unwrap_or_default();
    if COMPRESSIBLE.contains(&extension) {
        let parameters = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 24, ..Default::default() };
        let mut compressed = Vec::new();
        brotli::BrotliCompress(&mut &bytes[..], &mut compressed, &parameters)?;
        fs::write(file.with_extension(format!("{extension}.br")), compressed)?;
    }
    Ok(())
}

/// Copies a bundle of ours, with another configuration.
pub(crate) fn copy_bundle(from: &Path, to: &Path, signaling: &Value) -> Result<()> {
    copy_folder(from, to).with_context(|| format!("cannot copy {}", from.display()))?;
    let config = serde_json::json!({ "signaling": signaling });
    fs::write(to.join("config.json"), config.to_string())?;
    Ok(())
}

/// Clients that cannot be measured here, and why.
pub(crate) type Missing = BTreeMap<Client, String>;
