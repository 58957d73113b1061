//! Chat, raised hands and reactions.

use visavis_core::{
    Event, Interaction, InteractionEvent, InteractionsView, MAX_CHAT_CHARS, PeerChannelEvent, PeerMessage,
    Reaction, Undelivered, WrittenMessage,
};

use crate::peer_channel::call;
use crate::*;

/// A call with "a", a page of ours, whose channel is open.
fn open_call() -> Harness {
    let mut harness = call(true);
    harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
    harness.channel(PeerChannelEvent::Opened);
    harness
}

fn command(harness: &mut Harness, command: Command) -> Vec<Interaction> {
    interactions(&harness.input(Input::Command(command)))
}

fn write(harness: &mut Harness, text: &str) -> Vec<Interaction> {
    command(harness, Command::SendChat(text.to_owned()))
}

/// What is said of them on channels.
fn interactions(effects: &[Effect]) -> Vec<Interaction> {
    let said = effects.iter().filter_map(|effect| match effect {
        Effect::Connection(_, ConnectionEffect::SendMessage(text)) => Interaction::decode(text).unwrap(),
        _ => None,
    });
    said.collect()
}

fn written(id: u32, age: u32, text: &str) -> WrittenMessage {
    WrittenMessage { id, age, text: text.to_owned() }
}

/// What "a" writes.
fn chat(log: u32, messages: Vec<WrittenMessage>) -> Interaction {
    Interaction::Chat { log, messages }
}

fn receive(harness: &mut Harness, message: &Interaction) -> Vec<Effect> {
    harness.peer_sends(&message.encode())
}

/// The part of the program that reads them is there.
fn load(harness: &mut Harness) -> Vec<Effect> {
    harness.input(Input::InteractionsLoaded)
}

fn view(harness: &Harness) -> std::rc::Rc<InteractionsView> {
    harness.room.view().interactions.unwrap()
}

/// Who has written what; nobody is us.
fn shown(harness: &Harness) -> Vec<(String, String)> {
    let author = |author: &Option<ParticipantId>| author.as_ref().map_or("", |id| id.as_str()).to_owned();
    view(harness).chat.iter().map(|message| (author(&message.author), message.text.clone())).collect()
}

fn texts(messages: &[Interaction]) -> Vec<String> {
    let texts = messages.iter().flat_map(|message| match message {
        Interaction::Chat { messages, .. } => messages.iter().map(|one| one.text.clone()).collect(),
        _ => Vec::new(),
    });
    texts.collect()
}

fn events(harness: &mut Harness, message: &Interaction) -> Vec<InteractionEvent> {
    let event = ConnectionEvent::PeerChannel(PeerChannelEvent::Message(message.encode()));
    harness.room.handle(harness.now, Input::Connection(ConnectionId(0), event));
    let outputs = std::iter::from_fn(|| harness.room.poll_output());
    let events = outputs.filter_map(|output| match output {
        Output::Event(Event::Interaction(event)) => Some(event),
        _ => None,
    });
    events.collect()
}

#[test]
fn nothing_is_loaded_or_said_before_somebody_uses_them() {
    let mut harness = call(true);
    assert_eq!(interactions(&harness.channel(PeerChannelEvent::Opened)), []);
    assert_eq!(harness.room.view().interactions, None);
    let first = receive(&mut harness, &chat(7, vec![written(1, 0, "one")]));
    assert_eq!(first, [Effect::LoadInteractions]);
    assert_eq!(receive(&mut harness, &chat(7, vec![written(2, 0, "two")])), [], "it was asked for");
    assert_eq!(harness.room.backlog(), 2);
    assert_eq!(harness.room.view().interactions, None);
    let said = interactions(&load(&mut harness));
    assert_eq!(said, [Interaction::ChatReceived { log: 7, id: 2 }]);
    assert_eq!(shown(&harness), [("a".into(), "one".into()), ("a".into(), "two".into())]);
    assert_eq!(view(&harness).unread, 2);
    command(&mut harness, Command::MarkChatRead);
    assert_eq!(view(&harness).unread, 0);
    assert_eq!(load(&mut harness), [], "once is enough");
    assert_eq!(shown(&harness).len(), 2);
}

