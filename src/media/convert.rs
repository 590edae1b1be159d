//! Makes files such as the other side's apps show them, by ffmpeg or by this program once more: a process for each, which reads
//! what it is given, writes what it makes of it, and reaches nothing else (`rialto confine`, `rialto animate`). What comes from
//! strangers is parsed there, not here.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::MediaError;
use super::folder::Sealed;
use super::incoming::{Incoming, Taken};
use crate::event::{MediaFailure, MediaKind};
use crate::vault::PIECE;

/// How long it may take, by the machine's clock: an hour of speech takes seconds.
const LIMIT: Duration = Duration::from_mins(2);

/// What is made of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipe {
    /// A voice message of WhatsApp, which is Opus in Ogg, becomes AAC, as Signal's apps record it: those of iPhones play
    /// nothing else.
    VoiceToSignal,
    /// A sticker of WhatsApp that moves, which is WebP, becomes a GIF: it would stand still on Android.
    MovingToSignal,
    /// The same the other way, where WAHA makes a film of it.
    MovingToWhatsApp,
    /// A picture in WebP, which WhatsApp shows as stickers only, becomes JPEG, on white.
    WebpToWhatsApp,
    /// The same of one in PNG, which in WhatsApp would be black where it is clear. Of one that moves it is the first picture.
    PngToWhatsApp,
    /// The same of a GIF that stands still. One that moves is made a film by WAHA.
    GifToWhatsApp,
}

impl Recipe {
    /// What is to be made of a file before it goes to Signal.
    #[must_use]
    pub fn to_signal(file: &Taken) -> Option<Self> {
        match (file.kind, file.mimetype.as_str()) {
            (MediaKind::VoiceMessage, "audio/ogg") => Some(Self::VoiceToSignal),
            (MediaKind::Sticker | MediaKind::Picture, "image/webp") if file.moves => Some(Self::MovingToSignal),
            _ => None,
        }
    }

    /// What is to be made of a file before it goes to WhatsApp.
    #[must_use]
    pub fn to_whatsapp(file: &Taken) -> Option<Self> {
        match (file.kind, file.mimetype.as_str()) {
            (MediaKind::Sticker | MediaKind::Picture, "image/webp") if file.moves => Some(Self::MovingToWhatsApp),
            (MediaKind::Sticker | MediaKind::Picture, "image/webp") => Some(Self::WebpToWhatsApp),
            (MediaKind::Sticker | MediaKind::Picture, "image/png") => Some(Self::PngToWhatsApp),
            (MediaKind::Sticker | MediaKind::Picture, "image/gif") => Some(Self::GifToWhatsApp),
            _ => None,
        }
    }

    /// What its result is.
    #[must_use]
    pub fn makes(self) -> MediaKind {
        match self {
            Self::VoiceToSignal => MediaKind::VoiceMessage,
            Self::MovingToSignal => MediaKind::Sticker,
            Self::MovingToWhatsApp => MediaKind::Gif,
            Self::WebpToWhatsApp | Self::PngToWhatsApp | Self::GifToWhatsApp => MediaKind::Picture,
        }
    }

    /// As what a file goes of which nothing could be made.
    #[must_use]
    pub fn otherwise(self) -> MediaKind {
        match self {
            // It is seen all the same, and stands still.
            Self::MovingToSignal => MediaKind::Sticker,
            _ => MediaKind::Document,
        }
    }

    /// What ffmpeg is told, if this is made by it. It is told what the input is, as the first bytes said, and guesses nothing;
    /// it knows no other way to data than its own input and output; and what else the input says of itself goes no further.
    fn arguments(self) -> Option<[&'static str; 3]> {
        let (input, output) = match self {
            Self::MovingToSignal | Self::MovingToWhatsApp => return None,
            Self::VoiceToSignal => ("ogg", AAC),
            Self::WebpToWhatsApp => ("webp_pipe", JPEG),
            Self::PngToWhatsApp => ("png_pipe", JPEG),
            Self::GifToWhatsApp => ("gif", JPEG),
        };
        Some([INPUT, input, output])
    }
}

