//! How far two JSON answers to one request agree: [`structured`].

use serde_json::Value;
use viridian_core::agreement::Agreement;

/// How two JSON values compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Structured {
    /// The part of all places that hold the same.
    pub agreement: Agreement,
    /// The first places that do not, as JSON pointers (RFC 6901), at most [`MOST_TOLD`] of them.
    pub differing: Vec<String>,
}

/// So many differing places are told.
pub const MOST_TOLD: usize = 8;

/// The part of the places of two JSON values that hold the same.
///
/// A place is a leaf of either value: a scalar, or an empty object or array. Members are compared by name, elements by
/// position, numbers by value. What lies at or below a pointer of `ignored`, such as an id or a moment, is no place. Two
/// values without any place agree.
pub fn structured(baseline: &Value, candidate: &Value, ignored: &[&str]) -> Structured {
    let mut places = Places { ignored, same: 0, all: 0, differing: Vec::new() };
    places.compare(&mut String::new(), Some(baseline), Some(candidate));
    let agreement = match places.all {
        0 => Agreement::WHOLE,
        // What is not wholly the same is never rounded up to it.
        all if places.same < all => Agreement::of(places.same as f64 / all as f64).min(Agreement::NEARLY),
        _ => Agreement::WHOLE,
    };
    Structured { agreement, differing: places.differing }
}

/// The places of two values, as they are found.
struct Places<'a> {
    ignored: &'a [&'a str],
    same: usize,
    all: usize,
    differing: Vec<String>,
}

impl Places<'_> {
    fn compare(&mut self, at: &mut String, baseline: Option<&Value>, candidate: Option<&Value>) {
        if self.ignored.contains(&at.as_str()) {
            return;
        }
        match (baseline, candidate) {
            (Some(Value::Object(before)), Some(Value::Object(now)))
                if !(before.is_empty() && now.is_empty()) =>
            {
                for (name, value) in before {
                    self.below(at, name, Some(value), now.get(name));
                }
                for (name, value) in now.iter().filter(|(name, _)| !before.contains_key(*name)) {
                    self.below(at, name, None, Some(value));
                }
            }
            (Some(Value::Array(before)), Some(Value::Array(now)))
                if !(before.is_empty() && now.is_empty()) =>
            {
                for index in 0..before.len().max(now.len()) {
                    self.below(at, &index.to_string(), before.get(index), now.get(index));
                }
            }
            // Of what only one of them has, every leaf is a place.
            (Some(Value::Object(only)), None) | (None, Some(Value::Object(only))) if !only.is_empty() => {
                for (name, value) in only {
                    self.below(at, name, baseline.map(|_| value), candidate.map(|_| value));
                }
            }
            (Some(Value::Array(only)), None) | (None, Some(Value::Array(only))) if !only.is_empty() => {
                for (index, value) in only.iter().enumerate() {
                    self.below(at, &index.to_string(), baseline.map(|_| value), candidate.map(|_| value));
                }
            }
            _ => self.count(at, is_same(baseline, candidate)),
        }
    }

    fn below(&mut self, at: &mut String, name: &str, baseline: Option<&Value>, candidate: Option<&Value>) {
        let above = at.len();
        at.push('/');
        at.push_str(&name.replace('~', "~0").replace('/', "~1"));
        self.compare(at, baseline, candidate);
        at.truncate(above);
    }

    fn count(&mut self, at: &str, is_same: bool) {
        self.all += 1;
        if is_same {
            self.same += 1;
        } else if self.differing.len() < MOST_TOLD {
            self.differing.push(at.to_owned());
        }
    }
}

fn is_same(baseline: Option<&Value>, candidate: Option<&Value>) -> bool {
    match (baseline, candidate) {
        (Some(Value::Number(before)), Some(Value::Number(now))) => {
            before == now || before.as_f64() == now.as_f64()
        }
        _ => baseline == candidate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_agrees_by_its_places() {
        let check = |baseline: Value, candidate: Value, hundredths, differing: &[&str]| {
            let found = structured(&baseline, &candidate, &["/id"]);
            let expected = Agreement::of(f64::from(hundredths) / 100.0);
            assert_eq!(found.agreement, expected, "{baseline} and {candidate}");
            assert_eq!(found.differing, differing, "{baseline} and {candidate}");
            let turned = structured(&candidate, &baseline, &["/id"]);
            assert_eq!(turned.agreement, expected, "{candidate} and {baseline}");
        };
        check(json!({"a": 1, "b": "x"}), json!({"b": "x", "a": 1.0}), 100, &[]);
        check(json!({"id": 7, "a": 1}), json!({"id": 8, "a": 1}), 100, &[]);
        check(json!({"a": 1, "b": 2}), json!({"a": 1, "b": 3}), 50, &["/b"]);
        check(json!({"a": 1}), json!({"a": 1, "c": {"d": 1, "e": [2]}}), 33, &["/c/d", "/c/e/0"]);
        check(json!([1, 2, 3]), json!([1, 2]), 67, &["/2"]);
        check(json!({"a/b": {"~": 1}}), json!({"a/b": {"~": 2}}), 0, &["/a~1b/~0"]);
        check(json!({"a": {}}), json!({"a": {"b": 1}}), 0, &["/a/b"]);
        check(json!({"a": null}), json!({}), 0, &["/a"]);
        check(json!({"a": [1]}), json!({"a": "1"}), 0, &["/a"]);
        check(json!({}), json!({}), 100, &[]);
        check(json!({"id": 1}), json!({"id": 2}), 100, &[]);
    }

    /// Of a thousand places one differs: that is not the same.
    #[test]
    fn nearly_the_same_is_not_the_same() {
        let (mut one, mut other) = (vec![0; 1_000], vec![0; 1_000]);
        (one[500], other[500]) = (1, 2);
        let found = structured(&json!(one), &json!(other), &[]);
        assert_eq!((found.agreement.missing(), found.differing), (1, vec!["/500".to_owned()]));
    }
}
