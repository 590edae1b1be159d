//! Files, both ways: what arrives is what was sent, and nothing of it is left lying about.

use std::path::Path;
use std::time::Duration;

use rialto::clock::Clock;
use simulator::waha::{Other, SentFile, WahaFault};

use crate::house::{ALICE, Bridge, House, SOON, bridge_aci, clock, idle, turn_until};

const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0 a picture of its own";
const PDF: &[u8] = b"%PDF-1.7\nmine";

fn image(caption: Option<&str>) -> Other {
    Other::Image { caption: caption.map(str::to_owned) }
}

/// How many files lie below a folder, in folders of their own too.
fn files_in(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let count = |entry: std::fs::DirEntry| {
        if entry.file_type().unwrap().is_dir() { files_in(&entry.path()) } else { 1 }
    };
    entries.map(|entry| count(entry.unwrap())).sum()
}

pub(crate) async fn nothing_is_left(house: &House, bridge: &Bridge) {
    assert!(idle(bridge).await);
    // They go after what is written down of them.
    for folder in ["data/media", "hand-over"] {
        let folder = house.dir.path().join(folder);
        let mut turns = crate::house::beats(Duration::from_millis(5));
        let gone = async {
            while files_in(&folder) > 0 {
                turns.tick().await;
            }
        };
        assert!(tokio::time::timeout(SOON, gone).await.is_ok(), "{} is not empty", folder.display());
    }
}

async fn sent(house: &House, count: usize) -> Vec<SentFile> {
    assert!(house.waha.wait_until(SOON, |waha| waha.sent_files().len() >= count).await, "{:?}", house.texts());
    house.waha.sent_files()
}

#[tokio::test]
async fn a_picture_arrives_as_it_was_sent_and_nothing_of_it_stays() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    house.waha.sends_file(ALICE, None, image(Some("look at *this*")), JPEG);
    assert!(house.arrives("look at this").await, "{:?}", house.texts());
    let message = house.signal.inbox().pop().unwrap();
    assert_eq!((message.text.as_str(), message.text_styles), ("look at this", vec!["8:4:BOLD".to_owned()]));
    assert_eq!((message.files.len(), message.files[0].bytes.as_slice()), (1, JPEG));
    assert_eq!(message.files[0].name, "picture.jpg");
    assert_eq!(message.params.get("voiceNote"), None);
    nothing_is_left(&house, &bridge).await;
    bridge.stop().await;
}

#[tokio::test]
async fn every_kind_goes_natively_and_an_answer_to_it_finds_it() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    let document = Other::Document { filename: "../../a\u{202E}b.pdf".into(), caption: None };
    for kind in [Other::Voice, Other::Video { caption: None }, Other::Sticker, document] {
        house.waha.sends_other(ALICE, kind);
    }
    assert!(house.signal.wait_until(SOON, |signal| signal.inbox().len() == 4).await, "{:?}", house.texts());
    let inbox = house.signal.inbox();
    let names: Vec<_> = inbox.iter().map(|message| message.files[0].name.as_str()).collect();
    assert_eq!(names, ["voice message.ogg", "video.mp4", "sticker.webp", "ab.pdf"]);
    assert!(inbox.iter().all(|message| message.text.is_empty()));
    assert_eq!(inbox[0].params["voiceNote"], true);
    let group = inbox[3].group_id.clone().unwrap();
    house.signal.owner_quotes(&group, "got it", inbox[3].timestamp, &bridge_aci());
    assert!(house.waha.wait_until(SOON, |waha| !waha.sent().is_empty()).await);
    let reply_to = house.waha.sent()[0].reply_to.clone().unwrap();
    assert!(house.waha.history().iter().any(|message| reply_to.contains(&message.stanza)));
    nothing_is_left(&house, &bridge).await;
    bridge.stop().await;
}

#[tokio::test]
async fn what_waha_has_forgotten_is_asked_for_again() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    house.waha.hold_files(true);
    house.waha.sends_file(ALICE, None, image(Some("late")), JPEG);
    house.waha.forget_files();
    house.waha.hold_files(false);
    assert!(house.arrives("late").await);
    assert_eq!(house.signal.inbox()[0].files[0].bytes, JPEG);
    bridge.stop().await;
}

