//! Whole rooms over every foreign dialect: real rooms, strict fakes of the browser, and a model of each server that dies
//! of what kills the original.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod extension;
mod mapped;
mod naive;
mod recorded;
mod servers;
mod world;

use servers::server_of;
use visavis_signaling::dialects::ALL;
use world::World;

/// Dialects whose rooms take more than two.
const MULTIPARTY: [&str; 18] = [
    "broadcast",
    "group-chat",
    "join-room",
    "matchbox",
    "mdn-chat",
    "peerjs",
    "simple-peer-rooms",
    "tabs",
    "uuid-dest",
    "y-webrtc",
    "mapping/group-chat",
    "mapping/rooms",
    "mapping/gstreamer",
    "mapping/simple-peer-rooms",
    "mapping/matchbox",
    "mapping/topics",
    "mapping/broadcast",
    "mapping/join-room",
];

/// Examples of a mapping that have no place for the extension.
const WITHOUT_EXTENSION: [&str; 4] = ["mapping/rooms", "mapping/pair", "mapping/gstreamer", "mapping/topics"];

/// The examples of `docs/mapping.md`.
const MAPPINGS: [&str; 9] = [
    "mapping/group-chat",
    "mapping/broadcast",
    "mapping/join-room",
    "mapping/simple-peer-rooms",
    "mapping/matchbox",
    "mapping/topics",
    "mapping/rooms",
    "mapping/pair",
    "mapping/gstreamer",
];

fn foreign() -> impl Iterator<Item = &'static str> {
    let listed = ALL.iter().map(|listed| listed.name);
    listed.chain(MAPPINGS).filter(|name| server_of(name).is_some())
}

/// Whether Visavis pages know each other over it.
fn has_extension(dialect: &str) -> bool {
    !WITHOUT_EXTENSION.contains(&dialect)
}

fn new_world(dialect: &str, delay: u64) -> World {
    World::new(server_of(dialect).expect("a model of the server"), delay)
}

/// A person joins; a server that makes the rooms tells the first what to give to the others.
fn join(world: &mut World, dialect: &str, room: &str) -> usize {
    let page = world.add(dialect);
    world.join(page, room);
    page
}

fn room_of(world: &World, page: usize) -> String {
    world.view(page).room
}

#[test]
fn every_example_of_a_mapping_has_a_model_of_its_server() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/mapping");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("mapping/{}", path.file_stem().unwrap().display());
        assert!(MAPPINGS.contains(&name.as_str()), "{name}");
        assert!(server_of(&name).is_some(), "{name}");
    }
}

#[test]
fn two_meet_over_every_dialect() {
    for dialect in foreign() {
        for (delay, gap) in [(5, 700), (50, 3000), (150, 20_000), (50, 100_000)] {
            let mut world = new_world(dialect, delay);
            let first = join(&mut world, dialect, "tea");
            world.run(gap);
            assert_eq!(world.view(first).participants.len(), 0, "{dialect}: alone");
            let room = room_of(&world, first);
            let second = join(&mut world, dialect, &room);
            world.run(20_000);
            world.assert_connected(&[first, second], dialect);
            world.run(120_000);
            world.assert_connected(&[first, second], dialect);
        }
    }
}

#[test]
fn two_that_come_at_once_meet() {
    for dialect in foreign().filter(|name| *name != "create-room") {
        for gap in [0, 1, 20, 60, 150, 700] {
            for delay in [0, 5, 150] {
                let mut world = new_world(dialect, delay);
                let first = join(&mut world, dialect, "tea");
                world.run(gap);
                let second = join(&mut world, dialect, "tea");
                world.run(30_000);
                world.assert_connected(&[first, second], &format!("{dialect}, {delay} ms, {gap} ms later"));
            }
        }
    }
}

#[test]
fn four_meet_where_there_is_room() {
    for dialect in MULTIPARTY {
        let mut world = new_world(dialect, 30);
        let pages: Vec<usize> = (0..4)
            .map(|_| {
                let page = join(&mut world, dialect, "tea");
                world.run(2_000);
                page
            })
            .collect();
        world.run(30_000);
        world.assert_connected(&pages, dialect);
    }
}

#[test]
fn who_leaves_is_gone_and_may_come_back() {
    // A room of create-room takes one offer in its life.
    for dialect in foreign().filter(|name| *name != "create-room") {
        let mut world = new_world(dialect, 20);
        let first = join(&mut world, dialect, "tea");
        world.run(1_000);
        let second = join(&mut world, dialect, "tea");
        world.run(20_000);
        world.assert_connected(&[first, second], dialect);
        world.leave(second);
        world.run(60_000);
        assert_eq!(world.view(first).participants.len(), 0, "{dialect}: the other has left");
        world.join(second, "tea");
        world.run(30_000);
        world.assert_connected(&[first, second], &format!("{dialect}, again"));
    }
}

#[test]
fn where_a_closed_channel_means_goodbye_nobody_waits_for_silence() {
    let (mut world, first, second) = two_in_a_call("simple-peer-rooms");
    world.leave(second);
    world.run(1_000);
    assert_eq!(world.view(first).participants.len(), 0);
}

/// A world in which two have had the time to meet.
fn two_in_a_call(dialect: &str) -> (World, usize, usize) {
    let mut world = new_world(dialect, 20);
    let first = join(&mut world, dialect, "tea");
    world.run(1_000);
    let room = room_of(&world, first);
    let second = join(&mut world, dialect, &room);
    world.run(20_000);
    (world, first, second)
}

#[test]
fn who_crashes_is_gone_in_the_end() {
    for dialect in foreign() {
        let (mut world, first, second) = two_in_a_call(dialect);
        world.crash(second);
        world.run(120_000);
        assert_eq!(world.view(first).participants.len(), 0, "{dialect}: the other has crashed");
    }
}

#[test]
fn a_lost_socket_is_mended() {
    for dialect in foreign() {
        let (mut world, first, second) = two_in_a_call(dialect);
        world.cut_socket(second);
        world.run(60_000);
        world.assert_connected(&[first, second], &format!("{dialect}, after a lost socket"));
    }
}
