//! A script as people read it.

use super::{Act, Deed, Disk, Order, Script, Way, Weather};
use crate::model::Health;
use std::fmt;
use std::time::Duration;
use viridian_core::time::readable;

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "seed {}: {} gateways, {} applications, a look every {}, faults for {}",
            self.seed,
            self.gateways,
            self.applications,
            readable(self.pace),
            readable(self.length)
        )?;
        writeln!(f, "  the network: {}", self.weather)?;
        for act in &self.acts {
            writeln!(f, "  {act}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Weather {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { loss, twice, delay } = self;
        write!(f, "{loss} ‰ lost, {twice} ‰ of requests twice, up to {} under way", readable(*delay))
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {}: {}", moment(self.at), self.deed)?;
        if self.deed.lasts() { write!(f, ", for {}", readable(self.lasts)) } else { Ok(()) }
    }
}

/// A moment of a run, to the millisecond.
pub(crate) fn moment(at: Duration) -> String {
    let seconds = at.as_secs();
    format!("{:02}:{:02}.{:03}", seconds / 60, seconds % 60, at.subsec_millis())
}

impl Deed {
    /// Whether it has an end of its own.
    pub const fn lasts(&self) -> bool {
        !matches!(
            self,
            Self::SetGatewayClock(..)
                | Self::SetControllerClock(_)
                | Self::CandidateBad(_)
                | Self::Order(..)
                | Self::Start(_)
                | Self::Disk(Health::Uncertain)
        )
    }
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CrashGateway(gateway, disk) => write!(f, "gateway-{gateway} is killed, {disk}"),
            Self::StopGateway(gateway) => write!(f, "gateway-{gateway} drains and ends"),
            Self::SuspendGateway(gateway) => write!(f, "the machine of gateway-{gateway} sleeps"),
            Self::CrashController => f.write_str("the controller is killed"),
            Self::PauseController => f.write_str("the controller is stopped and goes on later"),
            Self::Usurp => f.write_str("another controller takes over beside the one that runs"),
            Self::Cut(Some(gateway), way) => write!(f, "gateway-{gateway} is cut off {way}"),
            Self::Cut(None, way) => write!(f, "every gateway is cut off {way}"),
            Self::Storm(weather) => write!(f, "a storm: {weather}"),
            Self::Disk(health) => f.write_str(match health {
                Health::Fine => "the controller's disk is well",
                Health::Full => "the controller's disk is full",
                Health::ReadOnly => "the controller's disk takes nothing",
                Health::Away => "the controller's disk is away",
                Health::Uncertain => "the controller's disk writes and then says that it could not",
            }),
            Self::FullDisk(gateway) => write!(f, "the disk of gateway-{gateway} is full"),
            Self::SetGatewayClock(gateway, by) => {
                write!(f, "the wall clock of gateway-{gateway} is set by {by} s")
            }
            Self::SetControllerClock(by) => write!(f, "the controllers' wall clock is set by {by} s"),
            Self::BaselineDown => f.write_str("the baseline answers nobody"),
            Self::CandidateBad(application) => {
                write!(f, "the candidate of application-{application} begins to fail")
            }
            Self::Order(application, order) => {
                write!(f, "somebody orders application-{application} to {order}")
            }
            Self::Start(application) => write!(f, "somebody starts a rollout of application-{application}"),
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Both => "both ways",
            Self::Up => "on the way up",
            Self::Down => "on the way down",
        })
    }
}

impl fmt::Display for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kept => "its disk stays",
            Self::Cut => "the newest file on its disk loses its end",
            Self::Flipped => "a bit flips in the newest file on its disk",
            Self::Empty => "its disk is emptied",
        })
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rollback => "roll back",
            Self::Abort => "abort",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Promote => "go to the next step",
        })
    }
}
