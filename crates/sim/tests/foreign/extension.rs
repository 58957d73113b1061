//! What Visavis pages tell each other through foreign servers (`signaling/foreign/extension`), alone and beside naive pages.

use visavis_core::Source;
use visavis_signaling::MediaState;

use crate::naive::Tutorial;
use crate::servers::{Codelab, Repeater, Server, server_of};
use crate::world::World;
use crate::{MULTIPARTY, foreign, has_extension, join, new_world, room_of, two_in_a_call};

const DELAYS: [u64; 3] = [0, 5, 150];
const JOIN_GAPS: [u64; 13] = [0, 1, 5, 20, 100, 160, 299, 310, 700, 780, 820, 4_000, 20_000];

/// What a server is called here, its dialect, a page that others wrote for it, and how it is made.
type RepeaterCase = (&'static str, &'static str, Tutorial, fn() -> Box<dyn Server>);

/// The servers that repeat everything to everybody.
fn repeaters() -> [RepeaterCase; 5] {
    [
        ("broadcast", "broadcast", Tutorial::Broadcast, || Box::new(Repeater::default())),
        ("broadcast with codes", "broadcast", Tutorial::Broadcast, || server_of("broadcast").unwrap()),
        ("join-room", "join-room", Tutorial::JoinRoom, || server_of("join-room").unwrap()),
        ("mapped broadcast", "mapping/broadcast", Tutorial::Broadcast, || server_of("broadcast").unwrap()),
        ("mapped join-room", "mapping/join-room", Tutorial::JoinRoom, || server_of("join-room").unwrap()),
    ]
}

/// All Visavis pages are connected with each other, and exactly one of them with the naive page.
fn assert_one_host(world: &World, visavis: &[usize], what: &str) {
    let others = visavis.len() - 1;
    let hosts: Vec<_> = visavis.iter().filter(|page| world.participants(**page).len() > others).collect();
    assert_eq!(hosts.len(), 1, "{what}: one is connected to the naive page");
    for page in visavis {
        let expected = others + usize::from(hosts == [page]);
        let seen = world.participants(*page);
        assert_eq!(
            (world.connected_paths(*page), seen.len()),
            (expected, expected),
            "{what}: page {page} sees {seen:?}"
        );
    }
}

#[test]
fn names_and_what_is_muted_are_seen_over_every_dialect() {
    for dialect in foreign().filter(|dialect| has_extension(dialect)) {
        let (mut world, first, second) = two_in_a_call(dialect);
        let all = MediaState::from([Source::Microphone, Source::Camera]);
        assert_eq!(world.participants(first), [(format!("P{second}"), Some(all))], "{dialect}");
        assert_eq!(world.participants(second), [(format!("P{first}"), Some(all))], "{dialect}");
        world.set_source(first, Source::Microphone, false);
        world.set_source(second, Source::Camera, false);
        world.run(100);
        let [muted, camera_off] =
            [all.with(Source::Microphone, false), all.with(Source::Camera, false)].map(Some);
        assert_eq!(world.participants(second)[0].1, muted, "{dialect}: who is muted");
        assert_eq!(world.participants(first)[0].1, camera_off, "{dialect}: whose camera is off");
    }
}

#[test]
fn who_leaves_is_gone_at_once() {
    for dialect in foreign().filter(|dialect| has_extension(dialect)) {
        let (mut world, first, second) = two_in_a_call(dialect);
        world.leave(second);
        world.run(100);
        assert_eq!(world.participants(first), [], "{dialect}");
    }
}

/// No hold, and nobody waits for an offer into the silence to be repeated.
#[test]
fn two_visavis_pages_meet_at_once() {
    for dialect in foreign().filter(|dialect| has_extension(dialect)) {
        for (delay, lag) in [(20, 0), (0, 4), (20, 4)] {
            for gap in [700, 1_000, 3_000, 100_000] {
                let mut world = new_world(dialect, delay);
                world.timer_lag = lag;
                let first = join(&mut world, dialect, "tea");
                world.run(gap);
                let room = room_of(&world, first);
                let second = join(&mut world, dialect, &room);
                world.run(650);
                let what = format!("{dialect}, after {gap} ms, {delay} ms away, timers {lag} ms late");
                world.assert_connected(&[first, second], &what);
            }
        }
    }
}

