//! A frame as a line of the stream. Entry points: [`write()`] and [`read`].
//!
//! Before the frame stands the digest of its text, for gateways that check it: a bit that was flipped on the way can make
//! another address of an address and another share of a share, and what a network promises is too little for that.

use super::Frame;
use sha2::{Digest, Sha256};

/// What a digest begins with.
const MARK: &[u8] = b"sha256:";
/// How much of a digest is written, in bytes: it guards against accidents, not against people.
const LENGTH: usize = 16;

/// Whether lines carry digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// They do.
    Digest,
    /// They do not: the gateway does not know them.
    Nothing,
}

/// Why a line cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// It is not what was sent.
    #[error("it was changed on the way")]
    Changed,
    /// It is no frame.
    #[error("it is no frame: {0}")]
    Shape(#[from] serde_json::Error),
}

/// A frame as a line, its end included. Every frame can be written.
pub fn write(frame: &Frame, check: Check) -> Vec<u8> {
    let text = serde_json::to_vec(frame).unwrap_or_default();
    let mut line = match check {
        Check::Digest => [MARK, digest(&text).as_bytes(), b" "].concat(),
        Check::Nothing => Vec::new(),
    };
    line.extend(text);
    line.push(b'\n');
    line
}

/// The frame of a line without its end.
///
/// # Errors
/// It was changed on the way, or is no frame.
pub fn read(line: &[u8]) -> Result<Frame, Unreadable> {
    let Some(rest) = line.strip_prefix(MARK) else { return Ok(serde_json::from_slice(line)?) };
    let (given, text) = rest.split_at_checked(2 * LENGTH).ok_or(Unreadable::Changed)?;
    let text = text.strip_prefix(b" ").ok_or(Unreadable::Changed)?;
    if given != digest(text).as_bytes() {
        return Err(Unreadable::Changed);
    }
    Ok(serde_json::from_slice(text)?)
}

pub(super) fn digest(text: &[u8]) -> String {
    Sha256::digest(text).iter().take(LENGTH).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(frame: &Frame, check: Check) -> Vec<u8> {
        let mut line = write(frame, check);
        assert_eq!(line.pop(), Some(b'\n'));
        line
    }

    #[test]
    fn lines_are_read_with_a_digest_and_without() {
        for frame in [Frame::Beat, Frame::Superseded] {
            for check in [Check::Digest, Check::Nothing] {
                assert_eq!(read(&line(&frame, check)).unwrap(), frame);
            }
        }
        assert_eq!(line(&Frame::Beat, Check::Nothing), b"\"beat\"", "as gateways of before read it");
    }

    #[test]
    fn no_flipped_bit_is_read() {
        let sound = line(&Frame::Beat, Check::Digest);
        for place in 0..sound.len() * 8 {
            let mut flipped = sound.clone();
            flipped[place / 8] ^= 1 << (place % 8);
            assert!(read(&flipped).is_err(), "{}", String::from_utf8_lossy(&flipped));
        }
        for length in 0..sound.len() {
            assert!(read(&sound[..length]).is_err(), "{length}");
        }
    }
}
