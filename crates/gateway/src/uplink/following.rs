//! How far a gateway has followed a stream of tables, and what each frame of it means. No input, no output: what comes
//! from the network is handed in, what is to be served by is handed out. Entry point: [`Following::take`].

use super::Error;
use viridian_wire::door::Frame;
use viridian_wire::snapshot::Delta;

/// A stream of tables, from its beginning.
#[derive(Debug, Default)]
pub struct Following {
    /// The place of the last update that came.
    number: u64,
}

impl Following {
    /// What the next frame brings: tables to serve by and to acknowledge, or nothing.
    ///
    /// # Errors
    /// The stream is to be given up, and another one asked for.
    pub fn take(&mut self, frame: Frame, is_lease_over: bool) -> Result<Option<Delta>, Error> {
        match frame {
            Frame::Delta(delta) if delta.number == self.number + 1 => {
                self.number = delta.number;
                Ok(Some(delta))
            }
            Frame::Delta(delta) => {
                Err(Error::Unreadable(format!("update {} follows {}", delta.number, self.number)))
            }
            // Candidates come back with everything that was missed, and that is what a stream begins with.
            Frame::Beat if is_lease_over => Err(Error::LeaseOver),
            Frame::Beat => Ok(None),
            Frame::Superseded => Err(Error::Superseded),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use viridian_core::id::Term;

    fn update(number: u64) -> Frame {
        let delta =
            Delta { term: Term(1), number, keys: vec![], tables: vec![], removed: vec![], complete: true };
        Frame::Delta(delta)
    }

    /// How far a stream gets: a number is an update, `b` a beat, `B` a beat after the lease ran out, `s` the end.
    fn check(frames: &str, expected: Result<usize, &str>) {
        let mut following = Following::default();
        let taken: Result<Vec<_>, Error> = frames
            .chars()
            .map(|letter| match letter {
                'b' => following.take(Frame::Beat, false),
                'B' => following.take(Frame::Beat, true),
                's' => following.take(Frame::Superseded, false),
                number => following.take(update(u64::from(number.to_digit(10).unwrap())), true),
            })
            .collect();
        let taken = taken.map(|taken| taken.iter().flatten().count()).map_err(|error| error.to_string());
        match (taken, expected) {
            (Err(error), Err(part)) => assert!(error.contains(part), "{frames}: {error}"),
            (taken, expected) => assert_eq!(taken, expected.map_err(str::to_owned), "{frames}"),
        }
    }

    #[test]
    fn updates_come_in_their_order_or_the_stream_is_given_up() {
        check("1b23b", Ok(3));
        check("13", Err("update 3 follows 1"));
        check("11", Err("update 1 follows 1"));
        check("2", Err("update 2 follows 0"));
        check("0", Err("update 0 follows 0"));
        check("1s", Err("another gateway process"));
    }

    #[test]
    fn a_lease_that_ran_out_asks_for_everything_again() {
        check("1bB", Err("lease"));
    }
}
