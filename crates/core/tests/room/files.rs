//! Files that people give each other.

use visavis_core::{
    Event, FileCommand, FileEffect, FileEvent, FileFailure, FileHandle, FileId, FileMessage, FileState,
    FileView, InteractionEvent, MAX_FILE_BYTES, MAX_OFFERED_FILES, OfferedFile, PeerChannelEvent,
    PeerMessage, RecipientState, StopReason, TransferId,
};

use crate::peer_channel::call;
use crate::relay::receive_relayed;
use crate::*;

const DIGEST: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const HANDLE: FileHandle = FileHandle(70);
const FIRST: TransferId = TransferId(1);

/// What the shell is to do, and what is said of files, on the connection with this number.
type Done = (Vec<FileEffect>, Vec<FileMessage>);

fn done_on(connection: u32, effects: &[Effect]) -> Done {
    let (mut acts, mut said) = (Vec::new(), Vec::new());
    for effect in effects {
        match effect {
            Effect::Connection(ConnectionId(id), ConnectionEffect::File(effect)) if *id == connection => {
                acts.push(*effect);
            }
            Effect::Connection(ConnectionId(id), ConnectionEffect::SendMessage(text))
                if *id == connection =>
            {
                said.extend(FileMessage::decode(text).unwrap());
            }
            _ => {}
        }
    }
    (acts, said)
}

fn done(effects: &[Effect]) -> Done {
    done_on(0, effects)
}

fn nothing() -> Done {
    (Vec::new(), Vec::new())
}

/// A call with "a", a page of ours, whose channel is open.
fn open_call() -> Harness {
    let mut harness = call(true);
    harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
    harness.channel(PeerChannelEvent::Opened);
    harness.input(Input::InteractionsLoaded);
    harness
}

fn command(harness: &mut Harness, command: FileCommand) -> Done {
    done(&harness.input(Input::Command(Command::File(command))))
}

fn offer(harness: &mut Harness, name: &str, size: u32) -> Done {
    command(harness, FileCommand::Offer { handle: HANDLE, name: name.to_owned(), size })
}

fn receive(harness: &mut Harness, message: &FileMessage) -> Done {
    done(&harness.peer_sends(&message.encode()))
}

fn shell(harness: &mut Harness, event: FileEvent) -> Done {
    done(&harness.event(0, ConnectionEvent::File(event)))
}

fn offered(id: u32, name: &str, size: u32) -> OfferedFile {
    OfferedFile { id, age: 0, name: name.to_owned(), size }
}

fn offers(log: u32, files: Vec<OfferedFile>) -> FileMessage {
    FileMessage::Offers { log, files }
}

fn files(harness: &Harness) -> Vec<FileView> {
    let view = harness.room.view().interactions.unwrap();
    view.files.files.iter().map(|file| (**file).clone()).collect()
}

