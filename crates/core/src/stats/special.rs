//! The special functions that the tests need and the standard library lacks.
//!
//! Start with [`ln_beta`] and [`log_sum_exp`]; everything is accurate to about 1e-13 over the arguments that counts of
//! requests can reach. Nothing here knows what is being tested.

mod sums;
mod logarithm;
mod search;
mod integral;
mod gamma;
mod beta;
mod normal;
mod student;
mod zeta;

pub use self::beta::{ln_beta, ln_incomplete_beta};
pub use self::gamma::{chi_square_above, ln_gamma, ln_incomplete_gamma};
pub(crate) use self::integral::integral;
pub use self::logarithm::ln_1p;
pub use self::normal::{normal_cdf, normal_density, normal_quantile};
pub(crate) use self::search::{bisect, bisect_within, turn_about, turn_within};
pub use self::student::{student_above, student_quantile_above};
pub use self::sums::log_sum_exp;
pub use self::zeta::zeta;
