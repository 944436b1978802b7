//! What the program's exit says, for scripts. The numbers never change their meaning.

use std::fmt;
use std::process::ExitCode;

/// What the program's exit says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done as asked.
    Ok,
    /// It could not be done.
    Error,
    /// The command line or a file is wrong, or the server refused what was asked for as invalid.
    Invalid,
    /// A gate failed: the rollout is held because a guard found the candidate worse.
    GateFailed,
    /// The baseline was restored.
    RolledBack,
    /// Nothing was decided, or not in time.
    Inconclusive,
    /// A person pressed Ctrl-C.
    Interrupted,
}

impl Exit {
    /// The number a script sees.
    pub const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Error => 1,
            Self::Invalid => 2,
            Self::GateFailed => 3,
            Self::RolledBack => 4,
            Self::Inconclusive => 5,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// What was typed does not make up what is to be done: something is missing, or two things do not go together.
#[derive(Debug)]
pub(crate) struct Usage(pub(crate) String);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}
