//! The flight recorder over other people's servers, also those that a file describes.

use visavis_sim::replay::replay;

use crate::{foreign, new_world, room_of};

/// Some of these servers take no spaces.
const ROOM: &str = "teaparty";

#[test]
fn a_call_over_every_dialect_is_replayed_to_the_same_decisions() {
    for dialect in foreign() {
        let mut world = new_world(dialect, 20);
        let pages = [world.add_recorded(dialect), world.add_recorded(dialect)];
        for page in pages {
            // Where the server makes the rooms, the first tells the second.
            let made = room_of(&world, pages[0]);
            let room = if made.is_empty() { ROOM } else { &made };
            // A word of some of these protocols: what the server says must stay what it is.
            world.join_as(page, room, "joined");
            world.run(20_000);
        }
        world.assert_connected(&pages, dialect);
        world.cut_socket(pages[1]);
        world.run(30_000);
        world.leave(pages[0]);
        world.run(60_000);
        for page in pages {
            let report = world.report(page);
            assert!(!report.contains(ROOM), "{dialect}: {report}");
            let replay = replay(&report).unwrap();
            assert_eq!(replay.difference, None, "{dialect}");
            assert!(replay.inputs > 20, "{dialect}: {}", replay.inputs);
            let view = replay.view.unwrap();
            assert_eq!(view.lifecycle, world.view(page).lifecycle, "{dialect}");
            assert_eq!(view.participants.len(), world.view(page).participants.len(), "{dialect}");
        }
    }
}
