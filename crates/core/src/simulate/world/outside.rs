//! Sources outside: what each gauge says when it is asked.

use crate::gauge::{Gauge, Gauged, Reading, standing};
use crate::id::GaugeName;
use crate::time::Timestamp;

/// What is asked of sources outside.
pub(super) struct Outside(Vec<Asked>);

/// One gauge: what it would say now, and what it said.
struct Asked {
    gauge: Gauge,
    says: Result<f64, String>,
    readings: Vec<Reading>,
}

impl Outside {
    /// Gauges that nothing is known of.
    pub(super) fn of(gauges: &[Gauge]) -> Self {
        let asked = |gauge: &Gauge| Asked {
            gauge: gauge.clone(),
            says: Err("the source has no such series".to_owned()),
            readings: Vec::new(),
        };
        Self(gauges.iter().map(asked).collect())
    }

    /// From now on a gauge says this.
    pub(super) fn say(&mut self, gauge: &GaugeName, says: &Result<f64, String>) {
        for asked in self.0.iter_mut().filter(|asked| asked.gauge.name == *gauge) {
            asked.says = says.clone();
        }
    }

    /// Asks every source whose turn it is.
    pub(super) fn ask(&mut self, now: Timestamp) {
        for asked in &mut self.0 {
            let is_due = asked.readings.last().is_none_or(|last| now.since(last.at) >= asked.gauge.every);
            if is_due {
                asked.readings.push(Reading { at: now, value: asked.says.clone() });
            }
        }
    }

    /// What they say.
    pub(super) fn gauged(&self, now: Timestamp) -> Vec<Gauged> {
        let gauged = |asked: &Asked| Gauged {
            gauge: asked.gauge.clone(),
            standing: standing(&asked.gauge, &asked.readings, now),
        };
        self.0.iter().map(gauged).collect()
    }
}
