//! A picture in WebP that moves becomes a GIF. Signal's app for Android shows of the one the first picture only, and plays the
//! other (<https://github.com/signalapp/Signal-Android/issues/14198>); ffmpeg reads none that moves. Pure, and for a process that is
//! locked in: what comes from strangers is parsed here.

use std::io::{Cursor, Write};

use gif::{DisposalMethod, Encoder, EncodingError, Frame, Repeat};
use image_webp::{DecodingError, WebPDecoder};

/// Of a picture's 256 colours: 1 takes longest, 30 looks worst.
const HASTE: i32 = 10;

/// The most bytes that one picture may take, and what decoding may by its own account: a few bytes can claim to be more.
const MEMORY: usize = 128 << 20;

/// The shortest time that a picture is shown, in hundredths of a second: shorter ones are taken for none by those who show them.
const SHORTEST: u64 = 2;

/// Why it becomes none. Neither says what is in it.
#[derive(Debug, thiserror::Error)]
pub enum Unmoved {
    /// It cannot be read, or stands still.
    #[error("this is no WebP that moves")]
    Unread,
    /// It cannot be written: too wide, or whoever takes it is gone.
    #[error("a GIF cannot be written of it")]
    Unwritten,
}

impl From<DecodingError> for Unmoved {
    fn from(_: DecodingError) -> Self {
        Self::Unread
    }
}

impl From<EncodingError> for Unmoved {
    fn from(_: EncodingError) -> Self {
        Self::Unwritten
    }
}

/// Writes the GIF picture by picture. It begins again for ever, as stickers do.
///
/// # Errors
///
/// See [`Unmoved`].
pub fn gif_of_webp(webp: &[u8], into: impl Write) -> Result<(), Unmoved> {
    let mut webp = WebPDecoder::new(Cursor::new(webp))?;
    webp.set_memory_limit(MEMORY);
    let (width, height) = sides(&webp)?;
    let size = webp.output_buffer_size().filter(|size| *size <= MEMORY).ok_or(Unmoved::Unread)?;
    let clear = webp.has_alpha();
    let mut gif = Encoder::new(into, width, height, &[])?;
    gif.set_repeat(Repeat::Infinite)?;
    let (mut pixels, mut time) = (vec![0; size], Time::default());
    for _ in 0..webp.num_frames() {
        let shown = webp.read_frame(&mut pixels)?;
        let picture = if clear { on_or_off(&pixels) } else { with_alpha(&pixels) };
        gif.write_frame(&frame(width, height, picture, clear, time.next(shown)))?;
    }
    Ok(())
}

/// A GIF has no sides above 65,535.
fn sides(webp: &WebPDecoder<Cursor<&[u8]>>) -> Result<(u16, u16), Unmoved> {
    let (width, height) = webp.dimensions();
    let side = |side: u32| u16::try_from(side).ok().filter(|side| *side > 0).ok_or(Unmoved::Unwritten);
    if webp.is_animated() { Ok((side(width)?, side(height)?)) } else { Err(Unmoved::Unread) }
}

fn frame(width: u16, height: u16, mut pixels: Vec<u8>, clear: bool, delay: u16) -> Frame<'static> {
    let mut frame = Frame::from_rgba_speed(width, height, &mut pixels, HASTE);
    // Where the next one is clear, this one shall not show.
    frame.dispose = if clear { DisposalMethod::Background } else { DisposalMethod::Keep };
    frame.delay = delay;
    frame
}

/// A pixel of a GIF is there or not: what is clear for the most part is not, and the rest is as it looks on white.
fn on_or_off(pixels: &[u8]) -> Vec<u8> {
    let white = |part: u8, alpha: u8| {
        let (part, alpha) = (u16::from(part), u16::from(alpha));
        u8::try_from((part * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
    };
    let pixel = |pixel: &[u8]| match *pixel {
        [red, green, blue, alpha] if alpha >= 128 => [white(red, alpha), white(green, alpha), white(blue, alpha), 255],
        _ => [0; 4],
    };
    pixels.chunks_exact(4).flat_map(pixel).collect()
}

fn with_alpha(pixels: &[u8]) -> Vec<u8> {
    pixels.chunks_exact(3).flat_map(|pixel| pixel.iter().copied().chain([255])).collect()
}

/// WebP counts milliseconds and GIF hundredths: what one picture loses by that, the next one gets.
#[derive(Default)]
struct Time {
    /// Until here the pictures are to be shown, in milliseconds.
    due: u64,
    /// Until here they are, in hundredths of a second.
    shown: u64,
}

impl Time {
    fn next(&mut self, milliseconds: u32) -> u16 {
        self.due += u64::from(milliseconds);
        let delay = (self.due.saturating_add(5) / 10).saturating_sub(self.shown).max(SHORTEST);
        self.shown += delay;
        u16::try_from(delay).unwrap_or(u16::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 64 pixels wide, clear around a disc that is red, then green, then blue; 250, 333 and 17 ms.
    const MOVING: &[u8] = include_bytes!("../../tests/samples/moving.webp");

    fn shown(gif: &[u8]) -> (Vec<u16>, Vec<Vec<u8>>) {
        let mut options = gif::DecodeOptions::new();
        options.set_color_output(gif::ColorOutput::RGBA);
        let mut gif = options.read_info(gif).unwrap();
        assert_eq!((gif.width(), gif.height(), gif.repeat()), (64, 64, Repeat::Infinite));
        let (mut delays, mut pictures) = (Vec::new(), Vec::new());
        while let Some(frame) = gif.read_next_frame().unwrap() {
            delays.push(frame.delay);
            pictures.push(frame.buffer.to_vec());
        }
        (delays, pictures)
    }

    #[test]
    fn it_moves_as_before_and_is_clear_where_it_was() {
        let mut gif = Vec::new();
        gif_of_webp(MOVING, &mut gif).unwrap();
        let (delays, pictures) = shown(&gif);
        assert_eq!(delays, [25, 33, 2]);
        for (strongest, picture) in pictures.iter().enumerate() {
            let centre: Vec<_> = picture[(32 * 64 + 32) * 4..][..4].to_vec();
            assert_eq!(picture[..4], [0; 4], "the corner is clear");
            assert_eq!((centre[strongest] > 200, centre[3]), (true, 255), "{centre:?}");
            assert_eq!(centre[..3].iter().filter(|part| **part > 100).count(), 1, "{centre:?}");
        }
    }

    #[test]
    fn what_stands_still_is_cut_or_is_something_else_makes_none() {
        let still = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0";
        // Its sides, less one, in 24 bits each.
        let mut bomb = MOVING.to_vec();
        bomb[24..30].copy_from_slice(&[0xff, 0x3f, 0, 0xff, 0x3f, 0]);
        for bytes in [still.as_slice(), &MOVING[..MOVING.len() / 2], &bomb, b"", b"RIFF", b"GIF89a"] {
            assert!(matches!(gif_of_webp(bytes, &mut Vec::new()), Err(Unmoved::Unread)), "{}", bytes.len());
        }
    }

    #[test]
    fn no_time_is_lost() {
        let mut time = Time::default();
        let delays: Vec<_> = [33; 30].into_iter().map(|shown| time.next(shown)).collect();
        assert_eq!(delays.iter().sum::<u16>(), 99);
        assert_eq!(Time::default().next(0), 2);
        assert_eq!(Time::default().next(u32::MAX), u16::MAX);
    }
}
