//! The id of an answer: everything feedback on it must be attributed by, under a signature. Entry points:
//! [`Signer::sign`] and [`Signer::verify`].
//!
//! Any node that has the keys attributes feedback without looking anything up, and nobody without them can claim
//! another arm or another time. The signature is HMAC-SHA-256 (RFC 2104) cut to 128 bits, whose key schedule is
//! computed once per key. An id is text: `vr_` and 44 bytes in base64url.
//!
//! What is answered without a decision has an id as well, so that callers can name it to their operators, but a plain
//! one ([`PlainId`]): there is no arm it could be signed for.

use crate::seal::keyed;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::{Digest as _, Sha256};
use std::fmt;
use viridian_core::analysis::row::Standing;
use viridian_core::arm::{Arm, Treatment};
use viridian_core::companion::Elsewhere;
use viridian_core::id::{ApplicationName, EpochId};
use viridian_core::time::Timestamp;
use viridian_core::unit::Group;
use viridian_wire::snapshot::SigningKey;

/// What every id begins with.
const PREFIX: &str = "vr_";

/// What ids begin with that say nothing.
const PLAIN_PREFIX: &str = "vu_";

/// Length of what is signed: key, application, epoch, flags, time, nonce.
const CLAIMS: usize = 1 + 8 + 4 + 1 + 6 + 8;

/// Length of the signature: 128 bits cannot be guessed, and ids stay short enough for logs.
const SIGNATURE: usize = 16;

/// Length of an id in bytes before it becomes text.
const BYTES: usize = CLAIMS + SIGNATURE;

/// Length of an id as text: four characters for three bytes, the last group cut.
const TEXT: usize = PREFIX.len() + (BYTES * 4).div_ceil(3);

/// The bit of the flags that says `candidate`.
const CANDIDATE: u8 = 1 << 7;

/// The bit of the flags that says `exempt`; the six bits below are the group.
const EXEMPT: u8 = 1 << 6;

/// The bits of the time that are left for the number of an experiment's arm: 44 bits of milliseconds last until the year 2527.
const TIME_BITS: u32 = 44;
const MOST_TIME: u64 = (1 << TIME_BITS) - 1;

/// The bit of an arm's number, which is at most 7, that says that the first bits of the nonce are the arms elsewhere. A gateway that
/// does not know it knows no such arm, and refuses the id.
const HAS_ELSEWHERE: u64 = 1 << 3;
/// How many bits of the nonce are left then.
const NONCE_BITS: u32 = 48;

/// What an id says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claims {
    pub(crate) application: ApplicationHash,
    pub(crate) epoch: EpochId,
    pub(crate) arm: Arm,
    pub(crate) group: Group,
    pub(crate) standing: Standing,
    pub(crate) issued_at: Timestamp,
    /// The arms that the unit has elsewhere.
    pub(crate) elsewhere: Elsewhere,
    /// Makes every id different. Where the unit has arms elsewhere they take the place of its first 16 bits.
    pub(crate) nonce: u64,
}

/// The name of an application, as short as an id can carry it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ApplicationHash([u8; 8]);

/// The id of an answer to a request that no arm was decided for: it tells answers apart, and feedback cannot name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PlainId(u64);

/// The text of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RequestId([u8; TEXT]);

/// Signs and verifies ids.
#[derive(Clone)]
pub(crate) struct Signer {
    signing: Key,
    retired: Vec<Key>,
}

/// A key with its schedule.
#[derive(Clone)]
struct Key {
    id: u8,
    mac: Hmac<Sha256>,
}

/// Why a snapshot's keys cannot be signed with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnusableKeys {
    #[error("the snapshot has no key to sign request ids with")]
    None,
    #[error("the snapshot has two keys with the number {0}")]
    Repeated(u8),
}

impl ApplicationHash {
    pub(crate) fn of(application: &ApplicationName) -> Self {
        let digest = Sha256::digest(application.as_str().as_bytes());
        let mut short = [0; 8];
        short.copy_from_slice(&digest[..8]);
        Self(short)
    }
}

impl RequestId {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl PlainId {
    pub(crate) const fn new(nonce: u64) -> Self {
        Self(nonce)
    }

    /// Whether a text is such an id, or made to look like one.
    pub(crate) fn is(id: &str) -> bool {
        id.starts_with(PLAIN_PREFIX)
    }
}

impl fmt::Display for PlainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PLAIN_PREFIX}{:016x}", self.0)
    }
}

impl Signer {
    /// A signer that signs with the first key and verifies with all.
    pub(crate) fn new(keys: &[SigningKey]) -> Result<Self, UnusableKeys> {
        let repeated = |(at, key): &(usize, &SigningKey)| keys[..*at].iter().any(|other| other.id == key.id);
        if let Some((_, key)) = keys.iter().enumerate().find(repeated) {
            return Err(UnusableKeys::Repeated(key.id));
        }
        let (signing, retired) = keys.split_first().ok_or(UnusableKeys::None)?;
        Ok(Self { retired: retired.iter().map(Key::new).collect(), ..Self::with(signing) })
    }

