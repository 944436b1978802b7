//! What guards say of arms: in how many applications an experiment is makes no sound arm stop more often.

use viridian_core::analysis::judge::{ALPHA_ROLLBACK, Units};
use viridian_core::application::Unit;
use viridian_core::experiment::definition::{Arm, Arms, Experiment};
use viridian_core::experiment::harm::harmed;
use viridian_core::guard::{Guard, Margin};
use viridian_core::metric::Metric;

use crate::runs::Dice;
use crate::world::{CALM, World, experiment, name, weight};

/// Two arms that change a release in each of some applications.
fn across(applications: &[&str]) -> Experiment {
    let arm = |called: &str| Arm {
        name: name(called),
        share: weight(5_000),
        releases: applications.iter().map(|application| (name(application), name(called))).collect(),
    };
    Experiment {
        arms: Arms::new(vec![arm("arm0"), arm("arm1")], &name("arm0")).unwrap(),
        guards: vec![Guard::new(Metric::Errors, Margin::Points(50))],
        ..experiment(Unit::Request, 2)
    }
}

/// The evidence at which a guard first finds an arm worse that fails in the chat.
fn first_found(applications: &[&str]) -> f64 {
    let mut world = World::of(across(applications), CALM, Dice::seeded(3));
    let found = (0..10_000).find_map(|_| {
        world.call(|dice, call| (0, dice.hits([0.01, 0.08][call.arm])));
        let harm = harmed(&world.experiment, &world.evidence, Units::Independent);
        harm.first().map(|harm| harm.judgement.log_harm)
    });
    found.flatten().unwrap()
}

#[test]
fn applications_share_the_error_of_an_arm() {
    let alone = first_found(&["support-chat"]);
    let of_four = first_found(&["support-chat", "search", "speech", "summaries"]);
    let needed = -ALPHA_ROLLBACK.ln();
    let of_a_quarter = -(ALPHA_ROLLBACK / 4.0).ln();
    assert!((needed..of_a_quarter).contains(&alone), "{alone}");
    assert!((of_a_quarter..of_a_quarter + 1.0).contains(&of_four), "{of_four}");
}