#[tokio::test]
async fn a_file_that_is_gone_is_said_and_the_words_go_all_the_same() {
    let (house, clock) = (House::new().await, clock());
    let bridge = house.bridge_at(clock.clone()).await;
    house.waha.hold_files(true);
    house.waha.sends_file(ALICE, None, image(Some("words")), JPEG);
    house.waha.lose_files();
    house.waha.hold_files(false);
    assert!(turn_until(&clock, Duration::from_secs(1), || house.find("words").is_some()).await);
    let text = house.signal.inbox()[0].text.clone();
    assert_eq!(text, "ⓘ a picture cannot be had from WhatsApp any more. Look in WhatsApp on the phone.\nwords");
    nothing_is_left(&house, &bridge).await;
    bridge.stop().await;
}

#[tokio::test]
async fn words_do_not_wait_long_for_their_file_which_follows_as_an_answer_to_them() {
    let (house, clock) = (House::new().await, clock());
    let bridge = house.bridge_at(clock.clone()).await;
    house.waha.hold_files(true);
    house.waha.sends_file(ALICE, None, image(Some("first the words")), JPEG);
    assert!(turn_until(&clock, Duration::from_secs(1), || house.find("first the words").is_some()).await);
    let words = house.signal.inbox().pop().unwrap();
    assert_eq!(words.text, "ⓘ a picture follows\nfirst the words");
    house.waha.says(ALICE, "meanwhile");
    assert!(house.arrives("meanwhile").await, "nothing else waits for it");
    house.waha.hold_files(false);
    assert!(house.signal.wait_until(SOON, |signal| signal.inbox().len() == 3).await, "{:?}", house.texts());
    let file = house.signal.inbox().pop().unwrap();
    assert_eq!((file.files[0].bytes.as_slice(), file.text.as_str()), (JPEG, ""));
    assert_eq!(file.quote_timestamp, Some(words.timestamp));
    nothing_is_left(&house, &bridge).await;
    bridge.stop().await;
}

#[tokio::test]
async fn a_file_that_was_to_follow_a_deleted_message_does_not_come() {
    let (house, clock) = (House::new().await, clock());
    let bridge = house.bridge_at(clock.clone()).await;
    house.waha.hold_files(true);
    let stanza = house.waha.sends_file(ALICE, None, image(Some("first the words")), JPEG);
    assert!(turn_until(&clock, Duration::from_secs(1), || house.find("first the words").is_some()).await);
    house.waha.revokes(ALICE, None, &stanza);
    let is_gone = |signal: &simulator::signal_cli::SignalCli| signal.inbox()[0].deleted;
    assert!(house.signal.wait_until(SOON, is_gone).await);
    house.waha.hold_files(false);
    house.waha.says(ALICE, "last");
    assert!(house.arrives("last").await);
    nothing_is_left(&house, &bridge).await;
    assert!(house.signal.inbox().iter().all(|message| message.files.is_empty()), "{:?}", house.texts());
    bridge.stop().await;
}

#[tokio::test]
async fn what_is_too_large_is_not_even_fetched() {
    let house = House::new().await;
    let bridge = house.bridge_more("[media]\ndocument = \"1 kB\"\n", Clock::system()).await;
    let document = Other::Document { filename: "plans.pdf".into(), caption: Some("see".into()) };
    house.waha.sends_file(ALICE, None, document, PDF);
    assert!(house.arrives("see").await);
    let message = house.signal.inbox().pop().unwrap();
    let line = "ⓘ a document (plans.pdf) is larger than the bridge lets through. It is in WhatsApp on the phone.\nsee";
    assert_eq!((message.text.as_str(), message.files.len()), (line, 0));
    nothing_is_left(&house, &bridge).await;
    bridge.stop().await;
}

