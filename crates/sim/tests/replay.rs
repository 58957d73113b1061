//! Reports of the flight recorder: those of simulated calls, and those that people have sent (`tests/reports`).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;

use visavis_sim::Script;
use visavis_sim::replay::{Replay, replay};

#[test]
fn a_simulated_call_is_replayed_to_the_same_decisions() {
    let mut inputs = 0;
    for seed in 0..150 {
        for report in Script::from_seed(seed).record() {
            let replay = replay(&report).unwrap();
            assert_eq!(replay.difference, None, "seed {seed}");
            assert!(!report.contains("peer 0"), "seed {seed}");
            inputs += replay.inputs;
        }
    }
    assert!(inputs > 10_000, "{inputs}");
}

#[test]
fn another_decision_is_noticed() {
    let report = Script::from_seed(1).record().swap_remove(0);
    for (was, is) in [("j", "h"), ("j", ""), ("b", "bb")] {
        let (before, after) = report.rsplit_once(&format!("{was}\",\n")).unwrap();
        let changed = format!("{before}{is}\",\n{after}");
        assert!(replay(&changed).unwrap().difference.is_some(), "{was}");
    }
}

#[test]
fn what_is_no_report_is_refused() {
    for text in ["", "{}", "[]", "[[\"visavis-report\",0]]", "[[\"visavis-report\",1,{\"dialect\":\"x\"}]]"] {
        assert!(replay(text).is_err(), "{text}");
    }
}

/// Faults that people have met, and that are mended since: the core decides what is right now.
#[test]
fn reports_that_people_have_sent() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reports");
    let paths = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let mut reports = 0;
    for path in paths.filter(|path| path.extension().is_some_and(|end| end == "json")) {
        let Replay { difference, inputs, .. } = replay(&fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(difference, None, "{}", path.display());
        assert!(inputs > 0, "{}: nothing has happened in it", path.display());
        reports += 1;
    }
    assert!(reports > 0, "{} holds no report", folder.display());
}
