//! Names that applications give to what they measure: kept where the metric is, so that they can be told wherever it is.

use std::fmt;

/// The longest name, in bytes.
pub const LONGEST_NAME: usize = 31;

/// A name of ASCII letters, digits and dashes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct OwnName {
    length: u8,
    bytes: [u8; LONGEST_NAME],
}

impl OwnName {
    /// A name; nothing for a text that is empty, too long, or of other letters.
    pub(crate) fn new(name: &str) -> Option<Self> {
        let length = u8::try_from(name.len()).ok()?;
        let mut bytes = [0; LONGEST_NAME];
        bytes.get_mut(..name.len())?.copy_from_slice(name.as_bytes());
        let is_name = length > 0 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        is_name.then_some(Self { length, bytes })
    }

    /// The name as it was given.
    pub(crate) fn as_str(&self) -> &str {
        let name = self.bytes.get(..usize::from(self.length)).unwrap_or_default();
        std::str::from_utf8(name).unwrap_or_default()
    }
}

impl fmt::Debug for OwnName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