#[tokio::test]
async fn what_finds_no_room_waits_until_there_is() {
    let (house, clock) = (House::new().await, clock());
    let limits = ["picture", "video", "audio", "document", "quota"].map(|limit| format!("{limit} = \"20 kB\"\n"));
    let bridge = house.bridge_more(&format!("[media]\n{}", limits.concat()), clock.clone()).await;
    house.waha.says(ALICE, "hello");
    house.group_of("hello").await;
    // What signal-cli does not take stays.
    house.signal.stop().await;
    let (there, step) = (house.dir.path().join("data/media"), Duration::from_millis(500));
    let document = |name: &str| Other::Document { filename: name.into(), caption: None };
    let bytes = [PDF, &[b' '; 12_000]].concat();
    house.waha.sends_file(ALICE, None, document("one.pdf"), &bytes);
    assert!(turn_until(&clock, step, || files_in(&there) == 1).await);
    house.waha.sends_file(ALICE, None, document("two.pdf"), &bytes);
    assert!(house.waha.all_webhooks_done(SOON).await);
    let since = clock.now();
    assert!(turn_until(&clock, step, || clock.now().since(since) > Duration::from_mins(2)).await);
    assert_eq!(files_in(&there), 1, "there is no room for both");
    house.signal.restart().await.unwrap();
    let names =
        || house.signal.inbox().into_iter().flat_map(|message| message.files).map(|file| file.name).collect::<Vec<_>>();
    assert!(turn_until(&clock, step, || names().len() == 2).await, "{:?}", house.texts());
    assert_eq!(names(), ["one.pdf", "two.pdf"]);
    nothing_is_left(&house, &bridge).await;
    bridge.stop().await;
}

#[tokio::test]
async fn files_of_the_owner_go_one_by_one_with_the_words_on_the_first() {
    let (house, clock) = (House::new().await, clock());
    let bridge = house.bridge_at(clock.clone()).await;
    house.waha.says(ALICE, "hello");
    let group = house.group_of("hello").await;
    let files = [("photo.jpg", "image/jpeg", JPEG), ("../evil name.pdf", "application/pdf", PDF)];
    house.signal.owner_sends_files(Some(&group), "two of them", &files);
    let sent = sent(&house, 2).await;
    assert_eq!([&sent[0].call, &sent[1].call], ["sendImage", "sendFile"]);
    assert_eq!([&sent[0].bytes[..], &sent[1].bytes[..]], [JPEG, PDF]);
    assert_eq!([&sent[0].filename, &sent[1].filename], ["photo.jpg", "evil name.pdf"]);
    assert_eq!([sent[0].caption.as_deref(), sent[1].caption.as_deref()], [Some("two of them"), Some("")]);
    assert!(sent.iter().all(|file| file.chat_id == ALICE), "{sent:?}");
    nothing_is_left(&house, &bridge).await;
    // signal-cli's copies go after a few looks in which nobody names them.
    let attachments = house.dir.path().join("attachments");
    assert_eq!(files_in(&attachments), 2);
    assert!(turn_until(&clock, Duration::from_secs(10), || files_in(&attachments) == 0).await);
    bridge.stop().await;
}

#[tokio::test]
async fn of_several_files_none_goes_twice_and_a_deletion_takes_those_that_went() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    house.waha.says(ALICE, "hello");
    let group = house.group_of("hello").await;
    let files = ["one.jpg", "two.jpg", "three.jpg"].map(|name| (name, "image/jpeg", JPEG));
    house.waha.fault(WahaFault::SendThen500 { times: 1 });
    let typed = house.signal.owner_sends_files(Some(&group), "", &files);
    assert!(house.arrives("May have been sent").await);
    assert_eq!(house.waha.sent_files().len(), 1, "the first, and its answer was lost");
    assert!(idle(&bridge).await);
    let (line, _) = house.find("May have been sent").unwrap();
    house.signal.owner_quotes(&group, "retry", line, &bridge_aci());
    let sent = sent(&house, 4).await;
    let names: Vec<_> = sent.iter().map(|file| file.filename.as_str()).collect();
    assert_eq!(names, ["one.jpg", "one.jpg", "two.jpg", "three.jpg"], "what the owner wants again goes again, once");
    assert!(idle(&bridge).await);
    house.signal.owner_deletes(Some(&group), typed);
    let deleted = |waha: &simulator::waha::Waha| waha.changes_made().len() >= 3;
    assert!(house.waha.wait_until(SOON, deleted).await, "{:?}", house.waha.changes_made());
    bridge.stop().await;
}

