//! The data of server-sent events, line by line: [`Lines::read`]. Chat completions have one line of data an event.

use memchr::memchr2;

/// The longest line that is read; a piece of an answer has a few hundred bytes.
const LONGEST: usize = 256 << 10;

/// What ends a stream of the OpenAI API.
const DONE: &[u8] = b"[DONE]";

/// The beginning of a line that has not come to its end.
#[derive(Default)]
pub(super) struct Lines {
    open: Vec<u8>,
}

impl Lines {
    /// Hands on the data of each line that comes to its end in this piece; whether all of it could be read.
    pub(super) fn read(&mut self, piece: &[u8], mut take: impl FnMut(&[u8]) -> bool) -> bool {
        let mut rest = piece;
        while let Some(end) = memchr2(b'\n', b'\r', rest) {
            let is_read = if self.open.is_empty() {
                data_of(&rest[..end]).is_none_or(&mut take)
            } else {
                self.open.extend_from_slice(&rest[..end]);
                let is_read = data_of(&self.open).is_none_or(&mut take);
                self.open.clear();
                is_read
            };
            if !is_read {
                return false;
            }
            rest = &rest[end + 1..];
        }
        self.open.extend_from_slice(rest);
        self.open.len() <= LONGEST
    }

    /// How many bytes are kept.
    pub(super) const fn held(&self) -> usize {
        self.open.len()
    }
}

/// The data of a line; nothing for comments, other fields and the end of the stream.
fn data_of(line: &[u8]) -> Option<&[u8]> {
    let data = line.strip_prefix(b"data:")?.trim_ascii();
    (data != DONE && !data.is_empty()).then_some(data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(pieces: &[&[u8]]) -> Vec<String> {
        let (mut lines, mut all) = (Lines::default(), Vec::new());
        for piece in pieces {
            let is_read = lines.read(piece, |data| {
                all.push(String::from_utf8_lossy(data).into_owned());
                true
            });
            assert!(is_read, "{pieces:?}");
        }
        all
    }

    #[test]
    fn only_data_is_handed_on() {
        let stream = b": hello\r\nevent: x\r\ndata: {\"a\":1}\r\n\r\ndata:{\"b\":2}\n\ndata: [DONE]\n\n";
        assert_eq!(read(&[stream]), ["{\"a\":1}", "{\"b\":2}"]);
    }

    #[test]
    fn a_line_without_an_end_is_not_kept_for_ever() {
        let mut lines = Lines::default();
        assert!(lines.read(&[b'x'; LONGEST], |_| true));
        assert!(!lines.read(b"x", |_| true));
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_a_stream_is_cut(stream in "(data: ab?|: c|\n|\r\n|\r){0,12}", cut in 0usize..60) {
            let cut = cut.min(stream.len());
            let bytes = stream.as_bytes();
            prop_assert_eq!(read(&[bytes]), read(&[&bytes[..cut], &bytes[cut..]]));
        }
    }
}
