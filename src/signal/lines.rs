//! Lines of bounded length from a stream of any length.

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};

/// The longest line that is taken, in bytes without its end. Lists of groups and contacts can be long.
pub(super) const LONGEST: u64 = 16 * 1024 * 1024;

/// How much of a line that is too long is held at a time while it is skipped.
const SKIP_STEP: u64 = 64 * 1024;

/// What stood next in the stream.
pub(super) enum Next {
    /// A line without its end.
    Line(Vec<u8>),
    /// A line that was too long; it is skipped, and the stream stands at the next.
    TooLong,
    /// The stream is over.
    End,
}

/// Splits a stream into lines.
pub(super) struct Lines<R> {
    reader: BufReader<R>,
    longest: u64,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    /// Reads from `reader`, with [`LONGEST`] as the limit.
    pub(super) fn new(reader: R) -> Self {
        Self::with_limit(reader, LONGEST)
    }

    fn with_limit(reader: R, longest: u64) -> Self {
        Self { reader: BufReader::new(reader), longest }
    }

    /// The next line. What stands after the last line end counts as a line: a peer may end without one.
    ///
    /// Not cancel safe: what was read of a line is lost with the future.
    pub(super) async fn next(&mut self) -> std::io::Result<Next> {
        let mut line = Vec::new();
        let with_end = self.longest.saturating_add(1);
        let length = (&mut self.reader).take(with_end).read_until(b'\n', &mut line).await?;
        if length == 0 {
            return Ok(Next::End);
        }
        if strip_end(&mut line) || u64::try_from(length).is_ok_and(|length| length <= self.longest) {
            return Ok(Next::Line(line));
        }
        // Given back before the rest is skipped.
        drop(line);
        self.skip().await
    }

    async fn skip(&mut self) -> std::io::Result<Next> {
        let mut part = Vec::new();
        loop {
            part.clear();
            let length = (&mut self.reader).take(SKIP_STEP).read_until(b'\n', &mut part).await?;
            if length == 0 || part.ends_with(b"\n") {
                return Ok(Next::TooLong);
            }
        }
    }
}

fn strip_end(line: &mut Vec<u8>) -> bool {
    let ended = line.pop_if(|byte| *byte == b'\n').is_some();
    if ended {
        line.pop_if(|byte| *byte == b'\r');
    }
    ended
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(bytes: &[u8]) -> Vec<String> {
        let mut lines = Lines::with_limit(bytes, 5);
        let mut found = Vec::new();
        loop {
            match lines.next().await.unwrap() {
                Next::Line(line) => found.push(String::from_utf8(line).unwrap()),
                Next::TooLong => found.push("(too long)".to_owned()),
                Next::End => return found,
            }
        }
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_is_skipped_and_the_next_is_read() {
        let long = [&b"12345\n"[..], &vec![b'x'; 200_000], b"\nnext\r\n\n123456\nend"].concat();
        assert_eq!(all(&long).await, ["12345", "(too long)", "next", "", "(too long)", "end"]);
        assert_eq!(all(b"123456").await, ["(too long)"]);
        assert_eq!(all(b"").await, [""; 0]);
    }
}
