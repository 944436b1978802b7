//! The form in which records lie on this machine's disk: a header with version, time, length, checksum and a code that
//! only who has the key can make, then the body. Entry points: [`Seal::close`] and [`Seal::open`].
//!
//! Each record is bound to the one before it in its file, so that none can be left out, moved or put elsewhere. The
//! checksum tells an accident of the disk, the code tells everything else.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use viridian_core::time::Timestamp;

/// The first bytes of each record.
const MAGIC: [u8; 8] = *b"VIRIDIAN";
/// The version of this form. A newer one is not read.
const VERSION: u32 = 1;
/// What is covered by the code besides the body: magic, version, time, length, checksum.
const COVERED: usize = 8 + 4 + 8 + 8 + 32;
/// The length of a header in bytes.
const HEADER: usize = COVERED + 32;

/// What comes before the first record of a file.
pub(crate) const FIRST: Code = [0; 32];

/// The code of a record, to which the next one is bound.
pub(crate) type Code = [u8; 32];

/// Makes and checks records of one kind.
#[derive(Clone)]
pub(crate) struct Seal {
    mac: Hmac<Sha256>,
}

/// A record that is whole, and what follows it.
pub(crate) struct Opened<'a> {
    pub(crate) saved_at: Timestamp,
    pub(crate) body: &'a [u8],
    pub(crate) code: Code,
    pub(crate) rest: &'a [u8],
}

/// Why a record cannot be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    #[error("it ends within a record")]
    Truncated,
    #[error("it holds something else")]
    Foreign,
    #[error("it is of version {0}, which is newer than {VERSION}")]
    Newer(u32),
    #[error("its checksum does not fit")]
    Checksum,
    #[error("it was not written with this gateway's key, or not here")]
    Code,
}

impl Seal {
    /// The seal of records of a kind; one of another kind does not open.
    pub(crate) fn new(key: &[u8; 32], kind: &str) -> Self {
        let mut mac = keyed(key);
        mac.update(kind.as_bytes());
        mac.update(&[0]);
        Self { mac }
    }

    /// A record after another, as bytes, with its code.
    pub(crate) fn close(&self, after: &Code, saved_at: Timestamp, body: &[u8]) -> (Vec<u8>, Code) {
        let mut bytes = Vec::with_capacity(HEADER + body.len());
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(saved_at.0.to_le_bytes());
        bytes.extend((body.len() as u64).to_le_bytes());
        bytes.extend(Sha256::digest(body));
        let code: Code = self.code(after, &bytes).finalize().into_bytes().into();
        bytes.extend(code);
        bytes.extend(body);
        (bytes, code)
    }

    /// The first of the records that follow another.
    pub(crate) fn open<'a>(&self, after: &Code, bytes: &'a [u8]) -> Result<Opened<'a>, Broken> {
        let (header, rest) = bytes.split_at_checked(HEADER).ok_or(Broken::Truncated)?;
        let (covered, code) = header.split_at(COVERED);
        let mut fields = covered;
        if take::<8>(&mut fields) != MAGIC {
            return Err(Broken::Foreign);
        }
        let version = u32::from_le_bytes(take(&mut fields));
        if version != VERSION {
            return Err(Broken::Newer(version));
        }
        let saved_at = Timestamp(u64::from_le_bytes(take(&mut fields)));
        let length = usize::try_from(u64::from_le_bytes(take(&mut fields))).unwrap_or(usize::MAX);
        let (body, rest) = rest.split_at_checked(length).ok_or(Broken::Truncated)?;
        if Sha256::digest(body)[..] != *fields {
            return Err(Broken::Checksum);
        }
        self.code(after, covered).verify_slice(code).map_err(|_| Broken::Code)?;
        let mut code = code;
        Ok(Opened { saved_at, body, code: take(&mut code), rest })
    }

    fn code(&self, after: &Code, covered: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.mac.clone();
        mac.update(after);
        mac.update(covered);
        mac
    }
}

/// HMAC-SHA256 under a key (RFC 2104).
pub(crate) fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    // A key shorter than a block of the hash is filled up with zeros (RFC 2104, section 2).
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    Hmac::new(&block.into())
}

/// The next bytes of a header, which is as long as it has to be.
fn take<const N: usize>(bytes: &mut &[u8]) -> [u8; N] {
    let mut taken = [0; N];
    let (head, rest) = bytes.split_at(N.min(bytes.len()));
    taken[..head.len()].copy_from_slice(head);
    *bytes = rest;
    taken
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp(1_767_225_600_000);

    fn seal() -> Seal {
        Seal::new(&[7; 32], "tables")
    }

    #[test]
    fn a_record_opens_in_its_place_only() {
        let (first, code) = seal().close(&FIRST, NOW, b"one");
        let (second, _) = seal().close(&code, NOW, b"two");
        let both = [first.as_slice(), &second].concat();
        let opened = seal().open(&FIRST, &both).ok().unwrap();
        assert_eq!((opened.saved_at, opened.body, opened.code), (NOW, b"one".as_slice(), code));
        let opened = seal().open(&code, opened.rest).ok().unwrap();
        assert_eq!((opened.body, opened.rest), (b"two".as_slice(), b"".as_slice()));

        let check = |seal: &Seal, after: &Code, bytes: &[u8], why: Broken| {
            assert_eq!(seal.open(after, bytes).err(), Some(why));
        };
        check(&seal(), &FIRST, &second, Broken::Code);
        check(&Seal::new(&[8; 32], "tables"), &FIRST, &first, Broken::Code);
        check(&Seal::new(&[7; 32], "pins"), &FIRST, &first, Broken::Code);
        let mut newer = first.clone();
        newer[8] = 2;
        check(&seal(), &FIRST, &newer, Broken::Newer(2));
    }

    proptest! {
        #[test]
        fn no_byte_can_be_changed_or_cut_off(body in prop::collection::vec(any::<u8>(), 0..64), at in any::<prop::sample::Index>(), bit in 0..8_u8) {
            let (whole, _) = seal().close(&FIRST, NOW, &body);
            let at = at.index(whole.len());
            prop_assert_eq!(seal().open(&FIRST, &whole[..at]).err(), Some(Broken::Truncated));
            let mut flipped = whole;
            flipped[at] ^= 1 << bit;
            prop_assert!(seal().open(&FIRST, &flipped).is_err());
        }
    }
}
