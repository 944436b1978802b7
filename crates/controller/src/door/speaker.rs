//! Which gateways may speak on a connection: those its certificate names, where certificates are asked for. Who has taken
//! over one machine then reports and answers for that one alone. Entry points: [`Speaker::of`] and [`Speaker::check`].

use super::answer::Refusal;
use rustls::pki_types::CertificateDer;
use std::sync::Arc;
use viridian_core::analysis::row::Origin;
use viridian_core::id::NodeName;
use viridian_platform::tls;
use viridian_wire::door::Hello;
use viridian_wire::snapshot::Acknowledgement;
use viridian_wire::tally::TallyReport;

/// Whom a connection may speak for.
#[derive(Debug, Clone, Default)]
pub(super) struct Speaker {
    /// Absent where no certificate was asked for: the token alone lets in, for whomever it is shown.
    names: Option<Arc<[String]>>,
}

/// What says which gateway it comes from.
pub(super) trait Said {
    /// The gateway that says it.
    fn node(&self) -> &NodeName;
}

impl Speaker {
    /// Who showed these certificates, the own one first.
    pub(super) fn of(shown: Option<&[CertificateDer<'_>]>) -> Self {
        let own = shown.and_then(<[_]>::first);
        Self { names: own.map(|own| tls::names(own).into()) }
    }

    /// Refuses what is said in the name of a gateway that the certificate does not name.
    pub(super) fn check(&self, node: &NodeName) -> Result<(), Refusal> {
        match &self.names {
            Some(names) if !names.iter().any(|name| stands_for(name, node.as_str())) => {
                Err(Refusal::Stranger { node: node.clone(), names: told(names) })
            }
            _ => Ok(()),
        }
    }
}

/// Whether a name in a certificate stands for a gateway. A wildcard is a whole first label and stands for one: whoever
/// signs such a certificate lets each of its holders speak for every gateway below that name.
fn stands_for(name: &str, node: &str) -> bool {
    let below = name.strip_prefix("*.").and_then(|parent| Some((parent, node.split_once('.')?)));
    match below {
        Some((parent, (_, rest))) => parent.eq_ignore_ascii_case(rest),
        None => name.eq_ignore_ascii_case(node),
    }
}

fn told(names: &[String]) -> String {
    if names.is_empty() { "no host".to_owned() } else { names.join(", ") }
}

impl Said for Hello {
    fn node(&self) -> &NodeName {
        &self.origin.node
    }
}

impl Said for Acknowledgement {
    fn node(&self) -> &NodeName {
        &self.node
    }
}

impl Said for TallyReport {
    fn node(&self) -> &NodeName {
        &self.origin.node
    }
}

impl Said for Origin {
    fn node(&self) -> &NodeName {
        &self.node
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(names: &[&str], node: &str, expected: bool) {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let speaker = Speaker { names: Some(names) };
        let may = speaker.check(&NodeName::parse(node).unwrap()).is_ok();
        assert_eq!(may, expected, "{speaker:?} for {node}");
    }

    #[test]
    fn a_gateway_is_named_or_may_not_speak() {
        check(&["gw-1"], "gw-1", true);
        check(&["localhost", "GW-1"], "gw-1", true);
        check(&["gw-1"], "gw-2", false);
        check(&["gw-1"], "gw-1.example", false);
        check(&["gw-1.example"], "gw-1", false);
        check(&[], "gw-1", false);
    }

    #[test]
    fn a_wildcard_stands_for_one_whole_label() {
        check(&["*.gateways.example"], "gw-1.gateways.example", true);
        check(&["*.Gateways.example"], "gw-1.gateways.example", true);
        check(&["*.gateways.example"], "gateways.example", false);
        check(&["*.gateways.example"], "gw-1.eu.gateways.example", false);
        check(&["gw-*.gateways.example"], "gw-1.gateways.example", false);
        check(&["*"], "gw-1", false);
        check(&["*."], "gw-1", false);
    }

    #[test]
    fn where_no_certificate_is_asked_for_the_token_is_enough() {
        let node = NodeName::parse("gw-1").unwrap();
        assert!(Speaker::of(None).check(&node).is_ok());
        assert!(Speaker::of(Some(&[CertificateDer::from(vec![1, 2, 3])])).check(&node).is_err());
    }
}
