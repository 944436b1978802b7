//! The forms of text in manifests: names, paths, words with a meaning; [`quantity`] and [`url`] hold the larger ones.
//!
//! Each form has a parser, which says what is wrong, and a [`Text`], which is what shapes know of it. The pattern of
//! a form goes into the JSON Schema and accepts whatever the parser accepts, and sometimes a little more.

pub(crate) mod quantity;
pub(crate) mod url;

use viridian_core::application::Unit;
use viridian_core::declared::LONGEST_NAME;
use viridian_core::environment::SecretReference;
use viridian_core::id::{ApplicationName, NAME_LENGTH};
use viridian_core::slice::Attribute;

/// The longest text that goes into a header or a path, such as a version.
const LABEL_LENGTH: usize = 128;

/// What is wrong with a text, to be read after what was expected.
pub(crate) type Reason = &'static str;

/// A form of text, as shapes know it.
#[derive(Debug)]
pub(crate) struct Text {
    /// What is expected, with an example.
    pub(crate) expected: &'static str,
    /// A regular expression for editors, common to ECMA-262 and Rust.
    pub(crate) pattern: &'static str,
    /// Whether a text is of the form, and why not.
    pub(crate) check: fn(&str) -> Result<(), Reason>,
    /// Whether what a person wrote in its place may hold a secret, so that it is not repeated.
    pub(crate) hides: fn(&str) -> bool,
}

impl Text {
    /// A form that never holds a secret.
    const fn new(
        expected: &'static str,
        pattern: &'static str,
        check: fn(&str) -> Result<(), Reason>,
    ) -> Self {
        Self { expected, pattern, check, hides: |_| false }
    }
}

/// The name of anything that has one.
pub(crate) const NAME: Text =
    Text::new("a name such as 'support-chat'", "^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$", name);

/// The name of a metric that an application declares.
pub(crate) const METRIC_NAME: Text =
    Text::new("a name such as 'tooSlow'", "^[A-Za-z][A-Za-z0-9-]{0,30}$", |text| {
        const _: () = assert!(LONGEST_NAME == 31, "the pattern names the length");
        let fits = text.len() <= LONGEST_NAME
            && text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if fits { Ok(()) } else { Err("use up to 31 letters, digits and '-', a letter first") }
    });

/// Any text that is not empty.
pub(crate) const ANY: Text =
    Text::new("text", "^[\\s\\S]+$", |text| if text.is_empty() { Err("it is empty") } else { Ok(()) });

/// A text that can go into headers and paths.
pub(crate) const LABEL: Text = Text::new("text", "^[ -~]{1,128}$", label);

/// What keeps a caller on one arm.
pub(crate) const UNIT: Text = Text::new(
    "'request', 'user', 'conversation', 'tenant' or 'header:<name>'",
    "^(request|user|conversation|tenant|header:[!#$%&'*+.^_`|~0-9A-Za-z-]+)$",
    |text| unit(text).map(drop),
);

/// What traffic is cut by.
pub(crate) const ATTRIBUTE: Text = Text::new(
    "'route', 'tenant', 'language' or 'header:<name>'",
    "^(route|tenant|language|header:[!#$%&'*+.^_`|~0-9A-Za-z-]+)$",
    |text| attribute(text).map(drop),
);

/// Where a secret is to be found.
pub(crate) const SECRET: Text = Text {
    expected: "a reference such as 'env:PROVIDER_KEY' or 'file:/run/secrets/provider'",
    pattern: "^(env:[^\\s=$]+|file:/[\\s\\S]*)$",
    check: |text| secret(text).map(drop),
    hides: |_| true,
};

/// A path callers may use; a trailing `*` stands for any rest.
pub(crate) const ALLOWED_PATH: Text =
    Text::new("a path such as '/predict' or '/v1/*'", "^/[!-~]*$", allowed_path);

/// A path with a query, if it needs one.
pub(crate) const REQUEST_PATH: Text = Text::new("a path such as '/v1/models'", "^/[!-~]*$", path);