    /// A signer with one key.
    pub(crate) fn with(key: &SigningKey) -> Self {
        Self { signing: Key::new(key), retired: Vec::new() }
    }

    /// The id that makes these claims.
    pub(crate) fn sign(&self, claims: &Claims) -> RequestId {
        let mut bytes = [0; BYTES];
        bytes[..CLAIMS].copy_from_slice(&encode(self.signing.id, claims));
        let signature = self.signing.sign(&bytes[..CLAIMS]).finalize().into_bytes();
        bytes[CLAIMS..].copy_from_slice(&signature[..SIGNATURE]);

        let mut text = [0; TEXT];
        text[..PREFIX.len()].copy_from_slice(PREFIX.as_bytes());
        // The buffer is exactly as long as the encoding of a constant length.
        let _length = URL_SAFE_NO_PAD.encode_slice(bytes, &mut text[PREFIX.len()..]);
        RequestId(text)
    }

    /// What an id claims, if one of the keys signed it. Takes the same time for every wrong signature.
    pub(crate) fn verify(&self, id: &str) -> Option<Claims> {
        let text = id.strip_prefix(PREFIX).filter(|_| id.len() == TEXT)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (signed, signature) = bytes.split_at_checked(CLAIMS)?;
        let key = self.key(*signed.first()?)?;
        key.sign(signed).verify_truncated_left(signature).ok()?;
        decode(signed)
    }

    fn key(&self, id: u8) -> Option<&Key> {
        std::iter::once(&self.signing).chain(&self.retired).find(|key| key.id == id)
    }
}

impl Key {
    fn new(key: &SigningKey) -> Self {
        Self { id: key.id, mac: keyed(&key.secret) }
    }

    fn sign(&self, bytes: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.mac.clone();
        mac.update(bytes);
        mac
    }
}

fn encode(key: u8, claims: &Claims) -> [u8; CLAIMS] {
    let mut flags = claims.group.0 & (EXEMPT - 1);
    if claims.arm == Arm::Candidate {
        flags |= CANDIDATE;
    }
    if claims.standing == Standing::Exempt {
        flags |= EXEMPT;
    }
    let mut bytes = [0; CLAIMS];
    bytes[0] = key;
    bytes[1..9].copy_from_slice(&claims.application.0);
    bytes[9..13].copy_from_slice(&claims.epoch.0.to_be_bytes());
    bytes[13] = flags;
    let treatment = match claims.arm {
        Arm::Treatment(treatment) => treatment.number() as u64,
        Arm::Baseline | Arm::Candidate => 0,
    };
    let (number, nonce) = if claims.elsewhere.is_nowhere() {
        (treatment, claims.nonce)
    } else {
        let kept = claims.nonce & ((1 << NONCE_BITS) - 1);
        (treatment | HAS_ELSEWHERE, kept | u64::from(claims.elsewhere.bits()) << NONCE_BITS)
    };
    let time = (claims.issued_at.0 & MOST_TIME) | (number << TIME_BITS);
    bytes[14..20].copy_from_slice(&time.to_be_bytes()[2..]);
    bytes[20..28].copy_from_slice(&nonce.to_be_bytes());
    bytes
}

fn decode(signed: &[u8]) -> Option<Claims> {
    let flags = *signed.get(13)?;
    let mut time = [0; 8];
    time[2..].copy_from_slice(signed.get(14..20)?);
    let time = u64::from_be_bytes(time);
    let nonce = u64::from_be_bytes(signed.get(20..28)?.try_into().ok()?);
    let has_elsewhere = time >> TIME_BITS & HAS_ELSEWHERE != 0;
    let [.., first, second] = (nonce >> NONCE_BITS).to_be_bytes();
    let elsewhere = Elsewhere::of_bits(u16::from_be_bytes([first, second]));
    Some(Claims {
        application: ApplicationHash(signed.get(1..9)?.try_into().ok()?),
        epoch: EpochId(u32::from_be_bytes(signed.get(9..13)?.try_into().ok()?)),
        arm: match (time >> TIME_BITS & !HAS_ELSEWHERE, flags & CANDIDATE) {
            (0, 0) => Arm::Baseline,
            (0, _) => Arm::Candidate,
            (number, _) => Arm::Treatment(Treatment::numbered(usize::try_from(number).ok()?)?),
        },
        group: Group(flags & (EXEMPT - 1)),
        standing: if flags & EXEMPT == 0 { Standing::Measured } else { Standing::Exempt },
        issued_at: Timestamp(time & MOST_TIME),
        elsewhere: if has_elsewhere { elsewhere } else { Elsewhere::NOWHERE },
        nonce: if has_elsewhere { nonce & ((1 << NONCE_BITS) - 1) } else { nonce },
    })
}

#[cfg(test)]
mod tests;
