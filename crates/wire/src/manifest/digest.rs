//! What a release is, as a number: [`canonical`] JSON and the [`digest`] of it.

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use viridian_core::release::Digest;

/// JSON without white space, the keys of every object sorted by their bytes. Equal contents give equal texts.
pub(crate) fn canonical(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(canonical).collect();
            format!("[{}]", items.join(","))
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| name.as_bytes());
            let written = |(name, value): (&String, &Value)| {
                format!("{}:{}", Value::String(name.clone()), canonical(value))
            };
            let fields: Vec<String> = fields.into_iter().map(written).collect();
            format!("{{{}}}", fields.join(","))
        }
        scalar => scalar.to_string(),
    }
}

/// The SHA-256 digest of a content's canonical JSON.
pub(crate) fn digest(content: &Value) -> Digest {
    let hash = Sha256::digest(canonical(content).as_bytes());
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    Digest(format!("sha256:{hex}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(value: &Value, text: &str) {
        assert_eq!(canonical(value), text);
    }

    #[test]
    fn equal_contents_give_equal_texts() {
        check(
            &json!({"b": [1, 2.50, "x\n"], "a": {"d": null, "c": true}}),
            r#"{"a":{"c":true,"d":null},"b":[1,2.5,"x\n"]}"#,
        );
        check(&json!({}), "{}");
        check(&json!({"é": "中文", "z": 1}), r#"{"z":1,"é":"中文"}"#);
    }

    #[test]
    fn the_digest_is_sha_256_in_hexadecimal() {
        // `printf '{}' | sha256sum`
        let expected = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        assert_eq!(digest(&json!({})), Digest(expected.to_owned()));
    }
}
