//! Paths: which are read the same by every server, and which parts they have.

/// Whether every server reads a path the same: no dot segments, no empty segments, no separators or control characters in
/// disguise, nothing but UTF-8 behind the escapes.
pub(super) fn is_unambiguous(path: &str) -> bool {
    is_plain(path.as_bytes()) || is_unambiguous_by_segment(path)
}

/// Whether a path holds nothing that could be ambiguous, as nearly every path does: no escape, no backslash, nothing but
/// a name behind a slash.
fn is_plain(path: &[u8]) -> bool {
    let mut after_slash = false;
    for &byte in path {
        if matches!(byte, b'%' | b'\\') || (after_slash && matches!(byte, b'/' | b'.')) {
            return false;
        }
        after_slash = byte == b'/';
    }
    path.first() == Some(&b'/')
}

fn is_unambiguous_by_segment(path: &str) -> bool {
    if !path.starts_with('/') || path.contains('\\') {
        return false;
    }
    // The last segment may be empty: `/a/` is a path of its own.
    let segments = &path[1..];
    let inner = segments.strip_suffix('/').unwrap_or(segments);
    path == "/" || inner.split('/').all(is_unambiguous_segment)
}

fn is_unambiguous_segment(segment: &str) -> bool {
    if !segment.contains('%') {
        return !matches!(segment, "" | "." | "..");
    }
    match decode(segment) {
        Some(text) => !matches!(text.as_str(), "" | "." | "..") && !text.contains(is_separator_or_control),
        None => false,
    }
}

fn is_separator_or_control(letter: char) -> bool {
    matches!(letter, '/' | '\\') || letter.is_control()
}

/// A segment without escapes; nothing when an escape is malformed or the bytes are not UTF-8.
fn decode(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let (high, low) = (char::from(rest.next()?), char::from(rest.next()?));
            let value = high.to_digit(16)? * 16 + low.to_digit(16)?;
            bytes.push(u8::try_from(value).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// What follows the model, and its version if there is one, in a path of the Open Inference Protocol: `` or `/…`.
pub(super) fn model_tail(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("/v2/models/")?;
    let rest = behind_segment(rest)?;
    match rest.strip_prefix("/versions/") {
        Some(version) => behind_segment(version),
        None => Some(rest),
    }
}

/// What follows the first segment, which must not be empty.
fn behind_segment(path: &str) -> Option<&str> {
    let end = path.find('/').unwrap_or(path.len());
    (end > 0).then(|| &path[end..])
}

/// Whether a path is the one of a pattern, or begins like it when it ends with `*`.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => path.starts_with(beginning),
        None => path == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_servers_read_differently_are_refused() {
        for good in ["/", "/v1/chat/completions", "/a/", "/a.b/..c", "/a%20b", "/caf%C3%A9", "/a:b@c"] {
            assert!(is_unambiguous(good), "{good}");
        }
        let bad = [
            "",
            "*",
            "v1",
            "//v1",
            "/v1//chat",
            "/v1/chat//",
            "/./v1",
            "/v1/..",
            "/v1/../admin",
            "/%2e/v1",
            "/v1/%2E%2e",
            "/.%2e/admin",
            "/v1%2fchat",
            "/v1%2Fchat",
            "/v1%5cchat",
            "/v1\\chat",
            "/v1%00",
            "/v1%0a",
            "/%ff",
            "/v1%",
            "/v1%2",
            "/v1%zz",
            "/%c0%af",
        ];
        for bad in bad {
            assert!(!is_unambiguous(bad), "{bad}");
        }
    }

    #[test]
    fn what_is_plain_is_unambiguous() {
        let alphabet = ['/', '.', '%', '\\', 'a', '2', 'e'];
        let mut paths = vec![String::new()];
        for _ in 0..5 {
            paths = paths.iter().flat_map(|path| alphabet.map(|letter| format!("{path}{letter}"))).collect();
            for path in &paths {
                assert!(!is_plain(path.as_bytes()) || is_unambiguous_by_segment(path), "{path}");
            }
        }
    }

    #[test]
    fn the_tail_of_a_model_path_is_found() {
        let check = |path: &str, tail: Option<&str>| assert_eq!(model_tail(path), tail, "{path}");
        check("/v2/models/digits", Some(""));
        check("/v2/models/digits/infer", Some("/infer"));
        check("/v2/models/digits/versions/v3/infer", Some("/infer"));
        check("/v2/models/digits/versions/v3", Some(""));
        check("/v2/models/digits/versions/v3/ready", Some("/ready"));
        check("/v2/models/digits/versions/", None);
        check("/v2/models/digits/versions", Some("/versions"));
        check("/v2/models/", None);
        check("/v2/repository/models/digits/load", None);
    }

    #[test]
    fn a_star_stands_for_any_rest() {
        let check = |pattern: &str, path: &str, fits: bool| {
            assert_eq!(matches(pattern, path), fits, "{pattern} {path}");
        };
        check("/predict", "/predict", true);
        check("/predict", "/predict/", false);
        check("/predict*", "/predict/a/b", true);
        check("/predict/*", "/predict", false);
        check("/*", "/", true);
    }
}
