//! A forecast for people.

use super::columns::columns;
use super::numbers::{count, percent, span};
use std::fmt::Write;
use std::time::Duration;
use viridian_wire::api::{ForecastBody, StepForecastBody, TrafficBody};

/// How long each step takes, and what it sees.
pub fn forecast_table(forecast: &ForecastBody) -> String {
    let mut text = format!(
        "{}: from its baseline to {}\n{}\n\n",
        forecast.application,
        forecast.candidate,
        traffic(&forecast.traffic)
    );
    text.push_str(&columns(
        ["step", "what", "takes", "candidate requests", "would see"],
        forecast.steps.iter().map(row).collect(),
    ));
    let total = forecast.total_seconds.map_or_else(
        || "It does not end by itself at this traffic.".to_owned(),
        |seconds| match forecast.soonest_seconds {
            Some(soonest) if long(soonest) != long(seconds) => {
                format!("In all between {} and {}.", long(soonest), long(seconds))
            }
            _ => format!("In all about {}.", long(seconds)),
        },
    );
    let _ = writeln!(text, "\n{total}");
    for warning in &forecast.warnings {
        let _ = writeln!(text, "Warning: {warning}");
    }
    for line in forecast.bottleneck.iter().chain(&forecast.notes) {
        let _ = writeln!(text, "{line}");
    }
    text
}

fn row(step: &StepForecastBody) -> [String; 5] {
    let takes = step.seconds.map_or_else(|| "open".to_owned(), long);
    let requests = step.candidate_requests.map_or_else(|| "-".to_owned(), whole);
    [step.number.to_string(), step.title.clone(), takes, requests, step.sees.join("; ")]
}

fn traffic(traffic: &TrafficBody) -> String {
    let measured = traffic
        .measured_seconds
        .map_or_else(String::new, |seconds| format!(", measured over {}", long(seconds)));
    format!(
        "at {:.1} requests per second{measured}; {} errors, feedback on {} of the requests",
        traffic.per_second,
        percent(traffic.errors * 100.0),
        percent(traffic.feedback_coverage * 100.0)
    )
}

/// Seconds as people read them.
pub(super) fn long(seconds: f64) -> String {
    Duration::try_from_secs_f64(seconds.ceil()).map_or_else(|_| "for ever".to_owned(), span)
}

fn whole(number: f64) -> String {
    // A forecast is no more exact than this, and beyond it nobody reads the digits.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` stops at the ends")]
    let number = number.round() as u64;
    count(number)
}