fn file(harness: &Harness) -> FileView {
    let files = files(harness);
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

fn request(transfer: TransferId, id: u32, offset: u32) -> FileMessage {
    FileMessage::Request { transfer, log: 7, id, offset }
}

/// "a" offers a file, and we want it: it is asked for.
fn receiving(harness: &mut Harness, size: u32) {
    receive(harness, &offers(7, vec![offered(4, "a.txt", size)]));
    let id = file(harness).id;
    let (acts, said) = command(harness, FileCommand::Receive(id, HANDLE));
    assert_eq!(acts, [FileEffect::Receive { transfer: FIRST, handle: HANDLE, size }]);
    assert_eq!(said, [], "not before it can be kept");
    let (acts, said) = shell(harness, FileEvent::Ready(FIRST, 0));
    assert_eq!((acts, said), (Vec::new(), vec![request(FIRST, 4, 0)]));
}

/// Our log, as "a" hears of it.
fn log(said: &[FileMessage]) -> u32 {
    match said {
        [FileMessage::Offers { log, .. }] => *log,
        _ => panic!("{said:?}"),
    }
}

#[test]
fn nothing_is_loaded_or_said_before_somebody_offers_a_file() {
    let mut harness = call(true);
    assert_eq!(done(&harness.channel(PeerChannelEvent::Opened)), nothing());
    let offers = offers(7, vec![offered(1, "a", 1)]).encode();
    assert_eq!(harness.peer_sends(&offers), [Effect::LoadInteractions]);
    assert_eq!(done(&harness.input(Input::InteractionsLoaded)), nothing(), "and nothing is asked for");
    assert_eq!(file(&harness).state, FileState::Offered);
}

#[test]
fn what_is_offered_is_told_now_and_to_whoever_comes_later() {
    let mut harness = call(true);
    assert_eq!(offer(&mut harness, "../x\u{202e}.txt", 5), nothing());
    let view = file(&harness);
    assert_eq!((view.owner, &*view.name, view.handle), (None, "x.txt", Some(HANDLE)));
    harness.now = harness.now + Duration::from_secs(3);
    let (_, said) = done(&harness.channel(PeerChannelEvent::Opened));
    let ours = log(&said);
    assert_eq!(said, [offers(ours, vec![OfferedFile { age: 3000, ..offered(1, "x.txt", 5) }])]);
    let (_, said) = offer(&mut harness, "y", 6);
    assert_eq!(said.len(), 1);
    let (_, said) = command(&mut harness, FileCommand::Withdraw(FileId(1)));
    assert_eq!(said, [offers(ours, vec![offered(2, "y", 6)])]);
    assert_eq!(files(&harness).len(), 1);
}

#[test]
fn neither_too_large_a_file_nor_too_many_are_offered() {
    let mut harness = open_call();
    assert_eq!(offer(&mut harness, "huge", MAX_FILE_BYTES + 1), nothing());
    for _ in 0..MAX_OFFERED_FILES + 5 {
        offer(&mut harness, "x", MAX_FILE_BYTES);
    }
    assert_eq!(files(&harness).len(), MAX_OFFERED_FILES);
}

#[test]
fn a_file_goes_to_whoever_asks_for_it_and_only_what_is_offered() {
    let mut harness = open_call();
    let (_, said) = offer(&mut harness, "x", 100);
    let log = log(&said);
    let ask =
        |transfer, log, id, offset| FileMessage::Request { transfer: TransferId(transfer), log, id, offset };
    let refused =
        |transfer| (vec![], vec![FileMessage::End { transfer: TransferId(transfer), sha256: None }]);
    assert_eq!(receive(&mut harness, &ask(1, log ^ 1, 1, 0)), refused(1), "another page's log");
    assert_eq!(receive(&mut harness, &ask(2, log, 2, 0)), refused(2), "no such file");
    assert_eq!(receive(&mut harness, &ask(3, log, 1, 101)), refused(3), "beyond its end");
    let send = |transfer, offset| FileEffect::Send {
        transfer: TransferId(transfer),
        handle: HANDLE,
        offset,
        size: 100,
    };
    assert_eq!(receive(&mut harness, &ask(4, log, 1, 0)), (vec![send(4, 0)], vec![]));
    assert_eq!(
        receive(&mut harness, &ask(5, log, 1, 30)).0,
        [FileEffect::StopSending(TransferId(4)), send(5, 30)]
    );
    assert_eq!(shell(&mut harness, FileEvent::Sent(TransferId(4), 99)), nothing(), "that is over");
    shell(&mut harness, FileEvent::Sent(TransferId(5), 60));
    let recipient =
        |harness: &Harness| (file(harness).recipients[0].bytes, file(harness).recipients[0].state);
    assert_eq!(recipient(&harness), (60, RecipientState::Receiving));
    let end = FileMessage::End { transfer: TransferId(5), sha256: Some(DIGEST.to_owned()) };
    assert_eq!(
        shell(&mut harness, FileEvent::AllSent(TransferId(5), DIGEST.to_owned())),
        (vec![], vec![end])
    );
    let stop = |reason| FileMessage::Stop { transfer: TransferId(5), reason };
    assert_eq!(
        receive(&mut harness, &stop(StopReason::Received)).0,
        [FileEffect::StopSending(TransferId(5))]
    );
    assert_eq!(recipient(&harness), (60, RecipientState::Received));
    assert_eq!(receive(&mut harness, &stop(StopReason::Received)), nothing(), "that is known");
    harness.receive(Inbound::Roster(RosterSignal::Left(id("a"))));
    assert_eq!(file(&harness).recipients, [], "nothing is kept of who has left");
}

#[test]
fn receivers_pause_and_give_up_and_so_may_the_disk_of_the_sender() {
    let mut harness = open_call();
    let (_, said) = offer(&mut harness, "x", 100);
    let log = log(&said);
    let ask = |transfer| FileMessage::Request { transfer: TransferId(transfer), log, id: 1, offset: 0 };
    let stop = |transfer, reason| FileMessage::Stop { transfer: TransferId(transfer), reason };
    for (transfer, reason, state) in
        [(1, StopReason::Paused, RecipientState::Paused), (2, StopReason::Failed, RecipientState::Failed)]
    {
        receive(&mut harness, &ask(transfer));
        let (acts, _) = receive(&mut harness, &stop(transfer, reason));
        assert_eq!(acts, [FileEffect::StopSending(TransferId(transfer))]);
        assert_eq!(file(&harness).recipients[0].state, state);
    }
    receive(&mut harness, &ask(3));
    receive(&mut harness, &stop(3, StopReason::Cancelled));
    assert_eq!(file(&harness).recipients, []);
    receive(&mut harness, &ask(4));
    let end = FileMessage::End { transfer: TransferId(4), sha256: None };
    assert_eq!(shell(&mut harness, FileEvent::SendingFailed(TransferId(4))), (vec![], vec![end]));
    assert_eq!(file(&harness).recipients[0].state, RecipientState::Failed);
    receive(&mut harness, &ask(5));
    let (acts, _) = command(&mut harness, FileCommand::Withdraw(FileId(1)));
    assert_eq!(acts, [FileEffect::StopSending(TransferId(5))]);
}

#[test]
fn a_file_counts_as_received_once_it_is_what_was_sent() {
    for (told, state) in [(DIGEST, FileState::Received), ("0", FileState::Failed(FileFailure::Corrupt))] {
        for digest_first in [true, false] {
            let mut harness = open_call();
            receiving(&mut harness, 10);
            assert_eq!(file(&harness).state, FileState::Waiting);
            shell(&mut harness, FileEvent::Received(FIRST, 6));
            assert_eq!((file(&harness).state, file(&harness).bytes), (FileState::Receiving, 6));
            let complete = FileEvent::Complete(FIRST, DIGEST.to_owned());
            let end = FileMessage::End { transfer: FIRST, sha256: Some(told.to_owned()) };
            let (acts, said) = if digest_first {
                assert_eq!(receive(&mut harness, &end), nothing());
                shell(&mut harness, complete)
            } else {
                assert_eq!(shell(&mut harness, complete), nothing());
                assert_eq!(file(&harness).state, FileState::Checking);
                receive(&mut harness, &end)
            };
            let same = told == DIGEST;
            let reason = if same { StopReason::Received } else { StopReason::Failed };
            assert_eq!(acts, [FileEffect::StopReceiving(FIRST)]);
            assert_eq!(said, [FileMessage::Stop { transfer: FIRST, reason }]);
            assert_eq!(file(&harness).state, state);
            assert_eq!(file(&harness).handle.is_some(), same, "what is wrong is thrown away");
        }
    }
}

#[test]
fn a_person_pauses_goes_on_and_cancels() {
    let mut harness = open_call();
    receiving(&mut harness, 10);
    let id = file(&harness).id;
    shell(&mut harness, FileEvent::Received(FIRST, 4));
    let stopped = |transfer, reason| {
        let transfer = TransferId(transfer);
        (vec![FileEffect::StopReceiving(transfer)], vec![FileMessage::Stop { transfer, reason }])
    };
    assert_eq!(command(&mut harness, FileCommand::Pause(id)), stopped(1, StopReason::Paused));
    assert_eq!((file(&harness).state, file(&harness).bytes), (FileState::Paused, 4));
    assert_eq!(shell(&mut harness, FileEvent::Received(FIRST, 9)), nothing());
    assert_eq!(file(&harness).bytes, 4, "what comes late does not count");
    let (acts, _) = command(&mut harness, FileCommand::Resume(id));
    assert_eq!(acts, [FileEffect::Receive { transfer: TransferId(2), handle: HANDLE, size: 10 }]);
    let (_, said) = shell(&mut harness, FileEvent::Ready(TransferId(2), 5));
    assert_eq!(said, [request(TransferId(2), 4, 5)]);
    assert_eq!(command(&mut harness, FileCommand::Cancel(id)), stopped(2, StopReason::Cancelled));
    let view = file(&harness);
    assert_eq!((view.state, view.bytes, view.handle), (FileState::Offered, 0, None));
    let again = FileHandle(71);
    let (acts, _) = command(&mut harness, FileCommand::Receive(id, again));
    assert_eq!(acts, [FileEffect::Receive { transfer: TransferId(3), handle: again, size: 10 }]);
    // Before it was asked for there is nothing to take back.
    assert_eq!(command(&mut harness, FileCommand::Cancel(id)).1, []);
    for unknown in
        [FileCommand::Pause(FileId(99)), FileCommand::Resume(FileId(99)), FileCommand::Cancel(FileId(99))]
    {
        assert_eq!(command(&mut harness, unknown), nothing());
    }
}

/// "a" is offered a new connection, and answers.
fn reconnect(harness: &mut Harness) -> u32 {
    harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Failed));
    let created = (0..30).find_map(|_| {
        let effects = harness.wait(Duration::from_secs(1));
        creations(&effects).first().map(|(created, _)| *created)
    });
    let created = created.unwrap();
    let described = |sdp_type| {
        SessionDescription {
        sdp_type,
        sdp: "v=0\r\na=tool:visavis\r\na=ice-ufrag:w\r\nm=audio 9 X 0\r\na=mid:0\r\nm=application 9 X 0\r\na=mid:1\r\n".into(),
    }
    };
    harness.event(created, ConnectionEvent::LocalDescriptionSet(Ok(described(SdpType::Offer))));
    harness.receive(Inbound::description(id("a"), 1, described(SdpType::Answer)));
    harness.event(created, ConnectionEvent::RemoteDescriptionSet(Ok(())));
    created
}