#[test]
fn whoever_leaves_before_they_are_read_is_heard_all_the_same() {
    let mut harness = open_call();
    receive(&mut harness, &chat(7, vec![written(1, 0, "good bye")]));
    receive(&mut harness, &Interaction::Hand(Some(0)));
    harness.receive(Inbound::Roster(RosterSignal::Left(id("a"))));
    harness.receive(Inbound::Roster(RosterSignal::Joined(info("a", Offerer::Them))));
    load(&mut harness);
    assert_eq!(shown(&harness), [("a".into(), "good bye".into())]);
    assert_eq!(view(&harness).chat[0].name, "a");
    assert_eq!(view(&harness).hands, [], "that was before they left");
}

#[test]
fn what_waits_for_the_part_that_reads_it_has_a_bound() {
    let mut harness = open_call();
    for at in 0..5 {
        for id in 0..100 {
            receive(&mut harness, &chat(7, vec![written(at * 100 + id + 1, 0, "x")]));
        }
        harness.wait(Duration::from_secs(61));
    }
    assert!(harness.room.backlog() <= 256 + 8, "{}", harness.room.backlog());
    load(&mut harness);
    assert_eq!(shown(&harness).len(), 200);
}

#[test]
fn what_we_write_is_told_at_once_and_all_of_it_when_a_channel_opens() {
    let mut harness = call(true);
    assert_eq!(write(&mut harness, " one \n\u{202e}two"), []);
    assert_eq!(shown(&harness), [("".into(), "one\ntwo".into())], "we see it ourselves");
    harness.now = harness.now + Duration::from_secs(5);
    let said = interactions(&harness.channel(PeerChannelEvent::Opened));
    let [Interaction::Chat { log, messages }] = &said[..] else { panic!("{said:?}") };
    assert_eq!(messages[..], [written(1, 5000, "one\ntwo")]);
    assert_eq!(write(&mut harness, "three"), [chat(*log, vec![written(2, 0, "three")])]);
    assert_eq!(write(&mut harness, " \n\u{200b} "), [], "there is nothing to tell");
    // A server that is lost changes nothing of that.
    harness.input(Input::Socket(SocketEvent::Closed));
    assert_eq!(write(&mut harness, "four"), [chat(*log, vec![written(3, 0, "four")])]);
}

#[test]
fn nothing_is_lost_while_much_waits() {
    let mut harness = open_call();
    harness.channel(PeerChannelEvent::BufferedAmountHigh);
    for text in ["one", "two"] {
        assert_eq!(write(&mut harness, text), []);
    }
    let said = interactions(&harness.channel(PeerChannelEvent::BufferedAmountLow));
    assert_eq!(said.len(), 1, "together");
    assert_eq!(texts(&said), ["one", "two"]);
}

#[test]
fn a_long_log_goes_in_parts_that_every_browser_takes() {
    let mut harness = call(true);
    let all: Vec<String> = (0..40).map(|n| format!("{n} {}", "😀".repeat(MAX_CHAT_CHARS))).collect();
    all.iter().for_each(|text| drop(write(&mut harness, text)));
    let kept = shown(&harness).len();
    assert_eq!(kept, 16, "as many characters as are kept");
    let effects = harness.channel(PeerChannelEvent::Opened);
    let said = interactions(&effects);
    assert_eq!(texts(&said).len(), kept);
    for message in said {
        assert!(message.encode().len() < 15_000, "{}", message.encode().len());
    }
    let mut harness = call(true);
    (0..500).for_each(|n| drop(write(&mut harness, &n.to_string())));
    let said = interactions(&harness.channel(PeerChannelEvent::Opened));
    assert_eq!(said.len(), 7, "200 messages, 32 at a time");
    assert_eq!(texts(&said).last().map(String::as_str), Some("499"));
}

