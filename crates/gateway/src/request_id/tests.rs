//! Ids that are believed, and ids that are not.

use super::*;
use proptest::prelude::*;
use viridian_core::companion::Seat;

fn key(id: u8, byte: u8) -> SigningKey {
    SigningKey { id, secret: [byte; 32] }
}

fn signer(keys: &[SigningKey]) -> Signer {
    Signer::new(keys).unwrap()
}

fn claims() -> Claims {
    Claims {
        application: ApplicationHash::of(&ApplicationName::parse("support-chat").unwrap()),
        epoch: EpochId(7),
        arm: Arm::Candidate,
        group: Group(63),
        standing: Standing::Measured,
        issued_at: Timestamp(1_800_000_000_123),
        elsewhere: Elsewhere::NOWHERE,
        nonce: 99,
    }
}

fn text(id: &RequestId) -> &str {
    std::str::from_utf8(id.as_bytes()).unwrap()
}

#[test]
fn an_id_is_short_text_and_the_same_for_the_same_claims() {
    let id = signer(&[key(1, 42)]).sign(&claims());
    // Ids outlive versions of the gateway, so their form is fixed; this one was computed with another library.
    assert_eq!(text(&id), "vr_AXAm0V6Yk8sBAAAAB78BoxhcUHsAAAAAAAAAY8iPCqDSfBIPBD_r1vsx9hE");
}

#[test]
fn only_holders_of_a_key_verify() {
    let id = signer(&[key(1, 42)]).sign(&claims());
    assert_eq!(signer(&[key(1, 42)]).verify(text(&id)), Some(claims()));
    assert_eq!(signer(&[key(2, 9), key(1, 42)]).verify(text(&id)), Some(claims()), "a retired key verifies");
    assert_eq!(signer(&[key(1, 43)]).verify(text(&id)), None, "another secret under the same number");
    assert_eq!(signer(&[key(2, 42)]).verify(text(&id)), None, "another number");
}

#[test]
fn what_is_no_id_is_refused() {
    let signer = signer(&[key(1, 42)]);
    let good = signer.sign(&claims());
    for bad in ["", "vr_", "hello", "vr_é", &text(&good)[1..], &format!("{}A", text(&good)), "vr_????"] {
        assert_eq!(signer.verify(bad), None, "{bad:?}");
    }
}

#[test]
fn keys_must_be_there_and_differ() {
    assert_eq!(Signer::new(&[]).err(), Some(UnusableKeys::None));
    assert_eq!(Signer::new(&[key(1, 1), key(1, 2)]).err(), Some(UnusableKeys::Repeated(1)));
}

proptest! {
    #[test]
    fn every_claim_comes_back(epoch: u32, arm in 0..Arm::COUNT, group in 0u8..64, exempt: bool, time in 0u64..=MOST_TIME, there in proptest::option::of(0u8..8), nonce: u64) {
        let elsewhere = there.map_or(Elsewhere::NOWHERE, |arm| Elsewhere::NOWHERE.with(Seat { companion: 3, arm }));
        let claims = Claims {
            epoch: EpochId(epoch),
            arm: Arm::all().nth(arm).unwrap(),
            group: Group(group),
            standing: if exempt { Standing::Exempt } else { Standing::Measured },
            issued_at: Timestamp(time),
            elsewhere,
            nonce: if elsewhere.is_nowhere() { nonce } else { nonce >> 16 },
            ..claims()
        };
        let signer = signer(&[key(1, 42)]);
        prop_assert_eq!(signer.verify(text(&signer.sign(&claims))), Some(claims));
    }

    #[test]
    fn no_changed_id_is_believed(at in 3usize..TEXT, to in "[A-Za-z0-9_-]") {
        let signer = signer(&[key(1, 42)]);
        let good = signer.sign(&claims());
        let mut changed = text(&good).to_owned();
        changed.replace_range(at..=at, &to);
        prop_assume!(changed != text(&good));
        prop_assert_eq!(signer.verify(&changed), None);
    }
}
