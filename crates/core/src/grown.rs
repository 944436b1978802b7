//! Arrays with a place per kind of thing (per class, per reason, per metric), as they are read. Kinds are only ever
//! added, at the end, so an array that was written before a kind existed is shorter and lacks nothing but zeros. A longer
//! one counts something this version does not know; to leave that out would be to misread it.

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// Reads an array of at most `N` places; those it does not have are the type's default.
///
/// # Errors
/// It has more places, or one of them cannot be read.
pub(crate) fn array<'de, D, T, const N: usize>(deserializer: D) -> Result<[T; N], D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    deserializer.deserialize_seq(Places(PhantomData))
}

struct Places<T, const N: usize>(PhantomData<T>);

impl<'de, T, const N: usize> Visitor<'de> for Places<T, N>
where
    T: Deserialize<'de> + Default,
{
    type Value = [T; N];

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an array of at most {N} entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut places = std::array::from_fn(|_| T::default());
        let mut read = 0;
        while let Some(entry) = entries.next_element()? {
            let Some(place) = places.get_mut(read) else {
                return Err(A::Error::custom(format_args!(
                    "more than {N} entries: a newer version wrote what this one cannot read"
                )));
            };
            *place = entry;
            read += 1;
        }
        Ok(places)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Row(#[serde(deserialize_with = "super::array")] [u64; 3]);

    fn check(text: &str, expected: Result<[u64; 3], &str>) {
        match (serde_json::from_str::<Row>(text), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found.0, expected, "{text}"),
            (Err(found), Err(part)) => assert!(found.to_string().contains(part), "{text}: {found}"),
            (found, expected) => panic!("{text}: {found:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn what_an_older_version_did_not_count_is_zero() {
        check("[1, 2, 3]", Ok([1, 2, 3]));
        check("[1, 2]", Ok([1, 2, 0]));
        check("[]", Ok([0, 0, 0]));
        check("[1, 2, 3, 0]", Err("more than 3 entries: a newer version"));
        check("[1, true]", Err("invalid type: boolean"));
        check("7", Err("an array of at most 3 entries"));
    }
}
