//! A real Janus with its VideoRoom plugin, as Debian has it, in a network of its own: its ICE agent (libnice) takes no
//! address of a loopback device, so pages and server need another one that both can reach.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::network::Host;
use crate::process::Process;
use crate::tools;

/// Where it listens for WebSockets; the place in the network has all ports to itself.
const PORT: u16 = 8188;
/// What is of no use in a call.
const DISABLED: [(&str, &str); 3] = [
    (
        "plugins",
        "libjanus_audiobridge.so,libjanus_duktape.so,libjanus_echotest.so,libjanus_lua.so,libjanus_nosip.so,\
         libjanus_recordplay.so,libjanus_sip.so,libjanus_streaming.so,libjanus_textroom.so,libjanus_videocall.so,\
         libjanus_voicemail.so",
    ),
    (
        "transports",
        "libjanus_http.so,libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_pfunix.so,libjanus_rabbitmq.so",
    ),
    ("loggers", "libjanus_jsonlog.so"),
];

/// How its rooms are configured.
#[derive(Debug, Clone, Default)]
pub struct JanusRooms {
    /// Rooms that exist from the beginning: the number, how many may publish, and a PIN, which may be empty.
    pub rooms: Vec<(u32, u32, &'static str)>,
    /// Whether rooms and people are named by texts (`string_ids`).
    pub string_ids: bool,
    /// For how many seconds a session waits for another socket (`reclaim_session_timeout`); not at all if zero.
    pub reclaim_timeout: u32,
}

/// A running Janus that can be killed and started again in its place.
#[derive(Debug)]
pub struct Janus {
    host: Host,
    program: PathBuf,
    files: PathBuf,
    process: Process,
}

impl Janus {
    /// Starts it in a place of the network. `None`, and said so, where Janus is not installed.
    pub async fn start(host: &Host, rooms: &JanusRooms) -> Option<Self> {
        let Some(program) = tools::janus() else {
            tools::skip("no Janus here (Debian: apt-get install janus)");
            return None;
        };
        let files =
            std::env::temp_dir().join(format!("visavis-janus-{}-{}", std::process::id(), host.name()));
        write_configuration(&files, rooms).expect("a configuration can be written");
        let process = run(host, &program, &files).await;
        Some(Self { host: host.clone(), program, files, process })
    }

    /// Where pages find it.
    pub fn url(&self) -> String {
        format!("ws://{}:{PORT}/", self.host.first_address())
    }

    /// Ends it without warning.
    pub async fn kill(&mut self) {
        self.process.kill().await;
    }

    /// Starts it again in the same place. It knows nothing of who was there.
    pub async fn restart(&mut self) {
        self.kill().await;
        self.process = run(&self.host, &self.program, &self.files).await;
    }
}

impl Drop for Janus {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.files);
    }
}

async fn run(host: &Host, program: &Path, files: &Path) -> Process {
    // Without colours, and with a folder of its own.
    let arguments = ["-o".to_owned(), "-F".to_owned(), files.display().to_string()];
    let mut process = Process::start_in(Some(host), program, &arguments);
    process.wait_for_line(|line| line.contains("WebSockets thread started").then_some(())).await;
    process
}

fn write_configuration(files: &Path, rooms: &JanusRooms) -> std::io::Result<()> {
    std::fs::create_dir_all(files)?;
    let mut general =
        format!("general: {{ session_timeout = 60, reclaim_session_timeout = {} }}\n", rooms.reclaim_timeout);
    for (kind, names) in DISABLED {
        let _ = writeln!(general, "{kind}: {{ disable = \"{names}\" }}");
    }
    std::fs::write(files.join("janus.jcfg"), general)?;
    let sockets = format!("general: {{ json = \"compact\", ws = true, ws_port = {PORT}, wss = false }}\n");
    std::fs::write(files.join("janus.transport.websockets.jcfg"), sockets)?;
    let mut plugin = format!("general: {{ string_ids = {} }}\n", rooms.string_ids);
    for (number, publishers, pin) in &rooms.rooms {
        let pin = if pin.is_empty() { String::new() } else { format!(", pin = \"{pin}\"") };
        let _ = writeln!(
            plugin,
            "room-{number}: {{ description = \"{number}\", publishers = {publishers}, bitrate = 1000000{pin} }}"
        );
    }
    std::fs::write(files.join("janus.plugin.videoroom.jcfg"), plugin)
}
