//! The language of stories of experiments, and its faults.

use super::*;

const SETTING: &str = "experiment tone of support-chat, unit request\n\
                       arms now 50%, terse 50%\n\
                       aim feedback lower by 2pp\n\
                       traffic 2/s\n";

fn check_faults(script: &str, expected: &[(usize, &str)]) {
    let faults = simulate(script).expect_err(script);
    let found: Vec<(usize, &str)> = faults.iter().map(|fault| (fault.line, fault.message.as_str())).collect();
    assert_eq!(found.len(), expected.len(), "{script}: {found:?}");
    for ((line, message), (expected_line, part)) in found.iter().zip(expected) {
        assert_eq!(line, expected_line, "{message}");
        assert!(message.contains(part), "{message:?} does not say {part:?}");
    }
}

fn check_fault(line: &str, part: &str) {
    check_faults(&format!("{SETTING}{line}"), &[(5, part)]);
}

#[test]
fn every_fault_is_named_with_its_line() {
    check_faults("experiment tone\naim speed", &[(1, "'of' is missing"), (2, "'speed' is not an aim")]);
    check_fault("kind: negative 5%", "there is no arm 'kind', only now, terse");
    check_fault("all arms: beauty 5%", "'beauty' is no quality");
    check_fault("10% of terse outcomes are lost", "expected an arm's outcomes, found 'terse'");
    check_fault("10% of the requests are late", "expected 'drawn', found 'late'");
    check_fault("stop: tea 5m", "'tea' is not a rule");
    check_fault("run 10m", "nothing runs before 'start'");
    check_fault("all arms: complaints 5%", "expected 'after', found '5%'");
    check_fault("ann sings", "expected 'stops' or 'names', found 'sings'");
    check_fault("guard speed margin 1% onFail rollback", "'speed' is not a metric");
    check_faults(&format!("{SETTING}start\nstart"), &[(6, "the experiment was started before")]);
    check_faults(&format!("{SETTING}start\nexpect Tea"), &[(6, "'Tea' is not a phase")]);
}

#[test]
fn a_script_without_what_it_needs_says_so() {
    check_faults("arms now 50%, terse 50%", &[(1, "no experiment is named")]);
    check_faults("experiment tone of chat, unit request", &[(1, "no aim is given")]);
    let without_arms = "experiment tone of chat, unit request\naim errors lower by 10%";
    check_faults(without_arms, &[(2, "no arms are given")]);
    let users = "experiment tone of chat, unit user, 100 users of equal activity\narms a 50%, b 60%\naim errors lower by 10%\nbandit floor 10%";
    check_faults(users, &[(4, "10% more than the whole"), (4, "a bandit would move a user")]);
}

/// Two arms that callers like alike, that are complained of sooner and later.
#[test]
fn complaints_that_come_late_mislead_an_aim_that_does_not_wait() {
    let story = |maturity: &str| {
        let script = format!(
            "experiment tone of support-chat, unit request\narms now 50%, terse 50%\n\
             aim feedback lower by 4pp{maturity}\nstop: maxDuration 336h\n\
             traffic 20/min\nall arms: feedback 40%, negative 10%\nterse: complaints after 12h\n\
             start\nrun until it ends, at most 336h\n"
        );
        simulate(&script).expect("a story").end
    };
    assert_eq!(story(""), Some("Winner"));
    assert_eq!(story(" maturity 48h"), Some("NoDifference"));
}

#[test]
fn only_a_script_that_begins_with_it_is_of_an_experiment() {
    assert!(is_one("# a comment\n\n  experiment tone of chat"));
    assert!(!is_one("application chat, unit request\nexperiment tone"));
    assert!(!is_one("experimental"));
}