#[test]
fn it_goes_on_where_it_was_on_the_next_connection() {
    let mut harness = open_call();
    offer(&mut harness, "ours", 3);
    receive(&mut harness, &offers(7, vec![offered(4, "a.txt", 10)]));
    let theirs = files(&harness)[1].id;
    command(&mut harness, FileCommand::Receive(theirs, FileHandle(71)));
    shell(&mut harness, FileEvent::Ready(FIRST, 0));
    shell(&mut harness, FileEvent::Received(FIRST, 6));
    let created = reconnect(&mut harness);
    assert_eq!(files(&harness)[1].state, FileState::Waiting);
    let opened = ConnectionEvent::PeerChannel(PeerChannelEvent::Opened);
    let (acts, said) = done_on(created, &harness.event(created, opened));
    assert!(matches!(said[..], [FileMessage::Offers { .. }]), "a new channel is told everything: {said:?}");
    let second = TransferId(2);
    assert_eq!(acts, [FileEffect::Receive { transfer: second, handle: FileHandle(71), size: 10 }]);
    assert_eq!(shell(&mut harness, FileEvent::Ready(FIRST, 6)), nothing(), "the old one is gone");
    let ready = ConnectionEvent::File(FileEvent::Ready(second, 7));
    let (_, said) = done_on(created, &harness.event(created, ready));
    assert_eq!(said, [request(second, 4, 7)]);
}