const INPUT: &str = "-hide_banner -loglevel quiet -protocol_whitelist pipe -threads 1 -f";

const AAC: &str =
    "-i pipe:0 -map 0:a:0 -map_metadata -1 -map_chapters -1 -c:a aac -b:a 64k -ac 1 -threads 1 -f adts pipe:1";

/// A picture over itself in white.
const JPEG: &str = "-i pipe:0 -filter_threads 1 -filter_complex_threads 1 -filter_complex \
    format=rgba,split[a][b];[a]lutrgb=r=255:g=255:b=255:a=255[white];[white][b]overlay,format=yuvj420p \
    -frames:v 1 -map_metadata -1 -c:v mjpeg -q:v 3 -threads 1 -f image2pipe pipe:1";

/// Where what converts is. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Converter {
    rialto: PathBuf,
    ffmpeg: Option<PathBuf>,
}

impl Converter {
    /// With this ffmpeg, if there is one, locked in by the program that runs: also when its file was replaced by a newer one.
    #[must_use]
    pub fn new(ffmpeg: Option<PathBuf>) -> Self {
        Self { rialto: "/proc/self/exe".into(), ffmpeg }
    }

    /// Whether there is what it takes.
    #[must_use]
    pub fn can(&self, recipe: Recipe) -> bool {
        self.ffmpeg.is_some() || recipe.arguments().is_none()
    }

    /// Gives the process what `source` holds, and takes in what it makes of it.
    ///
    /// # Errors
    ///
    /// [`MediaFailure::Broken`] if nothing can be made of it, or not in time; and those of [`Sealed::next`] and
    /// [`Incoming::take`].
    pub async fn convert(&self, recipe: Recipe, source: Sealed, mut into: Incoming) -> Result<Incoming, MediaError> {
        let working = async {
            let (mut child, input, output) = self.start(recipe)?;
            tokio::try_join!(feed(input, source), drain(output, &mut into))?;
            if child.wait().await?.success() { Ok(()) } else { Err(MediaError::Failed(MediaFailure::Broken)) }
        };
        // Whatever ends this early ends the process too.
        let done = tokio::time::timeout(LIMIT, working).await;
        done.unwrap_or(Err(MediaError::Failed(MediaFailure::Broken)))?;
        Ok(into)
    }

    fn start(&self, recipe: Recipe) -> std::io::Result<(Child, ChildStdin, ChildStdout)> {
        let mut command = Command::new(&self.rialto);
        match (recipe.arguments(), &self.ffmpeg) {
            (None, _) => command.arg("animate"),
            (Some(words), Some(ffmpeg)) => {
                command.arg("confine").arg(ffmpeg).args(words.iter().flat_map(|words| words.split_whitespace()))
            }
            (Some(_), None) => return Err(std::io::ErrorKind::NotFound.into()),
        };
        command.env_clear().current_dir("/").kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (input, output) = pipes.ok_or(std::io::ErrorKind::BrokenPipe)?;
        Ok((child, input, output))
    }
}

/// What the process does not want to read any more it does not get: its exit status says whether that was well.
async fn feed(mut input: ChildStdin, mut source: Sealed) -> Result<(), MediaError> {
    while let Some(piece) = source.next().await? {
        match input.write_all(&piece).await {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
            written => written?,
        }
    }
    Ok(input.shutdown().await?)
}