#[test]
fn whoever_writes_very_much_is_told_in_larger_parts() {
    let mut harness = open_call();
    let sent: usize = (0..150).map(|n| write(&mut harness, &n.to_string()).len()).sum();
    assert_eq!(sent, 60);
    let later = interactions(&harness.wait(Duration::from_secs(60)));
    assert_eq!(texts(&later).len(), 90, "nothing is lost");
    assert_eq!(later.len(), 3);
}

#[test]
fn what_is_known_is_not_taken_twice_and_another_page_of_theirs_begins_anew() {
    let mut harness = open_call();
    load(&mut harness);
    receive(&mut harness, &chat(7, vec![written(1, 0, "one"), written(2, 0, "two")]));
    receive(
        &mut harness,
        &chat(7, vec![written(1, 9000, "one"), written(2, 9000, "two"), written(3, 0, "three")]),
    );
    assert_eq!(shown(&harness).len(), 3);
    receive(&mut harness, &chat(8, vec![written(1, 0, "one again")]));
    assert_eq!(shown(&harness).len(), 4);
    assert_eq!(view(&harness).unread, 4);
}

#[test]
fn it_stands_in_the_order_in_which_it_was_written() {
    let mut harness = open_call();
    harness.now = harness.now + Duration::from_secs(60);
    write(&mut harness, "ours");
    receive(
        &mut harness,
        &chat(7, vec![written(1, 90_000, "before we came"), written(2, 30_000, "half a minute ago")]),
    );
    let order: Vec<String> = shown(&harness).into_iter().map(|(_, text)| text).collect();
    assert_eq!(order, ["before we came", "half a minute ago", "ours"]);
    // Whoever was kept back looks younger; but each tells in their own order.
    receive(&mut harness, &chat(7, vec![written(3, 0, "now"), written(4, 45_000, "then")]));
    let order: Vec<String> = shown(&harness).into_iter().map(|(_, text)| text).collect();
    assert_eq!(order[3..], ["now", "then"]);
    assert!(view(&harness).chat[0].written_at < 0, "before our clock began");
}

#[test]
fn whoever_leaves_leaves_their_words_behind_and_we_take_none_along() {
    let mut harness = open_call();
    write(&mut harness, "ours");
    receive(&mut harness, &chat(7, vec![written(1, 0, "theirs")]));
    receive(&mut harness, &Interaction::Hand(Some(0)));
    harness.receive(Inbound::Roster(RosterSignal::Left(id("a"))));
    assert_eq!(shown(&harness).len(), 2);
    assert_eq!(view(&harness).hands, []);
    harness.input(Input::Command(Command::Leave));
    assert_eq!(*view(&harness), InteractionsView::default());
    assert_eq!(write(&mut harness, "to nobody"), []);
    assert_eq!(*view(&harness), InteractionsView::default());
}

#[test]
fn who_does_not_have_what_was_written_is_known() {
    let mut harness = open_call();
    let said = write(&mut harness, "one");
    let [Interaction::Chat { log, .. }] = said[..] else { panic!("{said:?}") };
    assert_eq!(view(&harness).undelivered, [(id("a"), Undelivered::Pending)]);
    for wrong in [Interaction::ChatReceived { log: log ^ 1, id: 1 }, Interaction::ChatReceived { log, id: 9 }]
    {
        receive(&mut harness, &wrong);
        assert_eq!(view(&harness).undelivered.len(), 1, "{wrong:?}");
    }
    receive(&mut harness, &Interaction::ChatReceived { log, id: 1 });
    assert_eq!(view(&harness).undelivered, []);

    let mut harness = call(false);
    harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
    command(&mut harness, Command::MarkChatRead);
    assert_eq!(view(&harness).undelivered, [(id("a"), Undelivered::Impossible)], "another program");
}