#[test]
fn what_broke_off_goes_on_by_itself_only_on_another_connection() {
    let mut harness = open_call();
    receiving(&mut harness, 10);
    let id = file(&harness).id;
    shell(&mut harness, FileEvent::Received(FIRST, 6));
    assert_eq!(shell(&mut harness, FileEvent::ChannelClosed), nothing());
    let view = file(&harness);
    assert_eq!((view.state, view.handle), (FileState::Failed(FileFailure::Interrupted), Some(HANDLE)));
    assert_eq!(done(&harness.wait(Duration::from_secs(2))), nothing());
    let (acts, _) = command(&mut harness, FileCommand::Resume(id));
    assert_eq!(
        acts,
        [FileEffect::Receive { transfer: TransferId(2), handle: HANDLE, size: 10 }],
        "a person may try"
    );
    shell(&mut harness, FileEvent::ReceivingFailed(TransferId(2), FileFailure::Interrupted));
    let created = reconnect(&mut harness);
    let opened = ConnectionEvent::PeerChannel(PeerChannelEvent::Opened);
    let (acts, _) = done_on(created, &harness.event(created, opened));
    assert_eq!(acts, [FileEffect::Receive { transfer: TransferId(3), handle: HANDLE, size: 10 }]);
}

#[test]
fn what_broke_off_because_its_sender_leaves_says_so() {
    let mut harness = open_call();
    receiving(&mut harness, 10);
    shell(&mut harness, FileEvent::ChannelClosed);
    harness.receive(Inbound::Roster(RosterSignal::Left(id("a"))));
    let view = file(&harness);
    assert_eq!((view.state, view.handle), (FileState::Failed(FileFailure::SenderLeft), None));
}