/// Whoever was called by their id reloads their page, which calls nobody.
#[test]
fn one_peer_is_called_again() {
    for away in [0, 3_000, 20_000, 60_000] {
        let mut world = new_world("peerjs", 20);
        let callee = join(&mut world, "peerjs", "tea");
        world.run(1_000);
        let caller = join(&mut world, "peerjs", "@tea");
        world.run(5_000);
        world.assert_connected(&[caller, callee], "at first");
        world.leave(callee);
        world.crash(callee);
        world.run(away);
        let callee = join(&mut world, "peerjs", "tea");
        world.run(if away < 60_000 { 20_000 } else { 45_000 });
        world.assert_connected(&[caller, callee], &format!("called again, after {away} ms"));
        world.assert_stable(&[caller, callee], "called again");
    }
}

#[test]
fn both_sides_may_negotiate_again_even_at_once() {
    for dialect in foreign().filter(|dialect| has_extension(dialect)) {
        for (delay, gap) in [(0, 0), (5, 0), (5, 3), (50, 0), (50, 20), (50, 300)] {
            let mut world = new_world(dialect, delay);
            let first = join(&mut world, dialect, "tea");
            world.run(2_000);
            let room = room_of(&world, first);
            let second = join(&mut world, dialect, &room);
            world.run(5_000);
            for round in 0..6 {
                let [a, b] = if round % 2 == 0 { [first, second] } else { [second, first] };
                world.renegotiate(a);
                world.run(gap);
                world.renegotiate(b);
                world.run(1_000);
                let what = format!("{dialect}, {delay} ms, {gap} ms later, round {round}");
                world.assert_connected(&[first, second], &what);
                world.assert_stable(&[first, second], &what);
            }
        }
    }
}

#[test]
fn four_know_each_other_by_name() {
    for dialect in MULTIPARTY.into_iter().filter(|dialect| has_extension(dialect)) {
        let mut world = new_world(dialect, 30);
        let mut pages = Vec::new();
        for _ in 0..4 {
            pages.push(join(&mut world, dialect, "tea"));
            // PeerServer's places are tried one after the other, each with a new socket.
            world.run(8_000);
            world.assert_connected(&pages, dialect);
        }
        for page in &pages {
            let names: Vec<_> = world.participants(*page).into_iter().map(|(name, _)| name).collect();
            let expected: Vec<_> =
                pages.iter().filter(|other| *other != page).map(|other| format!("P{other}")).collect();
            assert_eq!(names, expected, "{dialect}: whom page {page} sees");
        }
        world.leave(pages[1]);
        world.run(200);
        world.assert_connected(&[pages[0], pages[2], pages[3]], dialect);
    }
}

#[test]
fn visavis_pages_meet_however_their_offers_cross() {
    for (name, dialect, _, server) in repeaters() {
        for delay in DELAYS {
            for gap in JOIN_GAPS {
                let mut world = World::new(server(), delay);
                let first = join(&mut world, dialect, "tea");
                world.run(gap);
                let second = join(&mut world, dialect, "tea");
                // Connected, and not only in the end.
                world.run(3_000);
                let what = format!("{name}, {delay} ms, {gap} ms later");
                world.assert_connected(&[first, second], &what);
                world.run(60_000);
                world.assert_connected(&[first, second], &what);
                world.assert_stable(&[first, second], &what);
            }
        }
    }
}

#[test]
fn a_visavis_page_and_a_naive_page_meet_however_their_offers_cross() {
    for (name, dialect, tutorial, server) in repeaters() {
        for visavis_first in [true, false] {
            for delay in DELAYS {
                for gap in JOIN_GAPS {
                    let mut world = World::new(server(), delay);
                    let visavis = if visavis_first {
                        let visavis = join(&mut world, dialect, "tea");
                        world.run(gap);
                        world.add_naive(tutorial, "tea");
                        visavis
                    } else {
                        world.add_naive(tutorial, "tea");
                        world.run(gap);
                        join(&mut world, dialect, "tea")
                    };
                    world.run(20_000);
                    let what = format!("{name}, Visavis first: {visavis_first}, {delay} ms, {gap} ms later");
                    assert!(world.is_connected_to_naive(visavis), "{what}");
                }
            }
        }
    }
}