#[test]
fn hands_are_raised_in_turn() {
    let mut harness = open_call();
    let now = |harness: &mut Harness| harness.now = harness.now + Duration::from_secs(10);
    now(&mut harness);
    assert_eq!(command(&mut harness, Command::SetHandRaised(false)), [], "it never was");
    assert_eq!(command(&mut harness, Command::SetHandRaised(true)), [Interaction::Hand(Some(0))]);
    now(&mut harness);
    assert_eq!(command(&mut harness, Command::SetHandRaised(true)), [], "they keep their turn");
    let raised = events(&mut harness, &Interaction::Hand(Some(15_000)));
    assert_eq!(raised, [InteractionEvent::HandRaised(id("a"), "a".into())]);
    assert_eq!(view(&harness).hands, [Some(id("a")), None], "theirs was first");
    assert_eq!(events(&mut harness, &Interaction::Hand(Some(16_000))), [], "that is known");
    assert_eq!(command(&mut harness, Command::SetHandRaised(false)), [Interaction::Hand(None)]);
    assert_eq!(view(&harness).hands, [Some(id("a"))]);
    receive(&mut harness, &Interaction::Hand(None));
    assert_eq!(view(&harness).hands, []);
}

/// Somebody who was not there when it was lowered would else see it for ever.
#[test]
fn a_hand_that_was_raised_once_is_told_when_a_channel_opens() {
    let mut harness = call(true);
    command(&mut harness, Command::SetHandRaised(true));
    command(&mut harness, Command::SetHandRaised(false));
    assert_eq!(interactions(&harness.channel(PeerChannelEvent::Opened)), [Interaction::Hand(None)]);
}

/// Whoever comes later hears of it, too, and so does everybody when it ends.
#[test]
fn everybody_is_told_who_records() {
    let mut harness = call(true);
    assert_eq!(command(&mut harness, Command::SetRecording(false)), [], "nobody ever did");
    command(&mut harness, Command::SetRecording(true));
    assert_eq!(view(&harness).recorders, [None]);
    let said = interactions(&harness.channel(PeerChannelEvent::Opened));
    assert_eq!(said, [Interaction::Recording(true)]);
    assert_eq!(command(&mut harness, Command::SetRecording(true)), [], "they know");
    assert_eq!(command(&mut harness, Command::SetRecording(false)), [Interaction::Recording(false)]);
    assert_eq!(view(&harness).recorders, []);

    let theirs = |recording| InteractionEvent::Recording(id("a"), "a".into(), recording);
    assert_eq!(events(&mut harness, &Interaction::Recording(true)), [theirs(true)]);
    assert_eq!(events(&mut harness, &Interaction::Recording(true)), [], "that is known");
    assert_eq!(view(&harness).recorders, [Some(id("a"))]);
    let flood = (0..99).flat_map(|at| events(&mut harness, &Interaction::Recording(at % 2 == 0)));
    assert!(flood.count() < 30, "not every change is news");
    assert_eq!(view(&harness).recorders, [Some(id("a"))], "but it is shown");
    harness.receive(Inbound::Roster(RosterSignal::Left(id("a"))));
    assert_eq!(view(&harness).recorders, []);
}

#[test]
fn whoever_leaves_records_no_more() {
    let mut harness = open_call();
    command(&mut harness, Command::SetRecording(true));
    harness.input(Input::Command(Command::Leave));
    assert_eq!(view(&harness).recorders, []);
    assert_eq!(command(&mut harness, Command::SetRecording(true)), [], "there is no call");
    assert_eq!(view(&harness).recorders, []);
}

#[test]
fn reactions_are_shown_as_they_come_and_not_too_many() {
    let mut harness = open_call();
    load(&mut harness);
    let applause = Interaction::Reaction(Reaction::Applause);
    let react = |harness: &mut Harness| command(harness, Command::SendReaction(Reaction::Applause));
    assert_eq!(react(&mut harness), std::slice::from_ref(&applause));
    let more: usize = (0..99).map(|_| react(&mut harness).len()).sum();
    assert_eq!(more, 29);
    let heard: Vec<_> = (0..99).flat_map(|_| events(&mut harness, &applause)).collect();
    assert_eq!(heard.len(), 30);
    assert_eq!(heard[0], InteractionEvent::Reaction(Some(id("a")), Reaction::Applause));
    harness.wait(Duration::from_secs(60));
    assert_eq!(react(&mut harness).len(), 1);
    harness.channel(PeerChannelEvent::BufferedAmountHigh);
    assert_eq!(react(&mut harness), []);
    assert_eq!(interactions(&harness.channel(PeerChannelEvent::BufferedAmountLow)), [], "it is too late");
}

