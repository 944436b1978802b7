//! Cuts HTTP/1.1 messages into pieces: the head, and each chunk or the whole of the body. Entry points:
//! [`Pieces::cut`] and [`Pieces::uncut`].

const HEAD_END: &[u8] = b"\r\n\r\n";
const LINE_END: &[u8] = b"\r\n";

/// A longer head belongs to no message that tests send: what passes is not HTTP.
const LONGEST_HEAD: usize = 64 * 1024;

/// Bytes of messages, one after the other.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    /// Of the piece that has not arrived in full.
    waiting: Vec<u8>,
    /// How many of these have been passed on.
    passed: usize,
    expected: Expected,
}

/// What comes next.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Expected {
    #[default]
    Head,
    Chunk,
    Body(usize),
    /// Anything: it is not cut.
    Unknown,
}

impl Pieces {
    /// What is passed on as it came when these bytes arrive: pieces are only kept count of.
    pub(super) fn uncut(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.add(bytes);
        let mut passing = Vec::new();
        while let Some((piece, passed)) = self.next() {
            passing.extend_from_slice(&piece[passed..]);
        }
        passing.extend_from_slice(&self.waiting[self.passed..]);
        self.passed = self.waiting.len();
        if self.expected == Expected::Head && self.waiting.len() > LONGEST_HEAD {
            self.expected = Expected::Unknown;
        }
        if self.expected == Expected::Unknown {
            (self.waiting, self.passed) = (Vec::new(), 0);
        }
        passing
    }

    /// What is passed on when these bytes arrive and somebody tampers with each piece that is whole.
    pub(super) fn cut(
        &mut self,
        bytes: &[u8],
        mut tamper: impl FnMut(Vec<u8>) -> Vec<Vec<u8>>,
    ) -> Vec<Vec<u8>> {
        self.add(bytes);
        let mut passing = Vec::new();
        while let Some((piece, passed)) = self.next() {
            match passed {
                0 => passing.extend(tamper(piece)),
                // Its beginning has gone.
                passed => passing.push(piece[passed..].to_vec()),
            }
        }
        passing
    }

    fn add(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    /// The next piece that has arrived in full, and how much of it has been passed on.
    fn next(&mut self) -> Option<(Vec<u8>, usize)> {
        let (length, expected) = match self.expected {
            Expected::Head => {
                let length = find(&self.waiting, HEAD_END)? + HEAD_END.len();
                (length, after_head(&self.waiting[..length]))
            }
            Expected::Chunk => {
                let line = find(&self.waiting, LINE_END)?;
                let size = std::str::from_utf8(&self.waiting[..line]).ok()?;
                let size = usize::from_str_radix(size.trim(), 16).ok()?;
                let expected = if size == 0 { Expected::Head } else { Expected::Chunk };
                (line + LINE_END.len() + size + LINE_END.len(), expected)
            }
            Expected::Body(length) => (length, Expected::Head),
            Expected::Unknown => return None,
        };
        if self.waiting.len() < length {
            return None;
        }
        self.expected = expected;
        Some((self.waiting.drain(..length).collect(), std::mem::take(&mut self.passed)))
    }
}

fn after_head(head: &[u8]) -> Expected {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let value = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    if value("transfer-encoding:") == Some("chunked") {
        return Expected::Chunk;
    }
    match value("content-length:").and_then(|length| length.parse().ok()) {
        Some(length) if length > 0 => Expected::Body(length),
        _ => Expected::Head,
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
