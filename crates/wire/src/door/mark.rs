//! How a gateway marks what it brings, so that the controller notices when it was changed on the way. Entry points:
//! [`content_type`] and [`check`].
//!
//! The mark is part of the content type and no header of its own: a gateway of before says plainly that it brings JSON, one
//! flipped bit does not make that of a type with a mark, and a header that is damaged beyond recognition is one that is
//! missing.

use super::line::digest;

/// What everything is that is brought.
const JSON: &str = "application/json";
/// What stands between that and the digest.
const MARK: &str = "; sha256=";

/// It is not what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it was changed on the way, or does not say what it is")]
pub struct Changed;

/// The content type of a text, its digest in it.
pub fn content_type(text: &[u8]) -> String {
    format!("{JSON}{MARK}{}", digest(text))
}

/// Whether a text is what came with this content type; of a gateway of before that is taken for granted.
///
/// # Errors
/// It is not.
pub fn check(content_type: Option<&[u8]>, text: &[u8]) -> Result<(), Changed> {
    let mark = content_type.and_then(|given| given.strip_prefix(JSON.as_bytes())).ok_or(Changed)?;
    let is_sound = match mark.strip_prefix(MARK.as_bytes()) {
        Some(given) => given == digest(text).as_bytes(),
        None => mark.is_empty(),
    };
    if is_sound { Ok(()) } else { Err(Changed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = br#"{"durable":17}"#;

    #[test]
    fn texts_are_taken_with_their_mark_and_from_gateways_of_before_without() {
        assert_eq!(check(Some(content_type(TEXT).as_bytes()), TEXT), Ok(()));
        assert_eq!(check(Some(b"application/json"), TEXT), Ok(()));
        for given in [None, Some(""), Some("application/json; charset=utf-8"), Some("text/plain")] {
            assert_eq!(check(given.map(str::as_bytes), TEXT), Err(Changed), "{given:?}");
        }
    }

    #[test]
    fn no_flipped_bit_and_no_missing_end_is_taken() {
        let given = content_type(TEXT).into_bytes();
        let flipped = |text: &[u8], place: usize| {
            let mut flipped = text.to_vec();
            flipped[place / 8] ^= 1 << (place % 8);
            flipped
        };
        for place in 0..TEXT.len() * 8 {
            assert_eq!(check(Some(&given), &flipped(TEXT, place)), Err(Changed), "bit {place} of the text");
        }
        for place in 0..given.len() * 8 {
            assert_eq!(check(Some(&flipped(&given, place)), TEXT), Err(Changed), "bit {place} of the type");
        }
        for length in 0..TEXT.len() {
            assert_eq!(check(Some(&given), &TEXT[..length]), Err(Changed), "{length} bytes");
        }
    }
}