#[test]
fn one_visavis_page_calls_a_naive_page_and_the_others_stay_connected() {
    for (name, dialect, tutorial, server) in repeaters() {
        for place in 0..4 {
            for delay in DELAYS {
                for gap in [0, 20, 300, 700, 5_000] {
                    let mut world = World::new(server(), delay);
                    let (mut visavis, mut naive) = (Vec::new(), 0);
                    for at in 0..4 {
                        if at == place {
                            naive = world.add_naive(tutorial, "tea");
                        } else {
                            visavis.push(join(&mut world, dialect, "tea"));
                        }
                        world.run(gap);
                    }
                    let what = format!(
                        "{name}, the naive page comes as number {place}, {delay} ms, gaps of {gap} ms"
                    );
                    world.run(30_000);
                    assert_one_host(&world, &visavis, &what);
                    visavis.iter().for_each(|page| world.renegotiate(*page));
                    world.run(60_000);
                    assert_one_host(&world, &visavis, &what);
                    // The host's first and the one just made, and none that was for another Visavis page.
                    assert!(
                        world.offers_received(naive) <= 2,
                        "{what}: {} offers",
                        world.offers_received(naive)
                    );
                }
            }
        }
    }
}

/// The first of three Visavis pages is connected with a naive page.
fn host_and_two(
    dialect: &'static str,
    tutorial: Tutorial,
    server: Box<dyn Server>,
) -> (World, usize, [usize; 2]) {
    let mut world = World::new(server, 20);
    let first = join(&mut world, dialect, "tea");
    world.run(1_000);
    world.add_naive(tutorial, "tea");
    world.run(5_000);
    let others = [join(&mut world, dialect, "tea"), join(&mut world, dialect, "tea")];
    world.run(20_000);
    (world, first, others)
}

#[test]
fn another_of_ours_takes_over_the_naive_page() {
    for (name, dialect, tutorial, server) in repeaters() {
        let (mut world, first, others) = host_and_two(dialect, tutorial, server());
        assert_eq!(world.participants(first).len(), 3, "{name}: the first goes on");
        world.leave(first);
        world.run(5_000);
        assert_one_host(&world, &others, name);
    }
}

#[test]
fn another_of_ours_takes_over_when_the_first_crashes() {
    for (name, dialect, tutorial, server) in repeaters() {
        let (mut world, first, others) = host_and_two(dialect, tutorial, server());
        world.crash(first);
        world.run(60_000);
        assert_one_host(&world, &others, name);
    }
}

#[test]
fn one_peer_is_called_by_their_id() {
    let mut world = new_world("peerjs", 20);
    let first = join(&mut world, "peerjs", "tea");
    world.run(5_000);
    let second = join(&mut world, "peerjs", "@tea");
    world.run(5_000);
    world.assert_connected(&[first, second], "peerjs");
    world.assert_stable(&[first, second], "peerjs");
    assert_eq!(world.participants(second)[0].0, format!("P{first}"));
}

#[test]
fn a_lost_socket_costs_nothing_in_a_mixed_room() {
    for (name, dialect, tutorial, server) in repeaters() {
        for cut in 0..2 {
            let mut world = World::new(server(), 20);
            let visavis = [join(&mut world, dialect, "tea"), join(&mut world, dialect, "tea")];
            world.run(1_000);
            world.add_naive(tutorial, "tea");
            world.run(5_000);
            assert_one_host(&world, &visavis, name);
            world.cut_socket(visavis[cut]);
            world.run(5_000);
            assert_one_host(&world, &visavis, &format!("{name}, {cut} cut"));
            world.run(60_000);
            assert_one_host(&world, &visavis, &format!("{name}, {cut} cut, later"));
        }
    }
}

#[test]
fn rooms_without_walls_stay_apart() {
    for delay in [5, 50] {
        let mut world = World::new(Codelab::relaying_to_everybody(), delay);
        let pairs = ["tea", "milk"].map(|room| {
            let first = join(&mut world, "codelab", room);
            world.run(100);
            (first, join(&mut world, "codelab", room))
        });
        world.run(10_000);
        for (first, second) in pairs {
            world.assert_connected(&[first, second], "codelab");
            assert_eq!(world.participants(first)[0].0, format!("P{second}"));
            assert_eq!(world.participants(second)[0].0, format!("P{first}"));
        }
        world.leave(pairs[0].0);
        world.run(1_000);
        assert_eq!(world.participants(pairs[0].1), []);
        world.assert_connected(&[pairs[1].0, pairs[1].1], "the other room");
    }
}