#[test]
fn who_leaves_or_takes_back_a_file_leaves_it_unfinished_and_what_was_received_stays() {
    let mut harness = open_call();
    receive(
        &mut harness,
        &offers(7, vec![offered(1, "one", 9), offered(2, "two", 9), offered(3, "three", 9)]),
    );
    let ids: Vec<FileId> = files(&harness).iter().map(|file| file.id).collect();
    command(&mut harness, FileCommand::Receive(ids[0], FileHandle(1)));
    command(&mut harness, FileCommand::Receive(ids[1], FileHandle(2)));
    shell(&mut harness, FileEvent::Ready(FIRST, 0));
    shell(&mut harness, FileEvent::Complete(FIRST, DIGEST.to_owned()));
    receive(&mut harness, &FileMessage::End { transfer: FIRST, sha256: Some(DIGEST.to_owned()) });
    let states = |harness: &Harness| {
        files(harness).iter().map(|file| (file.state, file.available)).collect::<Vec<_>>()
    };
    let left = [(FileState::Received, false), (FileState::Failed(FileFailure::SenderLeft), false)];
    let withdrawn = [(FileState::Received, false), (FileState::Failed(FileFailure::Withdrawn), false)];
    receive(&mut harness, &offers(7, vec![]));
    assert_eq!(states(&harness), withdrawn);
    assert_eq!(files(&harness)[1].handle, None, "a part of it is of no use");
    assert_eq!(
        command(&mut harness, FileCommand::Receive(ids[1], FileHandle(3))),
        nothing(),
        "it is not to be had"
    );
    // What is offered again is another file.
    receive(&mut harness, &offers(7, vec![offered(5, "five", 9)]));
    let five = files(&harness)[2].id;
    command(&mut harness, FileCommand::Receive(five, FileHandle(5)));
    harness.receive(Inbound::Roster(RosterSignal::Left(id("a"))));
    assert_eq!(states(&harness), [withdrawn[0], withdrawn[1], left[1]]);
    assert_eq!(files(&harness)[0].handle, Some(FileHandle(1)));
    harness.input(Input::Command(Command::Leave));
    assert_eq!(files(&harness), [], "and goes with the call");
}

#[test]
fn the_failures_of_the_disk_are_told() {
    for failure in [FileFailure::NoSpace, FileFailure::TooLargeForMemory, FileFailure::NotWritten] {
        let mut harness = open_call();
        receiving(&mut harness, 10);
        let (acts, said) = shell(&mut harness, FileEvent::ReceivingFailed(FIRST, failure));
        assert_eq!(acts, [FileEffect::StopReceiving(FIRST)]);
        assert_eq!(said, [FileMessage::Stop { transfer: FIRST, reason: StopReason::Failed }]);
        let view = file(&harness);
        assert_eq!((view.state, view.handle, view.available), (FileState::Failed(failure), None, true));
    }
    let mut harness = open_call();
    receiving(&mut harness, 10);
    receive(&mut harness, &FileMessage::End { transfer: FIRST, sha256: None });
    assert_eq!(file(&harness).state, FileState::Failed(FileFailure::Unreadable));
}

/// What "a" says, which is no good.
#[test]
fn whatever_a_hostile_page_says_has_a_bound() {
    let mut harness = open_call();
    let (_, said) = offer(&mut harness, "x", 100);
    let log = log(&said);
    // A flood of offers: never more than there may be, and few of them are news.
    let mut news = 0;
    for round in 0..100_u32 {
        let files = (0..MAX_OFFERED_FILES as u32).map(|at| offered(round * 100 + at, "y", 1)).collect();
        let text = offers(round, files).encode();
        let event = ConnectionEvent::PeerChannel(PeerChannelEvent::Message(text));
        harness.room.handle(harness.now, Input::Connection(ConnectionId(0), event));
        let outputs = std::iter::from_fn(|| harness.room.poll_output());
        news += outputs
            .filter(|output| matches!(output, Output::Event(Event::Interaction(InteractionEvent::File(_)))))
            .count();
    }
    assert_eq!(files(&harness).len(), MAX_OFFERED_FILES + 1);
    assert_eq!(news, 30);
    // A flood of requests: one transfer of each file, and few answers.
    harness.wait(Duration::from_secs(61));
    let (mut acts, mut said) = (Vec::new(), Vec::new());
    for transfer in 1..=200 {
        let id = 1 + transfer % 2;
        let ask = FileMessage::Request { transfer: TransferId(transfer), log, id, offset: 0 };
        let (more_acts, more_said) = receive(&mut harness, &ask);
        acts.extend(more_acts);
        said.extend(more_said);
    }
    let begun = acts.iter().filter(|act| matches!(act, FileEffect::Send { .. })).count();
    let ended = acts.iter().filter(|act| matches!(act, FileEffect::StopSending(_))).count();
    assert_eq!(begun - ended, 1);
    assert!(said.len() <= 60, "{}", said.len());
    assert!(files(&harness).iter().all(|file| file.recipients.len() <= 1));
    // Transfers and ends that nobody knows.
    let unknown = TransferId(9999);
    for message in [
        FileMessage::Stop { transfer: unknown, reason: StopReason::Received },
        FileMessage::End { transfer: unknown, sha256: Some(DIGEST.to_owned()) },
        FileMessage::End { transfer: FIRST, sha256: None },
    ] {
        harness.wait(Duration::from_secs(61));
        assert_eq!(receive(&mut harness, &message), nothing(), "{message:?}");
    }
}