#[tokio::test]
async fn a_file_that_signal_cli_does_not_have_is_said_and_the_rest_goes() {
    let (house, clock) = (House::new().await, clock());
    let bridge = house.bridge_at(clock.clone()).await;
    house.waha.says(ALICE, "hello");
    let group = house.group_of("hello").await;
    assert!(idle(&bridge).await);
    bridge.stop().await;
    house.signal.owner_sends_files(Some(&group), "words", &[("a.jpg", "image/jpeg", JPEG)]);
    std::fs::remove_dir_all(house.dir.path().join("attachments")).unwrap();
    let bridge = house.bridge_at(clock.clone()).await;
    assert!(turn_until(&clock, Duration::from_secs(1), || !house.waha.sent().is_empty()).await);
    assert_eq!(house.waha.sent()[0].text, "words");
    assert!(house.arrives("a picture is not on the server any more; attach it again").await);
    assert!(house.waha.sent_files().is_empty());
    bridge.stop().await;
}

#[tokio::test]
async fn a_voice_message_of_the_owner_is_one_on_whatsapp() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    house.waha.says(ALICE, "hello");
    let group = house.group_of("hello").await;
    house.signal.owner_sends_files(Some(&group), "", &[("", "audio/aac", b"\xff\xf1\x50\x80 some sound")]);
    let sent = sent(&house, 1).await;
    assert_eq!((sent[0].call.as_str(), sent[0].convert, sent[0].caption.as_deref()), ("sendVoice", Some(true), None));
    nothing_is_left(&house, &bridge).await;
    bridge.stop().await;
}

#[tokio::test]
async fn waha_makes_films_of_gifs_and_of_odd_films_and_what_whatsapp_does_not_show_is_a_document() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    house.waha.says(ALICE, "hello");
    let group = house.group_of("hello").await;
    let moving: &[u8] = b"GIF89a\x01\0\x01\0\0\0\0\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0 and it moves";
    let files: [(&str, &str, &[u8]); 6] = [
        ("dance.gif", "image/gif", moving),
        ("clip.mov", "video/quicktime", b"\0\0\0\x14ftypqt  \0\0\0\0qt  a film"),
        ("clip.mp4", "video/mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom a film"),
        ("still.gif", "image/gif", b"GIF89a\x01\0\x01\0\0\0\0, one picture"),
        ("photo.heif", "image/heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic a photo"),
        ("shot.png", "image/png", b"\x89PNG\r\n\x1a\n a picture"),
    ];
    house.signal.owner_sends_files(Some(&group), "look", &files);
    let sent = sent(&house, 6).await;
    let calls: Vec<_> = sent.iter().map(|file| (file.call.as_str(), file.mimetype.as_str(), file.convert)).collect();
    let expected = [
        ("sendVideo", "image/gif", Some(true)),
        ("sendVideo", "video/quicktime", Some(true)),
        ("sendVideo", "video/mp4", Some(false)),
        ("sendFile", "image/gif", None),
        ("sendFile", "image/heif", None),
        ("sendImage", "image/png", None),
    ];
    assert_eq!(calls, expected);
    assert!(sent.iter().zip(files).all(|(sent, (name, _, bytes))| sent.bytes == bytes && sent.filename == name));
    nothing_is_left(&house, &bridge).await;
    bridge.stop().await;
}

