//! The owner's stickers: WhatsApp gets them as pictures.

use std::time::Duration;

use simulator::signal_cli::{InboxMessage, SignalCli};
use simulator::waha::{Other, SentFile};

use crate::files::nothing_is_left;
use crate::house::{ALICE, House, Process, SOON, clock, turn_until};
use crate::voice::{ffmpeg, made, with_ffmpeg};

const PACK: &str = "70707070707070707070707070707070";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n a sticker of its own";
const WEBP: &[u8] = b"RIFF\x20\0\0\0WEBPVP8 a sticker of its own";

async fn sent(house: &House, count: usize) -> SentFile {
    assert!(house.waha.wait_until(SOON, |waha| waha.sent_files().len() == count).await, "{:?}", house.texts());
    house.waha.sent_files().remove(count - 1)
}

fn shown(file: &SentFile) -> (&str, &str, &str) {
    (&file.call, &file.mimetype, &file.filename)
}

#[tokio::test]
async fn a_sticker_is_a_picture_and_one_that_whatsapp_does_not_show_a_document() {
    let (house, time) = (House::new().await, clock());
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "hello");
    let group = house.group_of("hello").await;
    house.signal.add_sticker(PACK, 3, PNG);
    house.signal.add_sticker(PACK, 4, WEBP);
    house.signal.owner_sends_sticker(Some(&group), PACK, 3);
    let file = sent(&house, 1).await;
    assert_eq!((shown(&file), file.bytes.as_slice()), (("sendImage", "image/png", "sticker.png"), PNG));
    // Nothing can make another of it here.
    house.signal.owner_sends_sticker(Some(&group), PACK, 4);
    let file = sent(&house, 2).await;
    assert_eq!((shown(&file), file.bytes.as_slice()), (("sendFile", "image/webp", "sticker.webp"), WEBP));

    // One that is not to be had is said, and holds up nobody for long.
    house.signal.owner_sends_sticker(Some(&group), PACK, 5);
    house.signal.owner_says(&group, "and on it goes");
    assert!(turn_until(&time, Duration::from_secs(1), || !house.waha.sent().is_empty()).await);
    assert_eq!(house.waha.sent()[0].text, "and on it goes");
    assert!(house.arrives("a sticker is not on the server any more").await, "{:?}", house.texts());
    assert_eq!(house.waha.sent_files().len(), 2);
    nothing_is_left(&house, &bridge).await;
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_moves_moves_on_the_other_side_too() {
    let moving = include_bytes!("../samples/moving.webp").as_slice();
    let house = House::new().await;
    let (mut process, _) = Process::of(&house, "info").await;
    house.waha.sends_file(ALICE, None, Other::Sticker, moving);
    assert!(house.signal.wait_until(SOON, |signal| signal.inbox().len() == 1).await);
    let message = house.signal.inbox().remove(0);
    let (group, file) = (message.group_id.unwrap(), &message.files[0]);
    assert_eq!((file.name.as_str(), &file.bytes[..6]), ("sticker.gif", b"GIF89a".as_slice()));
    // WAHA makes a film of it.
    house.signal.add_sticker(PACK, 1, moving);
    house.signal.owner_sends_sticker(Some(&group), PACK, 1);
    let sent = sent(&house, 1).await;
    assert_eq!((shown(&sent), sent.convert), (("sendVideo", "image/gif", "gif.gif"), Some(true)));
    // One that cannot be read stands still where it is shown, and is a document where it is not.
    let cut = &moving[..moving.len() / 2];
    house.waha.sends_file(ALICE, None, Other::Sticker, cut);
    assert!(house.signal.wait_until(SOON, |signal| signal.inbox().len() == 2).await);
    let file = &house.signal.inbox()[1].files[0];
    assert_eq!((file.name.as_str(), file.bytes.as_slice()), ("sticker.webp", cut));
    house.signal.add_sticker(PACK, 2, cut);
    house.signal.owner_sends_sticker(Some(&group), PACK, 2);
    let sent = crate::stickers::sent(&house, 2).await;
    assert_eq!((shown(&sent), sent.bytes.as_slice()), (("sendFile", "image/webp", "sticker.webp"), cut));
    // A bridge that dies over it makes it anew.
    house.waha.sends_file(ALICE, None, Other::Sticker, moving);
    assert!(house.waha.all_webhooks_done(SOON).await);
    process.kill();
    process.start_again();
    let moves = |message: &InboxMessage| message.files.iter().any(|file| file.bytes.starts_with(b"GIF89a"));
    let came = |signal: &SignalCli| signal.inbox().iter().skip(2).any(moves);
    assert!(house.signal.wait_until(SOON, came).await, "{:?}", house.texts());
    process.terminate();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_ffmpeg_every_sticker_is_a_picture_on_white() {
    let Some(ffmpeg) = ffmpeg() else { return };
    let house = House::new().await;
    let mut process = with_ffmpeg(&house, &ffmpeg).await;
    house.waha.says(ALICE, "hello");
    let group = house.group_of("hello").await;
    let clear = "-f lavfi -i color=red@0.0:s=32x32,format=rgba -frames:v 1";
    let webp = made(&ffmpeg, &format!("{clear} -c:v libwebp -f image2pipe pipe:1"), b"");
    let png = made(&ffmpeg, &format!("{clear} -c:v png -f image2pipe pipe:1"), b"");
    for (count, bytes) in [(1, webp), (2, png)] {
        house.signal.add_sticker(PACK, count, &bytes);
        house.signal.owner_sends_sticker(Some(&group), PACK, count);
        let file = sent(&house, usize::try_from(count).unwrap()).await;
        assert_eq!(shown(&file), ("sendImage", "image/jpeg", "picture.jpg"));
        let pixels = made(&ffmpeg, "-f jpeg_pipe -i pipe:0 -f rawvideo -pix_fmt rgb24 pipe:1", &file.bytes);
        assert_eq!((pixels.len(), pixels.iter().min()), (32 * 32 * 3, Some(&255)), "white all over");
    }
    // Pictures in these forms too, and a GIF that stands still.
    let (png, gif) =
        (clear.to_owned() + " -c:v png -f image2pipe pipe:1", clear.to_owned() + " -loop -1 -f gif pipe:1");
    let (png, gif) = (made(&ffmpeg, &png, b""), made(&ffmpeg, &gif, b""));
    let pictures = [("shot.png", "image/png", png.as_slice()), ("still.gif", "image/gif", gif.as_slice())];
    house.signal.owner_sends_files(Some(&group), "two", &pictures);
    assert_eq!(shown(&sent(&house, 4).await), ("sendImage", "image/jpeg", "still.jpg"));
    assert_eq!(shown(&house.waha.sent_files()[2]), ("sendImage", "image/jpeg", "shot.jpg"));
    // One that cannot be read goes as it came.
    house.signal.owner_sends_files(Some(&group), "look", &[("b.webp", "image/webp", WEBP)]);
    let file = sent(&house, 5).await;
    assert_eq!((shown(&file), file.bytes.as_slice()), (("sendFile", "image/webp", "b.webp"), WEBP));
    process.terminate();
}