#[test]
fn a_name_is_made_safe_and_its_size_is_what_was_said_first() {
    let mut harness = open_call();
    let evil = "/etc/\u{202e}cod.exe\u{0}";
    receive(&mut harness, &offers(7, vec![offered(1, evil, 10)]));
    assert_eq!(file(&harness).name, "cod.exe");
    receive(&mut harness, &offers(7, vec![offered(1, "other", 99)]));
    assert_eq!((&*file(&harness).name, file(&harness).size), ("cod.exe", 10));
    let id = file(&harness).id;
    command(&mut harness, FileCommand::Receive(id, HANDLE));
    shell(&mut harness, FileEvent::Ready(FIRST, 0));
    shell(&mut harness, FileEvent::Received(FIRST, 5));
    shell(&mut harness, FileEvent::Received(FIRST, u32::MAX));
    assert_eq!(file(&harness).bytes, 10);
    shell(&mut harness, FileEvent::Received(FIRST, 1));
    assert_eq!(file(&harness).bytes, 10);
}

#[test]
fn nobody_is_told_by_way_of_a_server_and_who_cannot_get_files_is_known() {
    let mut harness = call(false);
    harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
    assert_eq!(offer(&mut harness, "x", 1), nothing());
    let view = harness.room.view().interactions.unwrap();
    assert_eq!(view.files.unreachable, [id("a")], "another program");
    let mut harness = open_call();
    let view = harness.room.view().interactions.unwrap();
    assert_eq!(view.files.unreachable, []);
    // Whoever is received from a server.
    harness.receive(Inbound::Roster(RosterSignal::Joined(info("s", Offerer::Sfu))));
    sent();
    offer(&mut harness, "x", 1);
    assert_eq!(sent(), [], "the server is told nothing");
    let view = harness.room.view().interactions.unwrap();
    assert_eq!(view.files.unreachable, [id("s")]);
    let text = offers(1, vec![offered(1, "y", 1)]).encode();
    assert_eq!(PeerMessage::decode(&text), Ok(Some(PeerMessage::Interaction(text.clone()))));
    receive_relayed(&mut harness, "s", &text);
    assert_eq!(files(&harness).len(), 1, "what nobody could fetch is not shown");
}

#[test]
fn messages_about_files_wait_while_much_is_to_be_sent_and_are_few() {
    let mut harness = open_call();
    harness.channel(PeerChannelEvent::BufferedAmountHigh);
    assert_eq!(offer(&mut harness, "one", 1), nothing());
    assert_eq!(offer(&mut harness, "two", 1), nothing());
    let (_, said) = done(&harness.channel(PeerChannelEvent::BufferedAmountLow));
    assert_eq!(said.len(), 1, "together");
    let mut said = 0;
    for _ in 0..100 {
        let newest = files(&harness).last().unwrap().id;
        said += command(&mut harness, FileCommand::Withdraw(newest)).1.len();
        said += offer(&mut harness, "again", 1).1.len();
    }
    assert_eq!(said, 59);
    let (_, said) = done(&harness.wait(Duration::from_secs(61)));
    let [FileMessage::Offers { files, .. }] = &said[..] else { panic!("{said:?}") };
    assert_eq!(files.len(), 2, "what holds now");
}