#[test]
fn a_flood_is_bounded() {
    let mut harness = open_call();
    load(&mut harness);
    let mut told = 0;
    for packet in 0..100 {
        let messages = (1..=32).map(|n| written(packet * 32 + n, 0, &"y".repeat(400))).collect();
        told += events(&mut harness, &chat(7, messages)).len();
    }
    assert_eq!(told, 30, "the rest is shown, but not told in passing");
    assert_eq!(shown(&harness).len(), 80, "as many characters as are kept");
    harness.wait(Duration::from_secs(60));
    let long = "z".repeat(9000);
    receive(&mut harness, &chat(7, vec![written(9000, 0, &long)]));
    assert_eq!(shown(&harness).last().map(|(_, text)| text.len()), Some(MAX_CHAT_CHARS));
    assert_eq!(
        events(&mut harness, &chat(7, vec![written(9001, 0, "\u{202e}\n ")])),
        [],
        "nobody would see it"
    );
}

#[test]
fn through_a_server_it_is_told_to_each_who_may_have_missed_it() {
    let (mut harness, _) = Harness::joined(&[]);
    relay::connect_to_server(&mut harness, &["a", "b"]);
    let relayed = || -> Vec<(Vec<ParticipantId>, Interaction)> {
        let sent = sent().into_iter().filter_map(|outbound| match outbound {
            Outbound::PeerMessage { to, text } => Some((to, Interaction::decode(&text).unwrap()?)),
            _ => None,
        });
        sent.collect()
    };
    relayed();
    write(&mut harness, "one");
    let first = relayed();
    let [(to, Interaction::Chat { log, .. })] = &first[..] else { panic!("{first:?}") };
    assert_eq!(to[..], [id("a"), id("b")], "once for both");
    let received = Interaction::ChatReceived { log: *log, id: 1 };
    relay::receive_relayed(&mut harness, "a", &received.encode());
    assert_eq!(view(&harness).undelivered, [(id("b"), Undelivered::Pending)]);
    relay::receive_relayed(&mut harness, "b", &PeerMessage::MediaRequest.encode());
    let again = relayed();
    assert_eq!(again, [(vec![id("b")], chat(*log, vec![written(1, 0, "one")]))], "whoever asks");
    harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Disconnected));
    harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
    assert_eq!(relayed().len(), 1, "something may have been lost");
    relay::receive_relayed(&mut harness, "a", &chat(5, vec![written(1, 0, "two")]).encode());
    assert_eq!(relayed(), [(vec![id("a")], Interaction::ChatReceived { log: 5, id: 1 })]);
    assert_eq!(shown(&harness).len(), 2);
    command(&mut harness, Command::SendReaction(Reaction::Heart));
    assert_eq!(relayed(), [(vec![id("a"), id("b")], Interaction::Reaction(Reaction::Heart))]);
}

#[test]
fn what_cannot_be_read_is_told_and_changes_nothing() {
    let mut harness = open_call();
    load(&mut harness);
    for text in [r#"{"type":"chat","log":1,"messages":[7]}"#, r#"{"type":"hand","raised":7}"#] {
        let event = ConnectionEvent::PeerChannel(PeerChannelEvent::Message(text.to_owned()));
        harness.room.handle(harness.now, Input::Connection(ConnectionId(0), event));
        let outputs: Vec<_> = std::iter::from_fn(|| harness.room.poll_output()).collect();
        assert!(matches!(outputs[..], [Output::Event(Event::ProtocolError(_))]), "{outputs:?}");
    }
    assert_eq!(shown(&harness), []);
}
