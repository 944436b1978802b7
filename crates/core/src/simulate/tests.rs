//! The language of stories, its faults, and that a story is told the same way twice.

mod told;

use super::*;

const SETTING: &str = "application support-chat, unit request\n\
                       guard errors margin 0.5pp onFail rollback\n\
                       canary: weight 5%, analysis 200, bake 10m\n\
                       traffic 20/s\n";

/// What the faults of a script are, as `line: beginning of the message`.
fn check_faults(script: &str, expected: &[(usize, &str)]) {
    let faults = simulate(script).expect_err(script);
    let found: Vec<(usize, &str)> = faults.iter().map(|fault| (fault.line, fault.message.as_str())).collect();
    assert_eq!(found.len(), expected.len(), "{script}: {found:?}");
    for ((line, message), (expected_line, beginning)) in found.iter().zip(expected) {
        assert_eq!(line, expected_line, "{message}");
        assert!(message.starts_with(beginning), "{message:?} does not begin with {beginning:?}");
    }
}

fn check_fault(line: &str, beginning: &str) {
    check_faults(&format!("{SETTING}{line}"), &[(5, beginning)]);
}

#[test]
fn every_fault_of_a_script_is_named_with_its_line() {
    check_faults(
        "what is this\nguard speed margin 1% onFail rollback\nrun 10 minutes",
        &[
            (1, "'what is this' is not understood"),
            (2, "'speed' is not a metric: use errors, latency.p95, feedback"),
            (3, "'10' is not a duration"),
        ],
    );
    check_fault("guard errors margin 0.5 onFail rollback", "'0.5' is not a margin such as");
    check_fault("guard errors margin 0pp onFail rollback", "'0pp' is not a margin such as");
    check_fault("guard errors margin 1pp onFail explode", "expected 'rollback', 'pause' or 'notify'");
    check_fault("canary: weight 120%", "'120%' is not a share");
    check_fault("canary: dance", "'dance' is not a step");
    check_fault("blueGreen: dance", "'dance' is not a part of a switch");
    check_fault("policy: patience forever", "'forever' is not a duration");
    check_fault("policy: luck 3", "'luck' is not a policy");
    check_fault("application Support, unit request", "'Support' is not a name");
    check_fault("application a, unit tenant", "'tenant' is not a unit stories know");
    check_fault("application a, unit user, 0 users of equal activity", "at least one user");
    check_fault("traffic 20", "'20' is not a rate");
    check_fault("candidate: beauty 3%", "'beauty' is not understood");
    check_fault("candidate: errors 3% soon", "'soon' is one word too many");
    check_fault("gateway gw-7 is lost", "there is no gateway 'gw-7', only gw-1");
    check_fault("gateway gw-1 explodes", "'explodes' is not understood");
    check_fault("the baseline is tired", "expected 'dead' or 'alive'");
    check_fault("10% of the moon's outcomes are lost", "expected 'candidate's' or 'baseline's'");
    check_fault("run", "a duration such as 10m is missing");
    check_fault("run until Tea, at most 1h", "'Tea' is not a phase");
    check_fault("ann orders cake", "'cake' is not an order");
    check_fault("ann orders pause now", "'now' is one word too many");
}

#[test]
fn a_script_without_what_it_needs_says_so() {
    check_faults("run 1m", &[(1, "no application is given")]);
    check_faults("application a, unit request\nstart", &[(2, "no strategy is given")]);
}

#[test]
fn lines_at_the_wrong_place_are_faults() {
    check_fault("ann orders pause", "there is no rollout before 'start'");
    check_fault("expect Held", "there is no rollout before 'start'");
    check_fault("run until it ends, at most 1h", "there is no rollout before 'start'");
    check_faults(
        &format!("{SETTING}start\nstart\nguard errors margin 1pp onFail pause"),
        &[(6, "the rollout was started before"), (7, "this has to be said before 'start'")],
    );
}

#[test]
fn the_same_script_tells_the_same_story_and_another_seed_another() {
    let script = format!("{SETTING}both arms: errors 2%\nstart\nrun 20m\n");
    let told = simulate(&script).unwrap();
    assert_eq!(told, simulate(&script).unwrap());
    let other = simulate(&format!("seed 2\n{script}")).unwrap();
    assert_ne!(told.text, other.text.replace("> seed 2\n", ""));
}

#[test]
fn an_unmet_expectation_is_told_with_what_is_the_case() {
    let story = simulate(&format!("{SETTING}start\nrun 1m\nexpect Held, weight 5%, \"tea\"\n")).unwrap();
    assert!(!story.is_as_expected());
    let lines: Vec<usize> = story.unmet.iter().map(|unmet| unmet.line).collect();
    assert_eq!(lines, [7, 7]);
    assert_eq!(story.unmet[0].message, "the rollout is Progressing");
    assert!(story.text.contains("NOT MET: the rollout is Progressing"), "{}", story.text);
    assert_eq!(story.end, None);
}

#[test]
fn comments_are_copied_and_a_story_without_a_rollout_has_no_summary() {
    let story =
        simulate("# Nothing happens.\n\napplication a, unit request  # nobody calls\nrun 1h").unwrap();
    assert_eq!(story.text, "# Nothing happens.\n\n> application a, unit request  # nobody calls\n> run 1h\n");
}