/// Where something is in a JSON document.
pub(crate) const POINTER: Text = Text::new("a JSON pointer such as '/data/0/value'", "^(/[^/]*)+$", |text| {
    if text.starts_with('/') { Ok(()) } else { Err("it has to start with '/'") }
});

/// A region of AWS; it becomes a part of a host name.
pub(crate) const REGION: Text =
    Text::new("a region such as 'eu-central-1'", "^[a-z0-9]+(-[a-z0-9]+)+$", region);

/// Checks a name.
pub(crate) fn name(text: &str) -> Result<(), Reason> {
    const _: () = assert!(NAME_LENGTH == 63, "the reason below names the length");
    if text.is_empty() {
        return Err("it is empty");
    }
    if text.len() > NAME_LENGTH {
        return Err("it is longer than 63 characters");
    }
    let reason = "use lower-case letters, digits, '-' and '.', with a letter or digit at both ends";
    ApplicationName::parse(text).map(drop).map_err(|_| reason)
}

/// Reads what keeps a caller on one arm.
pub(crate) fn unit(text: &str) -> Result<Unit, Reason> {
    match text {
        "request" => Ok(Unit::Request),
        "user" => Ok(Unit::User),
        "conversation" => Ok(Unit::Conversation),
        "tenant" => Ok(Unit::Tenant),
        _ => {
            let header = text.strip_prefix("header:").ok_or("it is none of these")?;
            let fits = !header.is_empty() && header.bytes().all(is_token);
            fits.then(|| Unit::Header(header.to_ascii_lowercase())).ok_or("it names no header")
        }
    }
}

/// Reads what traffic is cut by.
pub(crate) fn attribute(text: &str) -> Result<Attribute, Reason> {
    let header = text.strip_prefix("header:");
    match Attribute::parse(text) {
        _ if header.is_some_and(|name| name.is_empty() || !name.bytes().all(is_token)) => {
            Err("it names no header")
        }
        Ok(attribute) => Ok(attribute),
        Err(_) => Err("it is none of these"),
    }
}

/// Reads a reference to a secret.
pub(crate) fn secret(text: &str) -> Result<SecretReference, Reason> {
    let reference = SecretReference::try_from(text.to_owned()).map_err(
        |_| "the secret itself never stands in a manifest; name an environment variable or a file",
    )?;
    match &reference {
        SecretReference::Environment(name)
            if name.contains(|c: char| c.is_whitespace() || "=$".contains(c)) =>
        {
            Err("no environment variable has such a name; write it without '$'")
        }
        _ => Ok(reference),
    }
}

fn label(text: &str) -> Result<(), Reason> {
    if text.is_empty() {
        Err("it is empty")
    } else if text.len() > LABEL_LENGTH {
        Err("it is longer than 128 characters")
    } else if !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        Err("use printable ASCII characters")
    } else {
        Ok(())
    }
}

fn allowed_path(text: &str) -> Result<(), Reason> {
    path(text)?;
    if text.contains('?') {
        return Err("queries are always passed; leave out what follows the '?'");
    }
    match text.find('*') {
        Some(star) if star + 1 < text.len() => Err("a '*' may stand at the end only"),
        _ => Ok(()),
    }
}

fn region(text: &str) -> Result<(), Reason> {
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    if text.len() > NAME_LENGTH {
        Err("it is longer than 63 characters")
    } else if !text.contains('-') || !text.split('-').all(is_part) {
        Err("its parts are lower-case letters and digits, with '-' between them")
    } else {
        Ok(())
    }
}

fn path(text: &str) -> Result<(), Reason> {
    if !text.starts_with('/') {
        Err("it has to start with '/'")
    } else if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Err("a character in it has to be percent-encoded")
    } else if text.contains('#') {
        Err("a fragment is never sent")
    } else {
        Ok(())
    }
}

/// Whether a byte may stand in the name of a header (RFC 9110, section 5.6.2).
const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}
