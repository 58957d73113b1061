//! The flight recorder over servers that a file describes.

use visavis_sim::replay::replay;

use crate::{MAPPINGS, new_world};

/// Frames that are plain text are left out of reports, because nobody knows what is private in them.
const PLAIN: &str = "mapping/gstreamer";

#[test]
fn a_call_over_a_mapping_is_replayed_to_the_same_decisions() {
    for dialect in MAPPINGS.into_iter().filter(|name| *name != PLAIN) {
        let mut world = new_world(dialect, 20);
        let pages = [world.add_recorded(dialect), world.add_recorded(dialect)];
        for page in pages {
            // A word of some of these protocols: what the server says must stay what it is.
            world.join_as(page, "tea party", "joined");
            world.run(20_000);
        }
        world.must_be_connected(&pages, dialect);
        world.cut(pages[1]);
        world.run(30_000);
        world.leave(pages[0]);
        world.run(60_000);
        for page in pages {
            let report = world.report(page);
            assert!(!report.contains("tea party"), "{dialect}: {report}");
            let replay = replay(&report).unwrap();
            assert_eq!(replay.difference, None, "{dialect}");
            assert!(replay.inputs > 20, "{dialect}: {}", replay.inputs);
            let view = replay.view.unwrap();
            assert_eq!(view.lifecycle, world.view(page).lifecycle, "{dialect}");
            assert_eq!(view.participants.len(), world.view(page).participants.len(), "{dialect}");
        }
    }
}