#[tokio::test]
async fn what_is_not_what_it_was_sent_as_is_a_document_and_what_is_empty_is_said() {
    let (house, clock) = (House::new().await, clock());
    let bridge = house.bridge_at(clock.clone()).await;
    let script: &[u8] = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    house.waha.sends_file(ALICE, None, image(Some("a drawing")), script);
    assert!(turn_until(&clock, Duration::from_secs(1), || house.find("a drawing").is_some()).await);
    let drawing = house.signal.inbox().pop().unwrap();
    assert_eq!((drawing.files[0].name.as_str(), drawing.files[0].bytes.as_slice()), ("document.txt", script));
    house.waha.sends_file(ALICE, None, image(Some("nothing in it")), b"");
    assert!(turn_until(&clock, Duration::from_secs(1), || house.find("did not come whole").is_some()).await);
    // Under its line, or before it where asking again took long.
    assert_eq!(house.texts().iter().filter(|text| text.contains("nothing in it")).count(), 1);
    assert!(house.signal.inbox().iter().skip(1).all(|message| message.files.is_empty()));
    nothing_is_left(&house, &bridge).await;
    bridge.stop().await;
}

/// A document of so many bytes with words in it, also across pieces.
fn document(letter: &str, length: usize) -> (Other, Vec<u8>) {
    let words = format!("%PDF-1.7 canary{letter} ").into_bytes();
    let filename = format!("canaryname{letter}.pdf");
    (
        Other::Document { filename, caption: Some(format!("words {letter}")) },
        words.into_iter().cycle().take(length).collect(),
    )
}

/// The sealed files by the order in which they were wanted, once they are whole.
async fn sealed(house: &House, count: usize) -> Vec<std::path::PathBuf> {
    let folder = house.dir.path().join("data/media");
    let mut turns = crate::house::beats(Duration::from_millis(5));
    let there = async {
        loop {
            turns.tick().await;
            let entries = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
            let mut whole: Vec<_> = entries.filter(|path| path.extension().is_none()).collect();
            if whole.len() == count {
                whole.sort();
                return whole;
            }
        }
    };
    tokio::time::timeout(SOON, there).await.expect("the files are fetched")
}

#[tokio::test]
async fn a_file_at_rest_is_sealed_and_one_that_was_changed_there_is_not_shown() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    house.waha.says(ALICE, "hello");
    assert!(house.arrives("hello").await && idle(&bridge).await);
    house.signal.stop().await;
    let piece = 64 * 1024;
    for (letter, length) in
        [("A", 3 * piece + 5), ("B", 3 * piece + 5), ("C", 2 * piece), ("D", 2 * piece + 5), ("E", 9)]
    {
        let (kind, bytes) = document(letter, length);
        house.waha.sends_file(ALICE, None, kind, &bytes);
        sealed(&house, usize::from(letter.as_bytes()[0] - b'A') + 1).await;
    }
    for (name, bytes) in crate::canary::files(&house.dir.path().join("data/media")) {
        assert!(!bytes.windows(6).any(|six| six == b"canary") && !name.contains("canary"), "{name}");
    }
    // Two change places, one loses its last piece, one a bit; the last stays.
    let files = sealed(&house, 5).await;
    let read = |at: usize| std::fs::read(&files[at]).unwrap();
    let (one, other, mut flipped) = (read(0), read(1), read(3));
    std::fs::write(&files[0], &other).unwrap();
    std::fs::write(&files[1], &one).unwrap();
    let sealed_piece = piece + 16;
    std::fs::write(&files[2], &read(2)[..sealed_piece]).unwrap();
    flipped[sealed_piece + 3] ^= 1;
    std::fs::write(&files[3], &flipped).unwrap();
    house.signal.restart().await.unwrap();
    assert!(house.arrives("words E").await, "{:?}", house.texts());
    let inbox = house.signal.inbox();
    for letter in ["A", "B", "C", "D"] {
        let message = inbox.iter().find(|message| message.text.ends_with(&format!("words {letter}"))).unwrap();
        assert!(message.files.is_empty() && message.text.contains("did not come whole"), "{}", message.text);
    }
    let last = inbox.last().unwrap();
    assert_eq!((last.text.as_str(), last.files[0].bytes.len()), ("words E", 9));
    nothing_is_left(&house, &bridge).await;
    bridge.stop().await;
}
