//! Voice messages become such as every Signal app plays, where there is an ffmpeg: the one that `RIALTO_FFMPEG` names, or
//! Debian's.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use simulator::signal_cli::InboxMessage;
use simulator::waha::Other;

use crate::house::{ALICE, House, Process, SOON};

/// Nothing is tested without one, and that is said.
pub(crate) fn ffmpeg() -> Option<PathBuf> {
    let named = std::env::var_os("RIALTO_FFMPEG").map_or_else(|| "/usr/bin/ffmpeg".into(), PathBuf::from);
    let found = Some(named).filter(|path| path.is_file());
    if found.is_none() {
        println!("skipped: there is no ffmpeg, and RIALTO_FFMPEG names none");
    }
    found
}

/// Ten seconds of a tone, as WhatsApp's apps record it.
fn opus(ffmpeg: &Path) -> Vec<u8> {
    let voice =
        made(ffmpeg, "-f lavfi -i sine=frequency=440:duration=10 -c:a libopus -ac 1 -b:a 16k -f ogg pipe:1", b"");
    assert!(voice.starts_with(b"OggS"));
    voice
}

/// What ffmpeg makes of something.
pub(crate) fn made(ffmpeg: &Path, arguments: &str, input: &[u8]) -> Vec<u8> {
    let mut command = Command::new(ffmpeg);
    command.args(["-loglevel", "error"]).args(arguments.split(' '));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    // Less than a pipe holds.
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    output.stdout
}

/// A bridge that has this ffmpeg, as the image sets it.
pub(crate) async fn with_ffmpeg(house: &House, ffmpeg: &Path) -> Process {
    let setting = format!("export RIALTO_MEDIA__FFMPEG={};", ffmpeg.display());
    Process::under(house, "info", setting.leak()).await.0
}

/// How many frames of AAC these are, each of 1024 samples; each says where the next begins (ISO/IEC 14496-3, 1.A.2.2).
fn frames(bytes: &[u8]) -> usize {
    let (mut at, mut count) = (0, 0);
    while at < bytes.len() {
        assert!(bytes[at] == 0xff && bytes[at + 1] & 0xf6 == 0xf0, "a frame begins at {at}");
        let [a, b, c] = [bytes[at + 3], bytes[at + 4], bytes[at + 5]].map(usize::from);
        at += (a & 3) << 11 | b << 3 | c >> 5;
        count += 1;
    }
    assert_eq!(at, bytes.len(), "the last is whole");
    count
}

async fn arrives(house: &House, count: usize) -> InboxMessage {
    let came = house.signal.wait_until(SOON, |signal| signal.inbox().len() == count).await;
    assert!(came, "{:?}", house.texts());
    house.signal.inbox().remove(count - 1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_voice_message_is_one_that_every_signal_app_plays() {
    let Some(ffmpeg) = ffmpeg() else { return };
    let house = House::new().await;
    let mut process = with_ffmpeg(&house, &ffmpeg).await;
    let voice = opus(&ffmpeg);
    house.waha.sends_file(ALICE, None, Other::Voice, &voice);
    let message = arrives(&house, 1).await;
    let file = &message.files[0];
    assert_eq!((file.name.as_str(), &message.params["voiceNote"]), ("voice message.aac", &true.into()));
    // At 48 kHz; an encoder may add a frame or two at either end.
    let whole = frames(&file.bytes);
    assert!((10 * 48_000 / 1024..10 * 48_000 / 1024 + 5).contains(&whole), "{whole}");

    // What only begins like one goes as it came, as a document.
    let broken = [&voice[..40], b"nothing that could be heard"].concat();
    house.waha.sends_file(ALICE, None, Other::Voice, &broken);
    let message = arrives(&house, 2).await;
    let file = &message.files[0];
    assert_eq!((file.name.as_str(), file.bytes.as_slice()), ("voice message.ogg", broken.as_slice()));
    assert_eq!(message.params.get("voiceNote"), None);
    house.waha.says(ALICE, "and on it goes");
    assert_eq!(arrives(&house, 3).await.text, "and on it goes");
    process.terminate();
}
