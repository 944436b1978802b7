//! Lists a part at a time: however much there is, an answer holds no more than [`MOST`] things.

use crate::error::Error;
use serde::Deserialize;
use utoipa::IntoParams;
use viridian_wire::api::List;

/// How many things an answer holds unless it is asked for otherwise.
const USUAL: usize = 100;
/// The most things an answer holds.
const MOST: usize = 500;

/// Which part of a list is meant.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    /// Where the list goes on, as `next` said.
    pub(crate) after: Option<String>,
    /// How many at most, up to 500; 100 unless given.
    pub(crate) limit: Option<usize>,
}

/// How many things an answer is to hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Length(usize);

impl Length {
    /// As many as a query asks for.
    pub(crate) fn asked(limit: Option<usize>) -> Result<Self, Error> {
        match limit {
            None => Ok(Self(USUAL)),
            Some(limit @ 1..=MOST) => Ok(Self(limit)),
            Some(other) => Err(Error::Malformed(format!("limit is {other}: it is from 1 to {MOST}"))),
        }
    }

    /// How many to look for: one more tells whether there are more.
    pub(crate) const fn looked_for(self) -> usize {
        self.0 + 1
    }

    /// Leaves out what is one too many, and says where the list goes on then.
    pub(crate) fn cut<T>(self, found: &mut Vec<T>, place: impl Fn(&T) -> String) -> Option<String> {
        if found.len() <= self.0 {
            return None;
        }
        found.truncate(self.0);
        found.last().map(place)
    }

    /// A part of a list.
    pub(crate) fn list<T, B>(
        self,
        mut found: Vec<T>,
        place: impl Fn(&T) -> String,
        body: impl Fn(&T) -> Result<B, Error>,
    ) -> Result<List<B>, Error> {
        let next = self.cut(&mut found, place);
        Ok(List { items: found.iter().map(body).collect::<Result<_, _>>()?, next })
    }
}

/// Where a list goes on, as a number; its beginning when nothing is said.
pub(crate) fn number(after: Option<&str>) -> Result<u64, Error> {
    after.map_or(Ok(0), |text| text.parse().map_err(|_| no_place(text)))
}

/// The answer to a place that no list has.
pub(crate) fn no_place(after: &str) -> Error {
    Error::Malformed(format!("'{after}' is no place in the list: give what `next` says"))
}
