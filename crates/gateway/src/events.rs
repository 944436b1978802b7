//! Reads a stream of server-sent events as it passes, without holding it up: whether it makes progress, and whether it
//! came to its end. Entry point: [`Events::read`]. The format is that of the HTML standard, section 9.2.

use memchr::memchr2;

/// How much of a line is remembered: enough to tell `data: [DONE]` from everything else.
const REMEMBERED: usize = 12;

/// What ends the streams of the OpenAI API, with and without the space that the format leaves open.
const DONE: [&[u8]; 2] = [b"data: [DONE]", b"data:[DONE]"];

/// What has passed of a stream.
#[derive(Debug, Default)]
pub(crate) struct Events {
    /// The beginning of the line that is passing.
    line: [u8; REMEMBERED],
    length: usize,
    /// The last byte was a carriage return: a line feed that follows belongs to it.
    after_return: bool,
    /// Lines of an event have passed, but not the empty line behind it.
    is_open: bool,
    is_done: bool,
}

impl Events {
    /// Reads the next piece of the stream. Answers whether it held any part of an event, as opposed to comments, which
    /// servers send to keep a connection open while nothing happens.
    pub(crate) fn read(&mut self, piece: &[u8]) -> bool {
        let mut progress = false;
        let mut rest = piece;
        if self.after_return && rest.first() == Some(&b'\n') {
            rest = &rest[1..];
        }
        self.after_return = false;
        while let Some(end) = memchr2(b'\n', b'\r', rest) {
            self.remember(&rest[..end]);
            progress |= self.is_event_line();
            self.end_line();
            let is_return = rest[end] == b'\r';
            rest = &rest[end + 1..];
            match rest.first() {
                Some(b'\n') if is_return => rest = &rest[1..],
                None => self.after_return = is_return,
                _ => {}
            }
        }
        self.remember(rest);
        progress | self.is_event_line()
    }

    /// Whether the end that the protocol announces has passed.
    pub(crate) const fn is_done(&self) -> bool {
        self.is_done
    }

    /// Whether an event is passing that has not come to its end.
    pub(crate) const fn is_within_event(&self) -> bool {
        self.is_open || self.length > 0
    }

    fn remember(&mut self, part: &[u8]) {
        let room = part.len().min(REMEMBERED - self.length);
        self.line[self.length..self.length + room].copy_from_slice(&part[..room]);
        self.length += room;
    }

    /// Whether the line, as far as it has passed, is part of an event: neither empty nor a comment.
    fn is_event_line(&self) -> bool {
        self.length > 0 && self.line[0] != b':'
    }

    fn end_line(&mut self) {
        let line = &self.line[..self.length];
        self.is_done |= DONE.iter().any(|done| line.starts_with(done));
        self.is_open = match line.first() {
            None => false,
            Some(b':') => self.is_open,
            Some(_) => true,
        };
        self.length = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn after(pieces: &[&str]) -> Events {
        let mut events = Events::default();
        for piece in pieces {
            events.read(piece.as_bytes());
        }
        events
    }

    #[test]
    fn comments_are_no_progress() {
        let check = |piece: &str, progress: bool| {
            assert_eq!(Events::default().read(piece.as_bytes()), progress, "{piece:?}");
        };
        check("data: {}\n\n", true);
        check("event: ping\n\n", true);
        check(": keep-alive\n\n", false);
        check("\n\r\n", false);
        check(": keep-alive\n\ndata: {}", true);
        check("da", true);
    }

    #[test]
    fn a_comment_in_pieces_is_no_progress() {
        let mut events = Events::default();
        assert!(!events.read(b": keep"));
        assert!(!events.read(b"-alive: data\n"));
        assert!(events.read(b"data: x"));
    }

    #[test]
    fn the_end_is_seen_in_every_form() {
        let check = |pieces: &[&str], done: bool| assert_eq!(after(pieces).is_done(), done, "{pieces:?}");
        check(&["data: {}\n\ndata: [DONE]\n\n"], true);
        check(&["data: {}\r\n\r\ndata:[DONE]\r\n\r\n"], true);
        check(&["data: [DO", "NE]", "\n"], true);
        check(&["data: [DONE]"], false);
        check(&["data: {\"text\":\"data: [DONE]\"}\n\n"], false);
        check(&[": data: [DONE]\n\n"], false);
    }

    #[test]
    fn an_event_is_open_until_its_empty_line() {
        let check =
            |pieces: &[&str], open: bool| assert_eq!(after(pieces).is_within_event(), open, "{pieces:?}");
        check(&[], false);
        check(&["data: {}"], true);
        check(&["data: {}\n"], true);
        check(&["data: {}\n\n"], false);
        check(&["data: {}\r", "\n"], true);
        check(&["data: {}\r\n", "\r\n"], false);
        check(&["data: {}\n\n: comment\n"], false);
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_a_stream_is_cut(stream in "(data: a|: b|\n|\r\n|\r|data: \\[DONE\\]){0,12}", cut in 0usize..60) {
            let cut = cut.min(stream.len());
            let (whole, parts) = (after(&[&stream]), after(&[&stream[..cut], &stream[cut..]]));
            prop_assert_eq!(whole.is_done(), parts.is_done());
            prop_assert_eq!(whole.is_within_event(), parts.is_within_event());
        }
    }
}