async fn drain(mut output: ChildStdout, into: &mut Incoming) -> Result<(), MediaError> {
    let mut piece = zeroize::Zeroizing::new(vec![0; PIECE]);
    loop {
        let count = output.read(&mut piece).await?;
        match piece.get(..count) {
            Some(bytes) if count > 0 => into.take(bytes).await?,
            _ => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::config::Config;
    use crate::event::MediaRef;
    use crate::media::Folder;

    const ROW: &[u8] = b"a row";
    const NAME: &str = "0123456789abcdef0123456789abcdef";
    const AAC: &[u8] = b"\xff\xf1\x50\x80";

    /// A script in the place of the program that locks ffmpeg in.
    fn converter(dir: &std::path::Path, script: &str) -> Converter {
        let rialto = dir.join("rialto");
        std::fs::write(&rialto, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&rialto, std::fs::Permissions::from_mode(0o700)).unwrap();
        Converter { rialto, ffmpeg: Some("/ffmpeg".into()) }
    }

    /// What becomes of a voice message of so many bytes, where the script is ffmpeg.
    async fn becomes(script: &str, size: usize) -> Result<Taken, MediaError> {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(&dir.path().join("media")).unwrap();
        let smallest = include_str!("../../tests/samples/smallest.toml");
        let mut media = Config::from_toml(smallest).unwrap().media;
        media.free_space = 0;
        let described = MediaRef { kind: MediaKind::VoiceMessage, name: None, size: None, place: None, once: false };
        let mut voice = Incoming::begin(&folder, &media, (NAME, ROW), &described).await.unwrap();
        voice.take(&[b"OggS\0\x02\0\0".as_slice(), &vec![0; size]].concat()).await.unwrap();
        let voice = voice.finish(&described).await.unwrap();
        assert_eq!(Recipe::to_signal(&voice), Some(Recipe::VoiceToSignal));
        let source = folder.read(NAME, &voice.key, ROW).await.unwrap();
        media.limits.audio = 1 << 20;
        let into = Incoming::begin(&folder, &media, (NAME, ROW), &described).await.unwrap();
        let converted = converter(dir.path(), script).convert(Recipe::VoiceToSignal, source, into).await;
        let stays = folder.read(NAME, &voice.key, ROW).await.unwrap().next().await.is_ok();
        assert!(stays, "until the other is whole");
        let taken = converted?.finish(&described).await?;
        assert!(folder.read(NAME, &taken.key, ROW).await.unwrap().next().await.unwrap().unwrap().starts_with(AAC));
        Ok(taken)
    }

    #[tokio::test]
    async fn what_comes_out_is_taken_in_under_a_key_of_its_own() {
        let script = "test -z \"$HOME\" && test \"$1 $2\" = 'confine /ffmpeg' && printf '\\377\\361\\120\\200' && cat";
        let taken = becomes(script, 300_000).await.unwrap();
        assert_eq!((taken.kind, taken.mimetype.as_str(), taken.size), (MediaKind::VoiceMessage, "audio/aac", 300_012));
        assert_eq!(taken.name.reveal(), "voice message.aac");
    }

    #[tokio::test]
    async fn one_that_fails_says_nothing_ends_early_or_has_no_end_makes_nothing() {
        let broken = Err(MediaError::Failed(MediaFailure::Broken));
        for script in ["cat > /dev/null; exit 1", "cat > /dev/null", "exit 1", "printf 'half'; kill -9 $$"] {
            assert_eq!(becomes(script, 300_000).await.map(drop), broken, "{script}");
        }
        let endless = becomes("while :; do printf '\\377\\361\\120\\200%01000d' 0; done", 300_000).await;
        assert_eq!(endless.map(drop), Err(MediaError::Failed(MediaFailure::TooLarge)));
    }

    #[test]
    fn ffmpeg_is_told_what_comes_and_where_it_may_look() {
        for (recipe, input) in [
            (Recipe::VoiceToSignal, "ogg"),
            (Recipe::WebpToWhatsApp, "webp_pipe"),
            (Recipe::PngToWhatsApp, "png_pipe"),
            (Recipe::GifToWhatsApp, "gif"),
        ] {
            let arguments = recipe.arguments().unwrap().join(" ");
            assert!(
                arguments.contains("-protocol_whitelist pipe ")
                    && arguments.contains(&format!(" -f {input} -i pipe:0 "))
            );
            assert!(arguments.matches("pipe:").count() == 2 && arguments.ends_with("pipe:1"));
        }
    }
}
