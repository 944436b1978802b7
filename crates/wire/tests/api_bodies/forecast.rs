//! What is said of the time to come, and of the times that answers took.

use super::{application, check, release};
use viridian_wire::api::{
    ForecastBody, PercentileBody, RemainingBody, StepForecastBody, ToldBody, TrafficBody,
};

#[test]
fn a_forecast_says_what_never_ends_by_leaving_it_out() {
    let step = |number, title: &str, seconds| StepForecastBody {
        number,
        title: title.to_owned(),
        weight: 5.0,
        seconds,
        candidate_requests: seconds.map(|seconds| seconds / 2.0),
        sees: vec!["errors of 4.1% or more on the candidate".to_owned()],
    };
    let forecast = ForecastBody {
        application: application().to_string(),
        candidate: release("v2").to_string(),
        traffic: TrafficBody {
            per_second: 12.5,
            measured_seconds: Some(1800.0),
            errors: 0.01,
            feedback_coverage: 0.2,
            bad_feedback: 0.05,
        },
        steps: vec![step(1, "analysis, 200 outcomes per arm", Some(320.0)), step(2, "pause", None)],
        total_seconds: None,
        soonest_seconds: None,
        bottleneck: Some("errors (0.5pp) is shown safe last".to_owned()),
        warnings: Vec::new(),
        notes: vec!["These are expectations.".to_owned()],
    };
    check("forecast.json", include_str!("../golden/api/forecast.json"), &forecast);
    let ranged = ForecastBody {
        steps: Vec::new(),
        soonest_seconds: Some(600.0),
        total_seconds: Some(2000.0),
        warnings: vec!["The guard on feedback (margin 3pp) can never fire.".to_owned()],
        ..forecast
    };
    check("forecast-range.json", include_str!("../golden/api/forecast-range.json"), &ranged);
}

#[test]
fn what_remains_is_a_range_up_to_an_end() {
    let remaining =
        RemainingBody { soonest_seconds: Some(600.0), latest_seconds: Some(2000.0), stops_at_step: Some(4) };
    check("remaining.json", include_str!("../golden/api/remaining.json"), &remaining);
}

#[test]
fn a_percentile_without_an_end_leaves_it_out() {
    let told =
        |measured, upper_ms| ToldBody { measured, estimate_ms: Some(812.5), lower_ms: Some(750.0), upper_ms };
    let metric = "latency.p95".to_owned();
    let percentile =
        PercentileBody { metric, baseline: told(4_000, Some(900.25)), candidate: told(90, None) };
    check("percentile.json", include_str!("../golden/api/percentile.json"), &percentile);
}
